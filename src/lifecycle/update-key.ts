import { isDeepStrictEqual } from 'node:util';
import type { Connection } from '../connect/connection.js';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { ForceOptions, KeyService, UpdateKey } from '../domain/key-service.js';
import { currentVersion, type ManagedKey } from '../domain/managed-key.js';
import type { Provider } from '../domain/provider.js';
import { withRecord } from '../domain/succeeded.js';
import type { AccountConnection } from './account-connection.js';
import { changeFound } from './change-managed.js';
import { refuseKeysElsewhere } from './find/one-address.js';
import { refuseNamesake } from './find/refuse-namesake.js';
import type { ResolvedKey } from './find/resolved-key.js';
import { managedNamed, storedName } from './find/stored-name.js';
import type { LeaseMeans } from './operation/lease.js';
import type { Means } from './operation/means.js';
import { warnOfUnchanged } from './operation/wider-than-asked.js';
import { refuseNameOfId } from './refuse-name-of-id.js';
import { refuseOwn } from './refuse-own.js';
import { refusePendingRoll } from './roll/refuse-pending-roll.js';

/**
 * Changes a key at its service, and what the ledger remembers of it: name, rights and the version's record.
 * Throws `conflict` before anything is sent if another managed key of the account has the new name, if a roll
 * of the key is pending, if another program works on the key, or if it has changed since the key was found
 * what this call changes.
 */
export async function updateKey(
  found: Pick<ResolvedKey, 'key' | 'managed'>,
  changes: UpdateKey,
  connection: Pick<AccountConnection, 'target' | 'address' | 'provider'> & {
    readonly service: Pick<KeyService, 'get' | 'update'>;
  },
  means: LeaseMeans & Pick<Means, 'ledger' | 'warn'>,
  options: ForceOptions = {},
): Promise<Key> {
  const { key } = found;
  const { service, provider } = connection;
  const update = async () => {
    const updated = await service.update(key.id, changes, options);
    return await warnOfUnchanged(updated, changes, { provider, service, warn: means.warn });
  };
  return await changeFound(found, connection, means, async (managed, save) => {
    if (managed === null) return await update();
    refuseChanged(found, managed, changes);
    await refuseByLedger(key, managed, changes, connection, means);
    const updated = await update();
    await save(remembered(managed, updated, changes, connection));
    return updated;
  });
}

/**
 * Throws what `updateKey` would refuse before it sends anything, for a call that only says what would change.
 */
export async function refuseUpdate(
  { key, managed }: Pick<ResolvedKey, 'key' | 'managed'>,
  changes: UpdateKey,
  connection: Pick<Connection, 'provider' | 'isKeyService' | 'refuseUnchangeable'>,
  means: Pick<Means, 'clock' | 'ledger'>,
): Promise<void> {
  connection.refuseUnchangeable(changes);
  refuseRevoked(key, connection);
  if (managed !== null) await refuseByLedger(key, managed, changes, connection, means);
}

/**
 * Throws `conflict` for a revoked key of a key service, as the service itself does. A vendor does not find
 * such a key.
 */
export function refuseRevoked({ id, status }: Key, { isKeyService }: Pick<Connection, 'isKeyService'>): void {
  if (!isKeyService || status !== 'revoked') return;
  throw new KeysError('conflict', `a revoked key cannot be changed: ${id}`, { hint: 'create a new one' });
}

async function refuseByLedger(
  { id }: Key,
  managed: ManagedKey,
  { name }: UpdateKey,
  connection: Pick<AccountConnection, 'provider'>,
  means: Pick<Means, 'clock' | 'ledger'>,
): Promise<void> {
  await refusePendingRoll([id], managed, means, 'changed');
  if (name === undefined) return;
  await refuseTakenName(name, managed, means, connection);
  await refuseNameOfId(name, managed.id, managed.account, means);
}

/**
 * Throws `refused` if the changes limit the key that authenticates this call, and `conflict` if the ledger
 * has the key at another address.
 */
export async function requireUpdatable(
  found: Pick<ResolvedKey, 'key' | 'managed' | 'by'>,
  changes: UpdateKey,
  connection: Connection,
  means: Pick<Means, 'ledger' | 'clock'>,
): Promise<void> {
  if (limitsKey(changes)) await refuseOwn([found.key.id], connection);
  await refuseKeysElsewhere([found], connection, means.ledger);
  await refuseNamesake(found, connection, means);
}

/** Whether the key may do less after these changes, or for a shorter time. */
export function limitsKey({ expires_at, scopes, restrictions = {}, limits = {} }: UpdateKey): boolean {
  const isNarrower = [restrictions, limits].some((each) => Object.keys(each).length > 0);
  return Boolean(expires_at) || scopes !== undefined || isNarrower;
}

/**
 * Throws `conflict` if another program has changed what this call changes: its change would be lost without a
 * word.
 */
function refuseChanged(
  { key: { id, name }, managed: known }: Pick<ResolvedKey, 'key' | 'managed'>,
  managed: ManagedKey,
  { options = {}, ...changes }: UpdateKey,
): void {
  const recordOf = (one: ManagedKey | null) => one?.versions.find((version) => version.id === id)?.record;
  const [before, now] = [recordOf(known), recordOf(managed)];
  if (before === undefined || now === undefined) return;
  const isOther = (was: object, is: object) => {
    const [first, second] = [new Map(Object.entries(was)), new Map(Object.entries(is))];
    return (member: string) => !isDeepStrictEqual(first.get(member), second.get(member));
  };
  const changed = [
    ...Object.keys(changes).filter(isOther(before, now)),
    ...Object.keys(options).filter(isOther(before.options ?? {}, now.options ?? {})),
  ];
  if (changed.length === 0) return;
  throw new KeysError('conflict', `another program has just changed ${changed.join(', ')} of ${name}`, {
    hint: 'nothing was changed; look at the key, and try again',
    next: 'show_key',
    details: { key_id: id, name },
  });
}

async function refuseTakenName(
  name: string,
  { id, account }: ManagedKey,
  { ledger }: Pick<Means, 'ledger'>,
  { provider }: Pick<AccountConnection, 'provider'>,
): Promise<void> {
  const other = await managedNamed(name, { account, ledger, provider });
  if (other === null || other.id === id) return;
  throw new KeysError('conflict', `another key of this account is named ${name}`, {
    hint: 'names are unique in an account: take another name; nothing was changed',
  });
}

/**
 * The managed key as it is after the change. What its successors get is decided by the version in use alone.
 */
function remembered(
  managed: ManagedKey,
  updated: Key,
  changes: UpdateKey,
  { provider }: Pick<AccountConnection, 'provider'>,
): Partial<ManagedKey> {
  const versions = withRecord(managed.versions, updated);
  const current = currentVersion(managed);
  if (current !== null && current.id !== updated.id) return { versions };
  const { name, expires_at, options, ...rights } = changes;
  const lifetime =
    expires_at === undefined
      ? {}
      : { lifetime_ms: expires_at === null ? null : Date.parse(expires_at) - createdAt(updated, managed) };
  const isRenamed = name !== undefined && !keepsName(updated, name, provider);
  return {
    name: isRenamed ? storedName(name, provider) : managed.name,
    rights:
      managed.rights === null
        ? null
        : {
            ...managed.rights,
            ...rights,
            ...compact({ options: options && { ...managed.rights.options, ...options } }),
            ...lifetime,
          },
    versions,
  };
}

/** Whether a vendor shows that it has ignored a new name, where a file of the user's own may be wrong. */
function keepsName(
  updated: Key,
  name: string,
  provider: Pick<Provider, 'source' | 'shows' | 'names'>,
): boolean {
  const isShown = [...provider.shows.list, ...provider.shows.get].includes('name');
  return provider.source !== null && isShown && updated.name !== storedName(name, provider);
}

function createdAt({ created_at }: Key, managed: ManagedKey): number {
  return created_at ? Date.parse(created_at) : managed.created_at;
}
