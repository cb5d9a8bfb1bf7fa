import { isoTime } from './clock.js';
import { compact } from './compact.js';
import type { Key } from './key.js';
import type { KeyVersion } from './managed-key.js';

/**
 * Returns the record of a key that has a successor and works for so many seconds more, but not beyond its own
 * expiry. Null: it works until it is revoked.
 */
export function succeeded(old: Key, successor: string, seconds: number | null, now: number): Key {
  if (seconds === null) return { ...old, rolled_to: successor };
  const expiry = old.expires_at ? Date.parse(old.expires_at) : Number.POSITIVE_INFINITY;
  return { ...old, rolled_to: successor, expires_at: isoTime(Math.min(now + seconds * 1000, expiry)) };
}

/**
 * Returns the record with the predecessor and successor that the ledger knows, where the service names none:
 * it knows nothing of a roll that was made of a create and a revoke.
 */
export function withLinks<Shown extends Key>(
  record: Shown,
  known: Pick<Key, 'rolled_from' | 'rolled_to'>,
): Shown {
  const rolled_from = record.rolled_from ?? known.rolled_from;
  const rolled_to = record.rolled_to ?? known.rolled_to;
  return { ...record, ...compact({ rolled_from, rolled_to }) };
}

/**
 * Returns the versions of a managed key: that of this record as its service has it now, the others as they
 * were.
 */
export function withRecord(versions: readonly KeyVersion[], record: Key): readonly KeyVersion[] {
  return versions.map((version) =>
    version.id === record.id ? { ...version, record: withLinks(record, version.record) } : version,
  );
}
