import type { Credentials, FoundCredential } from './credentials/credentials.js';
import type { Connection, GlobalFlags } from './deps.js';
import type { Clock } from './domain/clock.js';
import { KeysError } from './domain/errors.js';
import type { KeyService } from './domain/key-service.js';
import { inspectSecret } from './domain/secret-format.js';
import { resolveTarget, type Target } from './profiles/resolve-target.js';
import type { Settings } from './profiles/settings.js';
import type { Output } from './terminal/output.js';

interface ConnectOptions {
  readonly flags: GlobalFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly settings: () => Settings;
  readonly credentials: () => Promise<Credentials>;
  readonly client: (baseUrl: string, credential: string) => Promise<KeyService>;
  readonly output: Output;
  readonly dataDir: () => string;
  readonly closers: Array<() => Promise<void>>;
}

/** Opens the service that flags, environment and profile name. Throws `not_logged_in` and `origin_mismatch`. */
export async function connectTo(options: ConnectOptions): Promise<Connection> {
  const target = resolveTarget({ flags: options.flags, env: options.env, settings: options.settings() });
  for (const notice of target.notices) options.output.warn(notice);
  const defaults = target.environment === undefined ? {} : { defaultEnvironment: target.environment };
  if (target.baseUrl === null) return { ...(await connectEmbedded(options, target)), ...defaults };
  const { secret, source } = await findCredential(options, target, target.baseUrl);
  return {
    service: await options.client(target.baseUrl, secret),
    kind: 'remote',
    profile: target.profile,
    baseUrl: target.baseUrl,
    credentialSource: source,
    // A service whose own management key has our checksum issues such keys.
    issuesOurFormat: inspectSecret(secret).shape === 'ours',
    ...defaults,
  };
}

async function connectEmbedded(options: ConnectOptions, target: Target): Promise<Connection> {
  const { openEmbeddedService } = await import('./service/embedded.js');
  const dataDir = options.dataDir();
  const embedded = await openEmbeddedService(dataDir, options.clock);
  options.closers.push(embedded.close);
  if (embedded.firstUse) {
    options.output.say(`keys: note: with no profile, keys are kept by the embedded service in ${dataDir}`);
  }
  return {
    service: embedded.service,
    kind: 'embedded',
    profile: target.profile,
    baseUrl: null,
    credentialSource: null,
    issuesOurFormat: true,
  };
}

/** The environment's where it counts, else the one stored for the profile, which is bound to its origin. */
async function findCredential(
  options: ConnectOptions,
  target: Target,
  baseUrl: string,
): Promise<FoundCredential> {
  const { origin } = new URL(baseUrl);
  const given = options.env['KEYS_API_KEY'];
  if (target.useEnvironmentKey && given) return { secret: given, origin, source: 'KEYS_API_KEY' };
  const { profile } = target;
  const found = profile === null ? null : await (await options.credentials()).read(profile);
  if (found === null) {
    throw new KeysError('not_logged_in', `no credential for ${baseUrl}`, {
      hint: `keys login --base-url ${baseUrl}${profile === null ? '' : ` --profile ${profile}`}; or set KEYS_API_KEY`,
    });
  }
  if (found.origin !== origin) {
    throw new KeysError(
      'origin_mismatch',
      `the credential of ${profile} is for ${found.origin}, not for ${origin}`,
      {
        hint: 'log in to the new address if it is right; the credential was not sent',
      },
    );
  }
  return found;
}
