/**
 * The way from flags, profile and environment to a `KeyService`: remote, embedded, or guided in a dashboard.
 * Rooms open services with `openConnection`, `reconnect`, `connectTo` and `everyTarget`, and import targets,
 * addresses and names from the files beside; the library imports `open-service.ts` and `verify-key.ts`.
 */
import { compact } from '../domain/compact.js';
import { requireKnownSet } from '../domain/expressible.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import { loadProvider } from '../providers/registry.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { isByHand } from './by-hand.js';
import { type ConnectChoices, type ConnectContext, type Connection, KEY_SERVICE } from './connection.js';
import { accountCredential, isEnvironmentFor, profileHere } from './earlier-target.js';
import { openEmbedded } from './embedded-connection.js';
import { openGuided } from './guided-connection.js';
import type { Opened } from './opened.js';
import { openRemote } from './remote-connection.js';
import {
  addressEnvironmentOf,
  environmentByDefault,
  operationTarget,
  readSet,
  resolveTarget,
  type Target,
} from './resolve-target.js';
import { trackingNames } from './seen-names.js';

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
 * Opens exactly this service. `useEnvironmentKey`: the caller has seen to it that the credential in the
 * environment is for this address. Throws as `openConnection` does.
 */
export async function connectTo(context: ConnectContext, target: OperationTarget): Promise<Connection> {
  // Without it, a key of another environment would be tried at this address.
  const addressEnvironment = addressEnvironmentOf(target, context.settings());
  return await open(context, { ...target, ...compact({ addressEnvironment }), notices: [] }, {}, false);
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
