import type { Clock } from '../domain/clock.js';
import { DAY_MS } from '../domain/duration.js';
import type { KeyStore } from './store/key-store.js';

/**
 * How long a response is remembered whose secret has arrived, and any other. A repeat after that is a new
 * request.
 */
const SPENT_KEPT_MS = DAY_MS;
const RESPONSES_KEPT_MS = 30 * DAY_MS;
/**
 * A server whose clock is behind may still count in a window that is over for others. Not longer: a key has
 * one each minute.
 */
const WINDOWS_KEPT_MS = 3_600_000;
/** Batches of one pass; the rest waits for the next pass. */
const MOST_BATCHES = 20;

/** How long what is over is kept, in milliseconds. Absent: for ever. */
export interface RetentionOptions {
  /** Keys that were revoked or have expired. */
  readonly endedMs?: number | undefined;
  /** Events of the audit trail, and counts of uses. */
  readonly eventsMs?: number | undefined;
}

/** Deletes what is older than it is kept, in small batches. */
export async function applyRetention(
  store: Pick<KeyStore, 'deleteBatch'>,
  clock: Clock,
  { endedMs, eventsMs }: RetentionOptions,
): Promise<void> {
  const now = clock.now();
  const cuts = {
    spent: now - SPENT_KEPT_MS,
    responses: now - RESPONSES_KEPT_MS,
    windows: now - WINDOWS_KEPT_MS,
    ended: endedMs === undefined ? undefined : now - endedMs,
    events: eventsMs === undefined ? undefined : now - eventsMs,
  };
  for (let batch = 0; batch < MOST_BATCHES; batch++) if (!(await store.deleteBatch(cuts))) return;
}
