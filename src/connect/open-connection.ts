/**
 * The way from flags, profile and environment to a `KeyService`: remote, embedded, or guided in a dashboard.
 * Rooms open services with `openConnection`, `reconnect`, `connectTo` and `everyTarget`, and import targets,
 * addresses and names from the files beside; the library imports `open-service.ts` and `verify-key.ts`.
 */

import { compact } from '../domain/compact.js';
import { fromVariable } from '../domain/credential-text.js';
import { KeysError } from '../domain/errors.js';
import { requireChangeable, requireContext, requireKnownSet } from '../domain/expressible.js';
import { type Credential, identifyingPart } from '../domain/key.js';
import type { UpdateKey } from '../domain/key-service.js';
import type { LiveCheckResult } from '../domain/live-check-result.js';
import { resolveBaseUrl } from '../domain/provider.js';
import { option, words } from '../domain/words.js';
import { ROUTES } from '../http/wire/routes.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import { loadProvider } from '../providers/registry.js';
import type { EmbeddedService } from '../service/embedded.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { addressVariable, credentialVariable } from './account-variables.js';
import { embeddedAddress } from './address-of-target.js';
import { normalizeBaseUrl } from './base-url.js';
import { isByHand } from './by-hand.js';
import {
  definitionOfEndpoints,
  identifyKey,
  idsInSecret,
  loadClient,
  openClient,
  tryNewKey,
} from './client.js';
import { type ConnectChoices, type ConnectContext, type Connection, KEY_SERVICE } from './connection.js';
import {
  FROM_ENVIRONMENT,
  fingerprintOf,
  hasOurFormat,
  idsIn,
  refuseForeign,
  storedCredential,
} from './connection-credential.js';
import { embeddedFolder, showFirstKeys } from './embedded-folder.js';
import { followedPolicy, learningPolicy } from './followed-policy.js';
import { refuseForRemote } from './known-target.js';
import {
  addressEnvironmentOf,
  environmentByDefault,
  operationTarget,
  readSet,
  resolveTarget,
  type Target,
} from './resolve-target.js';
import { trackingNames } from './seen-names.js';
import { refusePublishedAddress } from './targeted-provider.js';

/** What differs between the three kinds of connection. */
type Opened = Pick<
  Connection,
  | 'service'
  | 'kind'
  | 'roll'
  | 'refuseInexpressible'
  | 'refuseUnchangeable'
  | 'tryOut'
  | 'idsInSecret'
  | 'keyOfSecret'
  | 'baseUrl'
  | 'address'
  | 'credentialSource'
  | 'credentialStoredAt'
  | 'credentialHasOurFormat'
  | 'isKeyService'
  | 'policy'
  | 'isOwnCredential'
  | 'ownKeyId'
  | 'ownKeyIds'
  | 'fingerprint'
>;

/**
 * Opens the service that flags, environment and profile name. A vendor without key endpoints is managed in
 * its dashboard at its own addresses (see `isByHand`), and over the key endpoints at any other address, where
 * a key service follows its policy. The program closes what is opened here when it ends. Throws
 * `not_logged_in`, `origin_mismatch`, and `not_found` for an unknown provider.
 */
export async function openConnection(
  context: ConnectContext,
  choices: ConnectChoices = {},
): Promise<Connection> {
  const target = resolveTarget(context);
  for (const notice of target.notices) context.output.warn(notice);
  return await open(context, target, choices, true);
}

/** Opens the service of an earlier operation, or one of `everyTarget`. Throws as `openConnection` does. */
export async function reconnect(context: ConnectContext, target: OperationTarget): Promise<Connection> {
  const profile = profileHere(target, context);
  const given = profile === null ? accountCredential(context, target) : null;
  if (given !== null) {
    const env = { ...context.env, KEYS_API_KEY: given };
    return await connectTo({ ...context, env }, { ...target, useEnvironmentKey: true, profile: null });
  }
  const useEnvironmentKey = target.useEnvironmentKey && isEnvironmentFor(context, target);
  return await connectTo(context, { ...target, useEnvironmentKey, profile: profile ?? target.profile });
}

/**
 * The credential in the variable of the operation's account, as `apply` reads it. Null where there is none,
 * and for an address that `KEYS_BASE_URL_<ACCOUNT>` does not name.
 */
function accountCredential({ env }: ConnectContext, target: OperationTarget): string | null {
  const name = target.account ?? target.profile;
  if (name === null) return null;
  const stated = env[addressVariable(name)];
  const isAllowed =
    target.baseUrl === null || (Boolean(stated) && normalizeBaseUrl(stated ?? '') === target.baseUrl);
  return isAllowed ? fromVariable(env, credentialVariable(name)) : null;
}

/**
 * The profile of an earlier target on this machine. Another machine, which shares the ledger, may have
 * another name for it. Null: no profile is of this target.
 */
function profileHere(
  { profile, provider, baseUrl, set }: OperationTarget,
  { settings }: Pick<ConnectContext, 'settings'>,
): string | null {
  if (profile === null) return null;
  const fitting = settings()
    .profiles()
    .filter(
      (one) =>
        (one.provider ?? KEY_SERVICE) === provider &&
        (one.base_url ?? null) === baseUrl &&
        Object.entries(set).every(([name, value]) => (one.set?.[name] ?? value) === value),
    );
  return (fitting.find(({ name }) => name === profile) ?? fitting[0])?.name ?? null;
}

/**
 * Opens exactly this service. `useEnvironmentKey`: the caller has seen to it that the credential in the
 * environment is for this address. Throws as `openConnection` does.
 */
export async function connectTo(context: ConnectContext, target: OperationTarget): Promise<Connection> {
  // Without it, a key of another environment would be tried at this address.
  const addressEnvironment = addressEnvironmentOf(target, context.settings());
  return await open(context, { ...target, ...compact({ addressEnvironment }), notices: [] }, {}, false);
}

/**
 * Whether the credential in the environment is for this earlier target: provider and address are given with
 * it, and are the same. A credential is never sent to an address that it was not given for.
 */
function isEnvironmentFor(context: ConnectContext, { provider, baseUrl }: OperationTarget): boolean {
  const now = resolveTarget(context);
  const { env, flags } = context;
  const address = flags.baseUrl ?? env['KEYS_BASE_URL'];
  const explicit = address || flags.provider !== undefined || env['KEYS_PROVIDER'];
  return Boolean(explicit) && now.useEnvironmentKey && now.provider === provider && now.baseUrl === baseUrl;
}

async function open(
  context: ConnectContext,
  target: Target,
  choices: ConnectChoices,
  fromFlags: boolean,
): Promise<Connection> {
  const provider = await loadProvider(target.policy ?? target.provider, context);
  if (fromFlags) requireKnownSet(provider, Object.keys(readSet(context.flags.set ?? [])));
  const opened = await openKind(context, provider, target, choices);
  return {
    ...opened,
    service: trackingNames(opened.service, context, fromFlags && opened.kind === 'remote'),
    provider,
    providerNamed:
      target.provider !== KEY_SERVICE ||
      target.policy !== undefined ||
      context.flags.provider !== undefined ||
      Boolean(context.env['KEYS_PROVIDER']),
    profile: target.profile,
    target: operationTarget(target),
    ...compact({ defaultEnvironment: environmentByDefault(provider, target), none: target.none }),
    ...compact({ profileEnvironment: target.profileEnvironment }),
    ...(opened.kind === 'guided' ? compact({ addressEnvironment: target.addressEnvironment }) : {}),
  };
}

async function openKind(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
  choices: ConnectChoices,
): Promise<Opened> {
  if (target.provider === KEY_SERVICE && target.baseUrl === null) {
    return await openEmbedded(context, provider, target);
  }
  if (isByHand(provider, target, context)) {
    return await openGuided(context, provider, target, choices);
  }
  return await openRemote(context, provider, target);
}

async function openRemote(
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

async function openGuided(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
  choices: ConnectChoices,
): Promise<Opened> {
  const [{ openGuidedService }, { requireExpressibleByHand, withLedger }] = await Promise.all([
    import('./guided/open-guided-service.js'),
    import('./guided/expressible-by-hand.js'),
  ]);
  return {
    service: await openGuidedService(context, provider, target, choices),
    kind: 'guided',
    roll: provider.dashboard?.roll
      ? { by: 'provider', grace: provider.dashboard.roll.grace }
      : { by: 'composed' },
    refuseInexpressible: (request) => {
      requireExpressibleByHand(provider, request, context.clock.now());
      if (target.baseUrl !== null) refusePublishedAddress(provider, target.baseUrl, request.environment);
    },
    refuseUnchangeable: (changes) => requireChangeable(withLedger(provider), changes),
    tryOut: async () => ({ outcome: 'not_asked', message: 'it was tried when it was pasted' }),
    keyOfSecret: async () => null,
    idsInSecret: async () => [],
    baseUrl: null,
    address: 'dashboard',
    credentialSource: null,
    credentialStoredAt: null,
    credentialHasOurFormat: async () => false,
    isKeyService: false,
    policy: async () => null,
    ownKeyId: null,
    ownKeyIds: async () => [],
    isOwnCredential: async () => false,
    fingerprint: async () => null,
  };
}

async function openEmbedded(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
): Promise<Opened> {
  const [{ openEmbeddedService }, { createEncryptionKeySource }] = await Promise.all([
    import('../service/embedded.js'),
    import('../storage/keychain/encryption-key.js'),
  ]);
  const dataDir = embeddedFolder(context.directories().data, target);
  const { service, authenticate, policy, firstUse, firstKeys, close } = await openEmbeddedService(
    dataDir,
    context.clock,
    {
      ...compact({ policy: target.policy }),
      encryptionKey: createEncryptionKeySource(context),
    },
  );
  context.process.onEnd(close);
  showFirstKeys(context.output, firstKeys);
  if (firstUse) {
    context.output.say(
      `these are keys for an API of your own, which no vendor accepts; they are in ${dataDir}. Log in to a vendor to manage its keys`,
    );
  }
  return {
    service,
    kind: 'embedded',
    roll: provider.roll,
    refuseInexpressible: () => undefined,
    refuseUnchangeable: () => undefined,
    tryOut: (credential) => tryEmbedded(authenticate, credential),
    keyOfSecret: async () => null,
    idsInSecret: async () => [],
    baseUrl: null,
    address: embeddedAddress(target),
    credentialSource: null,
    credentialStoredAt: null,
    credentialHasOurFormat: async () => true,
    isKeyService: true,
    policy: async () => policy,
    ownKeyId: null,
    ownKeyIds: async () => [],
    isOwnCredential: async () => false,
    fingerprint: async () => null,
  };
}

/** A key that is restricted to other addresses, pages or endpoints is still a good key. */
const RESTRICTED: ReadonlySet<string> = new Set([
  'ip_not_allowed',
  'referrer_not_allowed',
  'endpoint_not_allowed',
]);

/** What a trial has shown: a refusal because of where it comes from says nothing against the key. */
function unlessRestricted(tried: LiveCheckResult): LiveCheckResult {
  if (tried.outcome !== 'refused' || !RESTRICTED.has(tried.reason ?? '')) return tried;
  return { outcome: 'unreachable', message: tried.message };
}

/** Asks the embedded rules as the service over HTTP would be asked. */
async function tryEmbedded(
  authenticate: EmbeddedService['authenticate'],
  credential: Credential,
): Promise<LiveCheckResult> {
  const { signBytes } = await import('../domain/signatures.js');
  const signature = 'secret' in credential ? {} : { signature: signBytes(credential.secret_key, '{}') };
  const verdict = await authenticate(identifyingPart(credential), signature);
  if (verdict.valid || RESTRICTED.has(verdict.reason)) return { outcome: 'accepted' };
  return { outcome: 'refused', status: 401, message: verdict.reason, reason: verdict.reason };
}
