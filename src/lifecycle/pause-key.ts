import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { ForceOptions } from '../domain/key-service.js';
import { inState, type KeyVersion } from '../domain/managed-key.js';
import { withRecord } from '../domain/succeeded.js';
import { titleInSentence } from '../domain/systems.js';
import type { AccountConnection } from './account-connection.js';
import { changeFound } from './change-managed.js';
import { refuseKeysElsewhere } from './find/one-address.js';
import { refuseNamesake } from './find/refuse-namesake.js';
import type { ResolvedKey } from './find/resolved-key.js';
import type { LeaseMeans } from './operation/lease.js';
import type { Means } from './operation/means.js';
import { refuseOwn } from './refuse-own.js';
import { idsMeant } from './revoke-key.js';
import { refusePendingRoll } from './roll/refuse-pending-roll.js';

/** Whether a key shall work. */
export type Working = 'paused' | 'active';

/** Throws `unsupported` where keys cannot be paused. */
export function requirePause({
  service,
  provider,
  kind,
}: Pick<AccountConnection, 'service' | 'provider' | 'kind'>): void {
  if (kind !== 'guided' && service.pause !== undefined && service.unpause !== undefined) return;
  throw new KeysError('unsupported', `${titleInSentence(provider)} has no way to pause a key`, {
    hint: 'only a revoke stops it, and that is for good',
  });
}

/**
 * Ids that a pause stops, or lets work again: of a key that was named, every version that works; else the one
 * id. Throws `conflict` before a pause after which the successor of a pending roll would work all the same.
 */
async function idsToPause(
  found: Pick<ResolvedKey, 'key' | 'managed' | 'by'>,
  working: Working,
  means: Pick<Means, 'clock' | 'ledger' | 'minutesAhead'>,
): Promise<string[]> {
  const ids = idsMeant(found, means);
  const { managed } = found;
  if (managed !== null && working === 'paused') await refusePendingRoll(ids, managed, means, working);
  return ids;
}

/**
 * Ids that a pause of this key stops, or lets work again, when nothing speaks against it. Throws what
 * `idsToPause` throws and, unless `force`: `refused` for a pause of the key that authenticates this call, and
 * what `refuseKeysElsewhere` and `refuseNamesake` throw.
 */
export async function preparePause(
  found: ResolvedKey,
  working: Working,
  connection: Connection,
  means: Pick<Means, 'clock' | 'ledger' | 'minutesAhead'>,
  { force = false }: ForceOptions = {},
): Promise<string[]> {
  const ids = await idsToPause(found, working, means);
  if (force) return ids;
  if (working === 'paused') await refuseOwn(ids, connection);
  await refuseKeysElsewhere([found], connection, means.ledger);
  await refuseNamesake(found, connection, means);
  return ids;
}

/**
 * Pauses a key, or lets it work again, and returns its records as its service then has them: of a key that
 * was named, every version that works, the one that was found first; else the one id. The ledger's records
 * change with them. Throws `conflict` if the successor of a pending roll would work all the same, what the
 * service throws, and `unsupported` where it has no pause.
 */
export async function pauseKey(
  found: ResolvedKey,
  working: Working,
  connection: Pick<AccountConnection, 'service' | 'provider' | 'kind' | 'target' | 'address'>,
  means: LeaseMeans & Pick<Means, 'ledger' | 'minutesAhead' | 'warn'>,
  options: ForceOptions = {},
): Promise<readonly [Key, ...Key[]]> {
  requirePause(connection);
  const { key } = found;
  const { service } = connection;
  const send = async (id: string): Promise<Key | undefined> =>
    working === 'paused' ? await service.pause?.(id, options) : await service.unpause?.(id);
  return await changeFound(found, connection, means, async (managed, save) => {
    const ids = await idsToPause({ ...found, managed }, working, means);
    let versions = managed?.versions ?? [];
    const records: Key[] = [];
    for (const id of ids) {
      const record = await unlessGone(send(id), records.length > 0);
      if (record === undefined) continue;
      if (record === null) versions = versions.map((one) => (one.id === id ? revokedAt(one, means) : one));
      else {
        warnOfState(record, working, connection, means);
        records.push(record);
        versions = withRecord(versions, record);
      }
      await save({ versions });
    }
    const [first = key, ...others] = records;
    return [first, ...others];
  });
}

/** Warns if the record of a key shows that a file of the user's own has changed nothing. */
function warnOfState(
  { id, status }: Key,
  working: Working,
  { provider: { source } }: Pick<AccountConnection, 'provider'>,
  { warn }: Pick<Means, 'warn'>,
): void {
  if (source === null || (status === 'paused') === (working === 'paused')) return;
  const shown = status === undefined ? 'has no status' : `is ${status}`;
  warn(
    `${id} ${shown} in its record, where ${working} was asked: are keys.pause and keys.fields.status of ${source} right?`,
  );
}

/**
 * Returns null for a version that its service no longer has. `seen`: the same credential has just changed
 * another version of the key, so a 404 means that this one was revoked meanwhile.
 */
async function unlessGone<Changed>(change: Promise<Changed>, seen: boolean): Promise<Changed | null> {
  try {
    return await change;
  } catch (error) {
    if (seen && error instanceof KeysError && error.code === 'not_found') return null;
    throw error;
  }
}

const revokedAt = (version: KeyVersion, { clock }: Pick<Means, 'clock'>): KeyVersion =>
  inState(version, 'revoked', clock.now());
