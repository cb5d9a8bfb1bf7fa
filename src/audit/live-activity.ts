import type { AuditEvent } from '../domain/audit-event.js';
import { isoTime } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { DAY_MS } from '../domain/duration.js';
import { KeysError } from '../domain/errors.js';
import { everyPage } from '../domain/every-page.js';
import type { Key } from '../domain/key.js';
import type { KeyDay, KeyService } from '../domain/key-service.js';

/** Days of activity of live keys that an audit reads, today (UTC) included. */
export const ACTIVITY_DAYS = 7;
/** Days to look back for earlier uses. Without one, the first address of a key is not a new address. */
const EARLIER_DAYS = 90;
/** Page size, and the largest number of events that an audit reads from one service. */
const PAGE = 500;
const MOST_EVENTS = 10_000;

/** What happened to one live key in the last `ACTIVITY_DAYS` days. */
export interface LiveActivity {
  readonly refusals: number;
  /** Why it was refused, such as `ip_not_allowed`. */
  readonly reasons: readonly string[];
  /** Addresses that used the key for the first time. The first address of a new key does not count. */
  readonly newAddresses: readonly string[];
}

/** Returns the activity of a key; null if the service does not report it. */
export type ReadActivity = (key: Key) => Promise<LiveActivity | null>;

const NOTHING: LiveActivity = { refusals: 0, reasons: [], newAddresses: [] };

/** Errors of a service that has no such endpoint, or that does not allow this credential to read it. */
const DOES_NOT_TELL: ReadonlySet<string> = new Set([
  ...['not_found', 'forbidden', 'unsupported', 'method_not_allowed'],
]);

/**
 * Reads the events of all live keys once. Sends a request for a single key only if the key has events. Throws
 * what the service throws.
 */
export async function readLiveActivity(
  service: Pick<KeyService, 'events' | 'usage'>,
  now: number,
): Promise<ReadActivity> {
  if (service.usage === undefined) return async () => null;
  const since = dayBefore(now, ACTIVITY_DAYS - 1);
  const noticed = await orNull(() => readEvents(service, since));
  if (noticed === null) return async () => null;
  return async ({ id }) => {
    const events = noticed.byKey.get(id);
    if (events === undefined) return noticed.complete ? NOTHING : null;
    const days = await orNull(async () => (await service.usage?.(id, EARLIER_DAYS)) ?? null);
    return days === null ? null : activityOf(events, days, since);
  };
}

interface Noticed {
  readonly byKey: ReadonlyMap<string, readonly AuditEvent[]>;
  /** False if the service has more events than an audit reads. */
  readonly complete: boolean;
}

/** Reads the events of live keys since an instant, newest first. */
async function readEvents(service: Pick<KeyService, 'events'>, since: string): Promise<Noticed> {
  const byKey = new Map<string, AuditEvent[]>();
  const events = everyPage(async (cursor) => {
    const page = await service.events({ limit: PAGE, ...compact({ cursor }) });
    return { rows: page.events, next_cursor: page.next_cursor };
  });
  let read = 0;
  for await (const event of events) {
    if (event.at < since) break;
    if (++read > MOST_EVENTS) return { byKey, complete: false };
    const { action, key_id } = event;
    if (key_id === null || (action !== 'new_address' && action !== 'refused')) continue;
    byKey.set(key_id, [...(byKey.get(key_id) ?? []), event]);
  }
  return { byKey, complete: true };
}

function activityOf(events: readonly AuditEvent[], days: readonly KeyDay[], since: string): LiveActivity {
  const recent = days.filter(({ day }) => day >= since.slice(0, 10));
  const addresses = details(events, 'new_address', 'address');
  const usedBefore = days.some(({ day, uses }) => uses > 0 && day < since.slice(0, 10));
  return {
    refusals: recent.reduce((sum, { refusals }) => sum + refusals, 0),
    reasons: [...new Set(details(events, 'refused', 'reason'))].toSorted(),
    // Events are newest first. If the key was not used before, its last event is its first use.
    newAddresses: usedBefore ? addresses : addresses.slice(0, -1),
  };
}

function details(events: readonly AuditEvent[], action: AuditEvent['action'], name: string): string[] {
  return events.flatMap((event) => {
    const value = event.action === action ? event.details[name] : undefined;
    return typeof value === 'string' ? [value] : [];
  });
}

/** Returns the start of the day (UTC) some days ago. */
function dayBefore(now: number, days: number): string {
  return `${isoTime(now - days * DAY_MS).slice(0, 10)}T00:00:00.000Z`;
}

async function orNull<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof KeysError && DOES_NOT_TELL.has(error.code)) return null;
    throw error;
  }
}
