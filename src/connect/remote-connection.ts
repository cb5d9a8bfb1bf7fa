import { KeysError } from '../domain/errors.js';
import { requireChangeable, requireContext } from '../domain/expressible.js';
import type { UpdateKey } from '../domain/key-service.js';
import { resolveBaseUrl } from '../domain/provider.js';
import { option, words } from '../domain/words.js';
import { ROUTES } from '../http/wire/routes.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import {
  definitionOfEndpoints,
  identifyKey,
  idsInSecret,
  loadClient,
  openClient,
  tryNewKey,
} from './client.js';
import { type ConnectContext, KEY_SERVICE } from './connection.js';
import {
  FROM_ENVIRONMENT,
  fingerprintOf,
  hasOurFormat,
  idsIn,
  refuseForeign,
  storedCredential,
} from './connection-credential.js';
import { followedPolicy, learningPolicy } from './followed-policy.js';
import { refuseForRemote } from './known-target.js';
import type { Opened } from './opened.js';
import type { Target } from './resolve-target.js';
import { unlessRestricted } from './restricted-key.js';

/**
 * A vendor or a key service over HTTP. Throws `not_logged_in`, `origin_mismatch`, and `missing_answer` where
 * no address is known.
 */
export async function openRemote(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
): Promise<Opened> {
  const baseUrl = resolveBaseUrl(provider, target.baseUrl, target.set);
  if (baseUrl === null) {
    throw new KeysError('missing_answer', words`${provider.title} needs an address: ${option('base-url')}`, {
      next: 'show_provider',
      details: { provider: provider.id },
    });
  }
  // The modules are loaded while the keychain responds: both take about as long.
  const [{ secret, source, stored_at = null, key_id }] = await Promise.all([
    storedCredential(context, target, baseUrl),
    loadClient(context),
  ]);
  // A credential that was stored for this provider was chosen for it, whatever it looks like.
  const judged = source === FROM_ENVIRONMENT && !context.env['KEYS_ANY_CREDENTIAL'];
  if (target.provider !== KEY_SERVICE && judged) await refuseForeign(secret, provider);
  const definition = await definitionOfEndpoints(provider);
  const { set } = target;
  const client = await openClient(context, definition, { baseUrl, credential: secret, set });
  const learned = provider.id !== KEY_SERVICE;
  const hasLogin = target.profile !== null && source !== FROM_ENVIRONMENT;
  return {
    service:
      definition.id === KEY_SERVICE
        ? learningPolicy(client, context, { baseUrl, learned, target, hasLogin })
        : client,
    kind: 'remote',
    roll: provider.roll,
    refuseInexpressible: (request) => {
      requireContext(definition, set);
      refuseForRemote(request, definition, target, context);
    },
    refuseUnchangeable: (changes) => refuseUnchangeable(definition, changes),
    // A key service checks its own keys itself, whatever policy it follows: it does not have the vendor's
    // request.
    tryOut: async (tried) => {
      const path = provider.endpoints === null ? { path: ROUTES.whoami.path } : {};
      return unlessRestricted(await tryNewKey(context, provider, { baseUrl, set, ...path }, tried));
    },
    keyOfSecret: async (held) =>
      await identifyKey(context, definition, { baseUrl, credential: secret, set }, held),
    idsInSecret: async (held) => await idsInSecret(definition, held),
    baseUrl,
    address: baseUrl,
    credentialSource: source,
    credentialStoredAt: stored_at,
    credentialHasOurFormat: async () => provider.format.kind === 'secret' && (await hasOurFormat(secret)),
    isKeyService: definition.id === KEY_SERVICE,
    policy: async () => (definition.id === KEY_SERVICE ? followedPolicy(await client.whoami()) : null),
    ownKeyId: key_id ?? null,
    ownKeyIds: async () => await ownIds(definition, key_id, secret),
    isOwnCredential: async (id) =>
      [key_id, definition.idInSecret(secret), ...(await idsIn(secret))].includes(id),
    fingerprint: () => fingerprintOf(secret),
  };
}

function refuseUnchangeable(definition: ProviderDefinition, changes: UpdateKey): void {
  if (!definition.judgesRequests) requireChangeable(definition, changes);
}

/** Ids that the key in use may have; see `Connection.ownKeyIds`. */
async function ownIds(
  { managedBy, idIsSecret, idInSecret }: ProviderDefinition,
  named: string | undefined,
  secret: string,
): Promise<readonly string[]> {
  const inSecret = managedBy === 'pair' || idIsSecret ? await idsIn(secret) : [];
  return [named, ...inSecret, idInSecret(secret)].filter((id) => id !== undefined);
}
