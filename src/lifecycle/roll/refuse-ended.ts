import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { type ManagedKey, stateAt } from '../../domain/managed-key.js';
import { shownTime } from '../../domain/whole-seconds.js';

/** Throws `conflict` for a key that is paused, is retiring or has ended. */
export function refuseEnded(key: Key, managed: ManagedKey, now: number): void {
  if (key.status === 'paused') {
    throw new KeysError('conflict', `${key.name} (${key.id}) is paused: its successor would work at once`, {
      hint: 'unpause it first, or revoke it and create another key',
    });
  }
  const version = managed.versions.find(({ id }) => id === key.id);
  // The end of a key may have been moved since the ledger has heard of it.
  const state =
    version === undefined ? key.status : stateAt({ ...version, record: { ...version.record, ...key } }, now);
  const told = isEnded(key.status) || key.status === 'retiring' ? key.status : state;
  if (told === undefined || told === 'active' || told === 'pending') return;
  const active = managed.versions.find((one) => one.id !== key.id && stateAt(one, now) === 'active');
  const end = version?.ends_at ?? (key.expires_at ? Date.parse(key.expires_at) : null);
  const what = told === 'expired' && end !== null ? `expired at ${shownTime(end)}` : `is ${told}`;
  throw new KeysError('conflict', `${key.name} (${key.id}) ${what}: it cannot be rolled`, {
    ...(active === undefined
      ? { next: 'create_again', details: { name: managed.name } }
      : { hint: `its successor is ${active.id}` }),
  });
}
