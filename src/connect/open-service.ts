import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import { resolveBaseUrl } from '../domain/provider.js';
import { createHttpTransport } from '../http/create-http-transport.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import { createProviderService } from '../providers/engine.js';
import { loadProvider } from '../providers/registry.js';

export interface ConnectOptions {
  /** Id of a provider that comes with the package, or a definition; default: the documented key endpoints. */
  readonly provider?: string | ProviderDefinition;
  /** What manages the keys: one secret, or a pair. */
  readonly credential: string | Credential;
  /** Without a slash at its end; default: the provider's own. */
  readonly baseUrl?: string;
  /** What the provider needs to know, such as `{ project: '…' }`. */
  readonly set?: Readonly<Record<string, string>>;
  /** What sends, for the `User-Agent` header; default `keys`. */
  readonly userAgent?: string;
}

const CLOCK: Clock = { now: Date.now };

export interface OpenKeyService extends KeyService {
  /** Ends its connections. */
  close(): Promise<void>;
}

/**
 * The keys of a provider, as the command line manages them: retries where that is safe, obeys limits, bounds
 * every wait. Throws `KeysError`: `missing_answer` where no address is known or no credential is given,
 * `not_found` for an unknown provider.
 */
export async function connect(options: ConnectOptions): Promise<OpenKeyService> {
  requireOptions(options);
  const { provider = 'keys', credential, set = {}, userAgent = 'keys' } = options;
  const definition = typeof provider === 'string' ? await loadProvider(provider) : provider;
  const baseUrl = resolveBaseUrl(definition, options.baseUrl ?? null, set);
  if (baseUrl === null) {
    throw new KeysError('missing_answer', `${definition.title} needs an address`, {
      hint: "give baseUrl: 'https://…'; the embedded service of the command line has no address: a key service over HTTP has one",
    });
  }
  const transport = createHttpTransport({ clock: CLOCK, sleep: delay });
  const service = createProviderService(definition, {
    baseUrl,
    credential: typeof credential === 'string' ? { secret: credential } : credential,
    transport,
    userAgent,
    clock: CLOCK,
    sleep: delay,
    set,
  });
  return { ...service, close: () => transport.close() };
}

/** Throws `missing_answer`. JavaScript calls with less than the type says: a variable that is not set. */
function requireOptions(options: Partial<ConnectOptions> | undefined): void {
  const { credential } = options ?? {};
  const given = typeof credential === 'string' ? credential !== '' : typeof credential === 'object';
  if (given && credential !== null) return;
  throw new KeysError('missing_answer', 'connect needs a credential', {
    hint: "such as connect({ provider: 'resend', credential: process.env.RESEND_API_KEY }); is the variable set?",
  });
}
