import type { ConnectContext, Connection } from '../connect/connection.js';
import { everyTarget } from '../connect/every-target.js';
import { openConnection, reconnect } from '../connect/open-connection.js';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { ExpiryOption } from '../domain/provider.js';
import { SYSTEMS } from '../domain/systems.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { AuditRequest } from './audit-state.js';
import type { AuditSource, ChangeableFields } from './key-rule.js';

/** A service to be audited, opened; or why it could not be. */
export type OpenedSource =
  | { readonly connection: Connection; readonly source: AuditSource }
  | { readonly target: OperationTarget; readonly error: KeysError };

/**
 * The service that was opened already, or that flags, environment and profile name; with `allProfiles`, every
 * one that is known here and every one of `accounts`, one after the other.
 */
export async function* openSources(
  {
    allProfiles,
    accounts = [],
    connection: given,
  }: Pick<AuditRequest, 'accounts' | 'allProfiles' | 'connection'>,
  context: ConnectContext,
): AsyncGenerator<OpenedSource> {
  if (!allProfiles) {
    const connection = given ?? (await openConnection(context));
    yield { connection, source: await sourceOf(connection) };
    return;
  }
  for (const target of [...(await everyTarget(context)), ...accounts]) {
    try {
      const connection = await reconnect(context, target);
      yield { connection, source: await sourceOf(connection) };
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      yield { target, error };
    }
  }
}

async function sourceOf(connection: Connection): Promise<AuditSource> {
  const ownIds = new Set(await ownKeyIds(connection));
  const { provider, profile, address, kind, baseUrl, credentialSource } = connection;
  return {
    provider: provider.id,
    title: provider.title,
    profile,
    address,
    flags: flagsOf(connection),
    cannot: missingCommands(connection),
    prefixes: provider.format.prefixes,
    changes: await changeableFields(connection),
    expiry: expiryOf(connection),
    rollsWithExpiry: rollsWithExpiry(connection),
    baseUrl,
    credentialSource,
    credentialStoredAt: connection.isKeyService ? null : connection.credentialStoredAt,
    listedByLedger: kind === 'guided',
    needsNoKey: kind === 'embedded',
    ...compact({ environment: connection.addressEnvironment }),
    isOwn: (id) => ownIds.has(id),
  };
}

/** Ids that the key in use may have. A key service is asked where the login has not kept the id. */
async function ownKeyIds(connection: Connection): Promise<readonly string[]> {
  const known = await connection.ownKeyIds();
  if (known.length > 0 || connection.kind !== 'remote' || !connection.isKeyService) return known;
  try {
    const own = await connection.service.whoami();
    return own === null ? [] : [own.id];
  } catch (error) {
    // The list of its keys, which comes next, says what is wrong with the service.
    if (error instanceof KeysError) return [];
    throw error;
  }
}

/** What a person does in the provider's dashboard, for want of an operation. */
function missingCommands({ kind, provider: { operations, roll } }: Connection): ReadonlySet<string> {
  if (kind !== 'remote') return new Set();
  const rolls = roll.by === 'provider' ? operations.roll : operations.create;
  return new Set([...(operations.revoke === null ? ['revoke'] : []), ...(rolls === null ? ['roll'] : [])]);
}

async function changeableFields(connection: Connection): Promise<ChangeableFields> {
  const { kind, provider, isKeyService } = connection;
  if (isKeyService) {
    return { name: true, expires_at: true, scopes: true, ips: await canRestrict(connection) };
  }
  const updates = kind === 'guided' || provider.operations.update === null ? [] : provider.updates;
  return {
    name: updates.includes('name'),
    expires_at: updates.includes('expires_at'),
    scopes: updates.includes('scopes'),
    ips: updates.includes('restrictions') && provider.accepts.ips !== undefined,
  };
}

/** Days after which a key ends, where a command gives it an expiry. */
const EXPIRY_DAYS = 90;

/** The expiry that the commands of this connection can give a key, within the provider's longest one. */
function expiryOf({ isKeyService, provider: { accepts }, target }: Connection): string | null {
  if (isKeyService) return `${EXPIRY_DAYS}d`;
  const { expires_at } = accepts;
  if (expires_at === undefined) return null;
  const { atMostSeconds: most = Number.POSITIVE_INFINITY, unless }: Partial<ExpiryOption> =
    typeof expires_at === 'object' ? expires_at : {};
  if (unless !== undefined && target.set[unless]) return null;
  return `${Math.min(EXPIRY_DAYS, Math.floor(most / 86_400))}d`;
}

/**
 * Whether the successor of a roll gets the expiry that was asked for. A roll that keeps the key's id gives it
 * none.
 */
function rollsWithExpiry(connection: Connection): boolean {
  const { kind, isKeyService, provider, roll } = connection;
  if (missingCommands(connection).has('roll') || expiryOf(connection) === null) return false;
  if (isKeyService || kind === 'guided') return true;
  return provider.operations.create === 'endpoint' && !(roll.by === 'provider' && roll.inPlace === true);
}

/**
 * Whether keys under the policy of a key service can be restricted. A service that names no policy has the
 * documented endpoints.
 */
async function canRestrict(connection: Connection): Promise<boolean> {
  const policy = await connection.policy().catch((error) => {
    // The list of its keys, which comes next, says what is wrong with the service.
    if (error instanceof KeysError) return null;
    throw error;
  });
  const facts = Object.values(SYSTEMS).find(({ id }) => id === (policy ?? SYSTEMS.keys.id));
  return facts?.restrictions ?? false;
}

/** How a command line names the same service. */
function flagsOf({ profile, kind, provider, baseUrl, providerNamed, target }: Connection): readonly string[] {
  if (profile !== null) return ['--profile', profile];
  if (kind === 'guided') return ['--provider', provider.id];
  return [
    ...(baseUrl === null ? [] : ['--base-url', baseUrl]),
    ...(providerNamed && provider.id !== 'keys' ? ['--provider', provider.id] : []),
    ...Object.entries(target.set)
      // A setting of one key says nothing of the others.
      .filter(([name]) => !provider.options.some((option) => option.name === name))
      .flatMap(([name, value]) => ['--set', `${name}=${value}`]),
  ];
}
