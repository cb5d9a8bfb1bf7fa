import { join } from 'node:path';
import type { ConnectChoices, Connection, GlobalFlags } from '../cli/context.js';
import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { type Credential, credentialParts, type IssuedKey, type Key } from '../domain/key.js';
import type { KeyService, ListKeys } from '../domain/key-service.js';
import type { LiveAnswer } from '../domain/live-answer.js';
import { addressOf, isManagedByHand, type Provider } from '../domain/provider.js';
import { recognise } from '../domain/recognise.js';
import { inspectSecret } from '../domain/secret-format.js';
import { signBytes } from '../domain/signatures.js';
import { ROUTES } from '../http/wire/routes.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import { requireExpressible } from '../providers/expressible.js';
import type { CheckAt } from '../providers/live-check.js';
import type { EncryptionKeySource } from '../service/secret-cipher.js';
import type { Credentials, FoundCredential } from '../storage/keychain/credentials.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { Settings } from '../storage/settings.js';
import type { Output } from '../terminal/output.js';
import { resolveTarget, type Target } from './resolve-target.js';

interface ConnectOptions {
  readonly flags: GlobalFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly settings: () => Settings;
  readonly credentials: () => Promise<Credentials>;
  readonly definition: (id: string) => Promise<ProviderDefinition>;
  readonly definitions: () => Promise<readonly ProviderDefinition[]>;
  /** Loads what a client is made of. */
  readonly loadClient: () => Promise<void>;
  readonly client: (definition: ProviderDefinition, address: ClientAddress) => Promise<KeyService>;
  readonly check: (
    provider: ProviderDefinition,
    address: CheckAt,
    credential: Credential,
  ) => Promise<LiveAnswer>;
  readonly guided: (provider: Provider, target: Target, choices: ConnectChoices) => Promise<KeyService>;
  readonly output: Output;
  readonly dataDir: () => string;
  readonly encryptionKey: () => Promise<EncryptionKeySource>;
  readonly closers: Array<() => Promise<void>>;
  /** Told after a change of keys. */
  readonly onChange: () => void;
  /** Told of each key of the service over HTTP that flags, environment and profile name: its name, and whether it may still be meant. */
  readonly onSeen: (name: string, present: boolean) => void;
}

export interface ClientAddress {
  readonly baseUrl: string;
  readonly credential: Credential;
  readonly set: Readonly<Record<string, string>>;
}

/** The provider whose endpoints a key service has, whatever system's rules it follows. */
const KEY_SERVICE = 'keys';

/**
 * Opens the service that flags, environment and profile name. A vendor without key endpoints is managed in its dashboard at
 * its own address, and over the key endpoints at any other: there is a key service under that vendor's rules.
 * Throws `not_logged_in`, `origin_mismatch`, and `not_found` for an unknown provider.
 */
export async function connectTo(
  options: ConnectOptions,
  choices: ConnectChoices,
  earlier?: OperationTarget,
): Promise<Connection> {
  const target: Target =
    earlier === undefined
      ? resolveTarget({ flags: options.flags, env: options.env, settings: options.settings() })
      : { ...earlier, notices: [] };
  for (const notice of target.notices) options.output.warn(notice);
  const provider = await options.definition(target.policy ?? target.provider);
  const common = {
    provider,
    providerNamed: target.provider !== KEY_SERVICE || target.policy !== undefined || namesProvider(options),
    profile: target.profile,
    target: operationTarget(target),
    roll: provider.roll,
    ...(target.environment === undefined ? {} : { defaultEnvironment: target.environment }),
  };
  if (target.provider === KEY_SERVICE && target.baseUrl === null) {
    return { ...common, ...(await connectEmbedded(options, target)) };
  }
  if (isManagedByHand(provider, target.baseUrl)) {
    return {
      ...common,
      service: tellingChanges(await options.guided(provider, target, choices), options.onChange),
      kind: 'guided',
      refuseInexpressible: () => undefined,
      tryOut: async () => ({ outcome: 'not_asked', message: 'it was tried when it was pasted' }),
      baseUrl: null,
      place: 'dashboard',
      credentialSource: null,
      issuesOurFormat: false,
      roll: provider.dashboard?.roll
        ? { by: 'provider', grace: provider.dashboard.roll.grace }
        : { by: 'composed' },
    };
  }
  const address = addressOf(provider, target.baseUrl, target.set);
  if (address === null) {
    throw new KeysError('missing_answer', `${provider.title} needs an address: --base-url`, {
      hint: `keys provider show ${provider.id}`,
    });
  }
  // Loaded while a keychain answers, which takes about as long.
  const [{ secret, source }] = await Promise.all([
    findCredential(options, target, address),
    options.loadClient(),
  ]);
  if (target.provider !== KEY_SERVICE) refuseForeign(secret, provider, await options.definitions());
  const definition = provider.endpoints === null ? await options.definition(KEY_SERVICE) : provider;
  return {
    ...common,
    service: tellingChanges(
      await options.client(definition, {
        baseUrl: address,
        credential: managementCredential(definition, secret),
        set: target.set,
      }),
      options.onChange,
      earlier === undefined ? options.onSeen : undefined,
    ),
    kind: 'remote',
    refuseInexpressible: (request) => {
      if (!definition.judgesRequests) requireExpressible(definition, request, options.clock.now());
    },
    // A key service answers for its own keys, whatever system's rules it follows: the vendor's request is not there.
    tryOut: (tried) =>
      options.check(
        provider,
        {
          baseUrl: address,
          set: target.set,
          ...(provider.endpoints === null ? { path: ROUTES.whoami.path } : {}),
        },
        tried,
      ),
    baseUrl: address,
    place: address,
    credentialSource: source,
    // A service whose own management key has our checksum issues such keys.
    get issuesOurFormat() {
      return inspectSecret(secret).shape === 'ours' && provider.format.kind === 'secret';
    },
  };
}

/** Throws `invalid_request` for a credential that is plainly another provider's: it is not sent to this one. */
function refuseForeign(secret: string, provider: ProviderDefinition, all: readonly Provider[]): void {
  const [looksLike] = recognise(secret, all);
  if (looksLike === undefined || looksLike.provider === provider.id) return;
  // A key service under a vendor's rules is managed by a key of its own.
  if (looksLike.provider === KEY_SERVICE && isDashboardOnly(provider)) return;
  if (recognise(secret, [provider]).length > 0) return;
  if (provider.managementPrefixes.some((prefix) => secret.startsWith(prefix))) return;
  throw new KeysError(
    'invalid_request',
    `this credential looks like one of ${looksLike.title}, not of ${provider.title}; it was not sent`,
    { hint: `--provider ${looksLike.provider}, or the credential of ${provider.title}` },
  );
}

function isDashboardOnly(provider: Provider): boolean {
  return provider.operations.create === 'dashboard';
}

/** What manages keys, as it was stored or given: of a pair `user:password`. Throws `usage`. */
export function managementCredential({ managedBy, title }: ProviderDefinition, text: string): Credential {
  if (managedBy === 'secret') return { secret: text };
  const split = text.indexOf(':');
  if (split > 0) return { api_key: text.slice(0, split), secret_key: text.slice(split + 1) };
  throw new KeysError('usage', `keys of ${title} are managed by a pair`, { hint: 'as user:password' });
}

/** What an operation must know to come back to the same place. */
export function operationTarget({ notices: _, environment: __, ...target }: Target): OperationTarget {
  return target;
}

function namesProvider({ flags, env }: Pick<ConnectOptions, 'flags' | 'env'>): boolean {
  return flags.provider !== undefined || Boolean(env['KEYS_PROVIDER']);
}

async function connectEmbedded(
  options: ConnectOptions,
  target: Target,
): Promise<
  Pick<
    Connection,
    | 'service'
    | 'kind'
    | 'baseUrl'
    | 'place'
    | 'credentialSource'
    | 'issuesOurFormat'
    | 'tryOut'
    | 'refuseInexpressible'
  >
> {
  const { openEmbeddedService } = await import('../service/embedded.js');
  const dataDir = embeddedFolder(options.dataDir(), target);
  const embedded = await openEmbeddedService(dataDir, options.clock, {
    ...(target.policy === undefined ? {} : { policy: target.policy }),
    encryptionKey: await options.encryptionKey(),
  });
  options.closers.push(embedded.close);
  tellFirstKeys(options.output, embedded.firstKeys);
  if (embedded.firstUse) {
    options.output.say(`keys: note: with no profile, keys are kept by the embedded service in ${dataDir}`);
  }
  return {
    service: tellingChanges(embedded.service, options.onChange),
    kind: 'embedded',
    refuseInexpressible: () => undefined,
    tryOut: async (credential) => await askRules(embedded.service, credential),
    baseUrl: null,
    place: target.policy === undefined ? 'embedded' : `embedded ${target.profile}`,
    credentialSource: null,
    issuesOurFormat: true,
  };
}

/** The same service, that tells when keys were made, changed or ended, and of which keys it spoke. */
function tellingChanges(
  service: KeyService,
  onChange: () => void,
  onSeen: ConnectOptions['onSeen'] = () => undefined,
): KeyService {
  const told = async <Result>(
    work: Promise<Result>,
    keys: (result: Result) => readonly Key[],
  ): Promise<Result> => {
    const result = await work;
    onChange();
    for (const key of keys(result)) onSeen(key.name, true);
    return result;
  };
  return Object.assign(Object.create(service) as KeyService, {
    async list(query: ListKeys) {
      const page = await service.list(query);
      for (const { name, status } of page.keys) onSeen(name, status !== 'revoked');
      return page;
    },
    create: (...input: Parameters<KeyService['create']>) =>
      told(service.create(...input), ({ key }) => [key]),
    update: (...input: Parameters<KeyService['update']>) => told(service.update(...input), (key) => [key]),
    roll: (...input: Parameters<KeyService['roll']>) => told(service.roll(...input), ({ key }) => [key]),
    revoke: (...input: Parameters<KeyService['revoke']>) => told(service.revoke(...input), () => []),
  });
}

/** A key that is restricted to somewhere else is good all the same. */
const RESTRICTED: ReadonlySet<string> = new Set([
  'ip_not_allowed',
  'referrer_not_allowed',
  'endpoint_not_allowed',
]);

/** The rules in this process are asked as the service over HTTP would be. */
async function askRules(service: KeyService, credential: Credential): Promise<LiveAnswer> {
  const signature = 'secret' in credential ? {} : { signature: signBytes(credential.secret_key, '{}') };
  const verdict = await service.verify({ key: credentialParts(credential)[0] ?? '', ...signature });
  if (verdict.valid || RESTRICTED.has(verdict.reason)) return { outcome: 'accepted' };
  return { outcome: 'refused', status: 401, message: verdict.reason, reason: verdict.reason };
}

/** Keys that a policy has from the start are public: they are told, for nobody was there to be shown them. */
export function tellFirstKeys(output: Output, keys: readonly IssuedKey[]): void {
  for (const { key, credential } of keys)
    output.say(`${key.name} (${key.type}): ${credentialParts(credential).join(' ')}`);
}

/** A profile with a policy has a database of its own: a database keeps the policy that it was made under. */
export function embeddedFolder(
  dataDir: string,
  { policy, profile }: Pick<Target, 'policy' | 'profile'>,
): string {
  return policy === undefined || profile === null ? dataDir : join(dataDir, 'profiles', profile);
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
