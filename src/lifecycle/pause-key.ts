import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { ForceOptions } from '../domain/key-service.js';
import { withRecord } from '../domain/succeeded.js';
import { changeFound } from './change-managed.js';
import type { AccountConnection } from './connection.js';
import type { LeaseMeans } from './lease.js';
import type { ResolvedKey } from './lookup.js';
import type { Means } from './means.js';

/** Whether a key shall work. */
export type Working = 'paused' | 'active';

/** Throws `unsupported` where keys cannot be paused. */
export function requirePause({
  service,
  provider,
  kind,
}: Pick<AccountConnection, 'service' | 'provider' | 'kind'>): void {
  if (kind !== 'guided' && service.pause !== undefined && service.unpause !== undefined) return;
  throw new KeysError('unsupported', `${provider.title} has no way to pause a key`, {
    hint: 'only a revoke stops it, and that is for good',
  });
}

/**
 * Pauses a key, or lets it work again, and returns it as its service then has it. The ledger's record of a
 * managed key changes with it. Throws what the service throws, and `unsupported` where it has no pause.
 */
export async function pauseKey(
  found: Pick<ResolvedKey, 'key' | 'managed'>,
  working: Working,
  connection: Pick<AccountConnection, 'service' | 'provider' | 'kind' | 'target' | 'address'>,
  means: LeaseMeans & Pick<Means, 'ledger'>,
  options: ForceOptions = {},
): Promise<Key> {
  requirePause(connection);
  const { key } = found;
  const { service } = connection;
  const send = async (): Promise<Key> => {
    const changed = working === 'paused' ? service.pause?.(key.id, options) : service.unpause?.(key.id);
    return (await changed) ?? key;
  };
  return await changeFound(found, connection, means, async (managed, save) => {
    const record = await send();
    await save({ versions: withRecord(managed?.versions ?? [], record) });
    return record;
  });
}
