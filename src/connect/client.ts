import { KeysError } from '../domain/errors.js';
import type { Credential, Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import type { LiveCheckResult } from '../domain/live-check-result.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import type { CheckAt } from '../providers/live-check.js';
import { loadProvider } from '../providers/registry.js';
import type { ConnectContext } from './connection.js';

type ClientContext = Pick<
  ConnectContext,
  'clock' | 'credentials' | 'output' | 'process' | 'redactor' | 'settings' | 'sleep' | 'transport'
>;

export interface ClientAddress {
  readonly baseUrl: string;
  /** The management credential as it was stored or given. */
  readonly credential: string;
  readonly set: Readonly<Record<string, string>>;
}

/** Loads the modules of a client, so that they are there when a slow keychain responds. */
export async function loadClient({ transport }: Pick<ConnectContext, 'transport'>): Promise<void> {
  await Promise.all([import('../providers/engine.js'), transport()]);
}

/**
 * Returns a provider's keys over HTTP. Sends nothing yet. Throws `usage` for a credential that is no pair
 * where one is needed.
 */
export async function openClient(
  context: ClientContext,
  definition: ProviderDefinition,
  { baseUrl, credential, set }: ClientAddress,
): Promise<KeyService> {
  const { createProviderService } = await import('../providers/engine.js');
  const address = { baseUrl, credential: managementCredential(definition, credential) };
  return createProviderService(definition, {
    ...address,
    ...(definition.login?.keep
      ? { sessions: (await import('./kept-session.js')).createSessionStore(context, definition.id, address) }
      : {}),
    set,
    ...(await clientMeans(context)),
  });
}

/** What every client of a provider works with. */
async function clientMeans(context: ClientContext) {
  return {
    transport: await context.transport(),
    userAgent: userAgent(context),
    clock: context.clock,
    sleep: context.sleep,
    redactor: context.redactor,
    warn: (message: string) => context.output.warn(message),
  };
}

/** Tries a key with the provider's request without side effects. `baseUrl` null: no address is known. */
export async function tryKey(
  context: Pick<ConnectContext, 'process' | 'transport'>,
  definition: ProviderDefinition,
  address: CheckAt,
  credential: Credential,
): Promise<LiveCheckResult> {
  const { checkLive } = await import('../providers/live-check.js');
  return await checkLive(definition, address, credential, {
    transport: await context.transport(),
    userAgent: userAgent(context),
  });
}

/** The record of the key whose secret this is, as the vendor tells it; see `keyOfSecret`. */
export async function identifyKey(
  context: ClientContext,
  definition: ProviderDefinition,
  { baseUrl, credential, set }: ClientAddress,
  held: Credential,
): Promise<Key | null> {
  const { keyOfSecret } = await import('../providers/engine.js');
  const manager = managementCredential(definition, credential);
  const means = await clientMeans(context);
  return await keyOfSecret(definition, { ...{ baseUrl, credential: manager, set }, ...means }, held);
}

/** Ids that the key of this secret may have, as the secret itself says. Sends nothing. */
export async function idsInSecret(
  { idIsSecret, idInSecret }: ProviderDefinition,
  held: Credential,
): Promise<readonly string[]> {
  if ('api_key' in held) return [held.api_key];
  const { handleOf } = await import('../providers/hide-secret.js');
  const said = [idIsSecret ? handleOf(held.secret) : undefined, idInSecret(held.secret)];
  return said.filter((id) => id !== undefined);
}

/** Between two attempts with a new key. */
const TRY_AGAIN_MS = 1_000;

/** Tries a new key. Repeats a refused request for as long as the vendor's systems need to know a new key. */
export async function tryNewKey(
  context: Pick<ConnectContext, 'process' | 'transport' | 'sleep'>,
  definition: ProviderDefinition,
  address: CheckAt,
  credential: Credential,
): Promise<LiveCheckResult> {
  for (let waitedMs = 0; ; waitedMs += TRY_AGAIN_MS) {
    const tried = await tryKey(context, definition, address, credential);
    if (tried.outcome !== 'refused' || waitedMs >= definition.settling.created * 1000) return tried;
    await context.sleep(TRY_AGAIN_MS);
  }
}

/**
 * The definition whose endpoints are called: a provider without endpoints is reached through a key service.
 */
export async function definitionOfEndpoints(provider: ProviderDefinition): Promise<ProviderDefinition> {
  return provider.endpoints === null ? await loadProvider('keys') : provider;
}

/** Value of the `User-Agent` header. */
export function userAgent(context: Pick<ConnectContext, 'process'>): string {
  return `keys/${context.process.version}`;
}

/**
 * The credential that manages keys, from its text as it was stored or given: of a pair, that is
 * `user:password`. Throws `usage` for a text that is no pair where one is needed.
 */
export function managementCredential({ managedBy, title }: ProviderDefinition, text: string): Credential {
  if (managedBy === 'secret') return { secret: text };
  const split = text.indexOf(':');
  if (split > 0) return { api_key: text.slice(0, split), secret_key: text.slice(split + 1) };
  throw new KeysError('usage', `keys of ${title} are managed by a pair`, {
    hint: 'give it as user:password',
  });
}
