import type { KeyVersion, ManagedKey } from '../../domain/managed-key.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { KeyFacts } from './planned-key.js';

/** Why the key is due for a roll; null: it is not. */
export function dueReason(
  { entry, managed, record, now, nextRun }: KeyFacts,
  active: KeyVersion,
): string | null {
  const expires = (record ?? active.record).expires_at;
  const end = active.ends_at ?? (expires ? Date.parse(expires) : null);
  if (end !== null && end <= nextRun) return `expires at ${shownTime(end)}, before the next run`;
  if (entry.rotate_ms === null) return null;
  const since = startOf(active, managed);
  return since !== null && now - since >= entry.rotate_ms ? `in use since ${shownTime(since)}: due` : null;
}

/**
 * When the active secret was created; null: not known. A roll that keeps the id keeps the vendor's time of
 * creation too, and some vendors tell none: then the first delivery counts.
 */
function startOf({ id, generation, record }: KeyVersion, managed: ManagedKey | null): number | null {
  if (generation === 1 && record.created_at) return Date.parse(record.created_at);
  const delivered = (managed?.places ?? []).flatMap(({ delivered: one }) =>
    one !== null && one.id === id && one.generation === generation ? [one.at] : [],
  );
  if (delivered.length > 0) return Math.min(...delivered);
  return managed !== null && managed.versions.length === 1 && generation === 1 ? managed.created_at : null;
}
