import { allKeys } from '../../domain/all-keys.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { exactName, type ManagedKey } from '../../domain/managed-key.js';
import type { Means } from '../operation/means.js';

/**
 * Throws `refused` for a version that another machine has rolled to, unless its id is given: what uses it
 * there would stop, and this ledger does not know where that is.
 */
export async function refuseRolledElsewhere(
  key: Key,
  { account: { provider, address }, versions }: ManagedKey,
  { ledger }: Means,
): Promise<void> {
  const entry = await ledger.find({ provider, address }, key.id);
  if (versions.length < 2 || entry === null || entry.digests.length > 0) return;
  throw new KeysError(
    'refused',
    `${key.name} was rolled on another machine: the places of ${key.id} are not known here`,
    {
      hint: 'nothing was sent; roll it there, or use its id to roll it all the same',
      details: { key_id: key.id },
    },
  );
}

/**
 * Another ledger may have rolled the key: then an active key that this ledger does not know bears its name.
 */
export async function refuseStranger(
  key: Key,
  managed: ManagedKey,
  { service, ledger }: Means,
): Promise<void> {
  const since = key.created_at ? Date.parse(key.created_at) : Number.NEGATIVE_INFINITY;
  for await (const other of allKeys(service, { name: key.name })) {
    const inUse = other.status === undefined || other.status === 'active';
    const newer = !other.created_at || Date.parse(other.created_at) > since;
    if (!inUse || !newer || other.id === key.id || exactName(other.name) !== managed.name) continue;
    if ((await ledger.managed.byVersion(managed.account, other.id)) !== null) continue;
    throw new KeysError(
      'refused',
      `${key.name} has a newer key that this ledger does not know: ${other.id}`,
      {
        hint: 'was it rolled on another machine? nothing was sent; roll it there, or revoke the key that is not wanted',
        details: { key_id: key.id, other_id: other.id },
      },
    );
  }
}
