import type { Connection } from '../../connect/connection.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { type KeyVersion, type ManagedKey, workingVersion } from '../../domain/managed-key.js';
import { titleInSentence } from '../../domain/systems.js';
import { mayBeLate } from '../find/gone-key.js';
import { isUnidentified } from '../find/unidentified.js';
import type { Means } from '../operation/means.js';

/**
 * Throws `refused` where the service and the ledger disagree about which version of a key works, as after a
 * restore of the service from a backup: the newest version that the ledger knows is gone there, or an older
 * one works. `key`: what the service has under the name. Says what is the case, and which revoke settles
 * it.
 */
export async function refuseContradicted(
  key: Key,
  managed: ManagedKey,
  connection: Pick<Connection, 'provider' | 'service'>,
  means: Pick<Means, 'clock'>,
): Promise<void> {
  const newest = workingVersion(managed, means.clock.now());
  const { provider } = connection;
  if (newest === null) {
    if (isEnded(key.status) || !isRecordedRevoked(key, managed)) return;
    throw disagree(
      key.id,
      managed,
      `this ledger revoked it, and ${titleInSentence(provider)} has it as active`,
      {
        next: 'revoke_version',
        details: { key_id: key.id, name: managed.name },
      },
    );
  }
  const told = newest.id === key.id ? (key.status ?? 'active') : await statusOf(newest, connection);
  if (told !== 'gone' && !isEnded(told)) return;
  if (told === 'gone' && mayBeLate(newest.record, { provider, clock: means.clock })) return;
  const older = await workingBefore(newest, managed, connection);
  const what = toldText(told, provider);
  if (older === null) {
    throw disagree(newest.id, managed, what, {
      next: 'forget_key',
      details: { key_id: newest.id, name: managed.name },
    });
  }
  throw disagree(newest.id, managed, `${what}, and has its predecessor ${older.id} as active`, {
    next: 'forget_version',
    details: { key_id: newest.id, name: managed.name },
  });
}

/**
 * Throws `refused` where the service does not have the newest version any more, or has it as ended, and the
 * older one with this id works: revoking that would leave none that works.
 */
export async function refuseOnlyWorking(
  id: string,
  managed: ManagedKey,
  connection: Pick<Connection, 'provider' | 'service'>,
  { clock }: Pick<Means, 'clock'>,
): Promise<void> {
  const { provider } = connection;
  const newest = workingVersion(managed, clock.now());
  if (newest === null || newest.id === id || isUnidentified(newest.record, managed.account)) return;
  const told = await statusOf(newest, connection);
  if (told !== 'gone' && !isEnded(told)) return;
  if (told === 'gone' && mayBeLate(newest.record, { provider, clock })) return;
  const old = await statusOf({ id }, connection);
  if (old === 'gone' || old === 'untold' || isEnded(old)) return;
  throw disagree(
    newest.id,
    managed,
    `${toldText(told, provider)}; the old key ${id} works, and is not revoked`,
    {
      next: 'forget_version',
      details: { key_id: newest.id, name: managed.name },
    },
  );
}

function toldText(told: string, provider: Pick<Connection, 'provider'>['provider']): string {
  return `${titleInSentence(provider)} ${told === 'gone' ? 'does not know it any more' : `has it as ${told}`}`;
}

function disagree(
  id: string,
  { name }: ManagedKey,
  what: string,
  step: Pick<ConstructorParameters<typeof KeysError>[2] & object, 'next' | 'details'>,
): KeysError {
  return new KeysError('refused', `${id} is the newest version of ${name}: ${what}`, {
    hint: 'was it revoked elsewhere, or the service restored from a backup? nothing was changed',
    ...step,
  });
}

function isRecordedRevoked({ id }: Key, { versions }: ManagedKey): boolean {
  return versions.some((version) => version.id === id && version.state === 'revoked');
}

/**
 * What the service says of a version: `gone` where it does not know it, `untold` where it does not say.
 */
async function statusOf(
  version: Pick<KeyVersion, 'id'>,
  connection: Pick<Connection, 'service'>,
): Promise<string> {
  const told = await recordOf(version, connection);
  return typeof told === 'string' ? told : (told.status ?? 'active');
}

async function recordOf(
  { id }: Pick<KeyVersion, 'id'>,
  { service }: Pick<Connection, 'service'>,
): Promise<Key | 'gone' | 'untold'> {
  try {
    return await service.get(id);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    return error.code === 'not_found' ? 'gone' : 'untold';
  }
}

/** The record of the newest of the other versions that the service has as active; null: none. */
export async function workingBefore(
  newest: Pick<KeyVersion, 'id'>,
  { versions }: Pick<ManagedKey, 'versions'>,
  connection: Pick<Connection, 'service'>,
): Promise<Key | null> {
  for (const version of versions) {
    if (version.id === newest.id) continue;
    const told = await recordOf(version, connection);
    if (typeof told !== 'string' && (told.status ?? 'active') === 'active') return told;
  }
  return null;
}
