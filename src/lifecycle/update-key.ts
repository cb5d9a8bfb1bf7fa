import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { ForceOptions, KeyService, UpdateKey } from '../domain/key-service.js';
import { currentVersion, exactName, type ManagedKey } from '../domain/managed-key.js';
import { withLinks } from '../domain/succeeded.js';
import { isUnfinished } from '../storage/ledger/operation.js';
import { changeManaged } from './change-managed.js';
import type { LeaseMeans } from './lease.js';
import type { ResolvedKey } from './lookup.js';
import type { Means } from './means.js';

/**
 * Changes a key at its service, and what the ledger remembers of it: name, rights and the version's record. Throws `conflict`
 * before anything is sent if another managed key of the account has the new name, if a roll of the key is pending, or if another
 * program works on the key.
 */
export async function updateKey(
  { key, managed: known }: Pick<ResolvedKey, 'key' | 'managed'>,
  changes: UpdateKey,
  service: Pick<KeyService, 'update'>,
  means: LeaseMeans & Pick<Means, 'ledger'>,
  options: ForceOptions = {},
): Promise<Key> {
  if (known === null) return await service.update(key.id, changes, options);
  return await changeManaged(known.id, means, async (managed, save) => {
    await refusePendingRoll(key, managed, means);
    if (changes.name !== undefined) await refuseTakenName(changes.name, managed, means);
    const updated = await service.update(key.id, changes, options);
    await save(remembered(managed, updated, changes));
    return updated;
  });
}

/** Whether the key may do less after these changes, or for a shorter time. */
export function limitsKey({ expires_at, scopes, restrictions = {}, limits = {} }: UpdateKey): boolean {
  const isNarrower = [restrictions, limits].some((each) => Object.keys(each).length > 0);
  return Boolean(expires_at) || scopes !== undefined || isNarrower;
}

/** The successor of a pending roll was made as the key was before: without the change, it could do more or have the old name. */
async function refusePendingRoll(
  { id }: Key,
  managed: ManagedKey,
  { ledger }: Pick<Means, 'ledger'>,
): Promise<void> {
  const pending = (await ledger.operationsOf([managed.id])).find(
    (one) => one.managed === managed.id && one.kind === 'roll' && isUnfinished(one) && one.key?.id !== id,
  );
  if (pending === undefined) return;
  throw new KeysError('conflict', `${managed.name} cannot be changed: its roll is pending`, {
    hint: 'nothing was changed',
    next: 'resume_or_abort',
    details: { operation: pending.id, name: managed.name },
  });
}

async function refuseTakenName(
  name: string,
  { id, account }: ManagedKey,
  { ledger }: Pick<Means, 'ledger'>,
): Promise<void> {
  const other = await ledger.managed.byName(account, name);
  if (other === null || other.id === id) return;
  throw new KeysError('conflict', `another key of this account is named ${name}`, {
    hint: 'names are unique in an account: take another name; nothing was changed',
  });
}

/** The managed key as it is after the change. What its successors get is decided by the version in use alone. */
function remembered(managed: ManagedKey, updated: Key, changes: UpdateKey): Partial<ManagedKey> {
  const versions = managed.versions.map((version) =>
    version.id === updated.id ? { ...version, record: withLinks(updated, version.record) } : version,
  );
  const current = currentVersion(managed);
  if (current !== null && current.id !== updated.id) return { versions };
  const { name, expires_at, options, ...rights } = changes;
  const lifetime =
    expires_at === undefined
      ? {}
      : { lifetime_ms: expires_at === null ? null : Date.parse(expires_at) - createdAt(updated, managed) };
  return {
    name: name === undefined ? managed.name : exactName(name),
    rights:
      managed.rights === null
        ? null
        : {
            ...managed.rights,
            ...rights,
            ...(options === undefined ? {} : { options: { ...managed.rights.options, ...options } }),
            ...lifetime,
          },
    versions,
  };
}

function createdAt({ created_at }: Key, managed: ManagedKey): number {
  return created_at ? Date.parse(created_at) : managed.created_at;
}
