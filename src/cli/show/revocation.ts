import { KeysError } from '../../domain/errors.js';
import type { KeyService } from '../../domain/key-service.js';
import { shownTime, wholeSecond } from '../../domain/whole-seconds.js';
import type { ResolvedKey } from '../../lifecycle/find/resolved-key.js';
import type { RecordField } from '../../terminal/output.js';
import { bothTimes } from '../../terminal/relative-time.js';

/** When a key was revoked, and by whom; null for what is not known. */
export interface Revocation {
  /** ISO 8601. */
  readonly revoked_at: string | null;
  /** Id of the key that asked for it, or `owner` for whoever holds the database, as in the audit trail. */
  readonly revoked_by: string | null;
}

/** Events of one key that are looked through for its end. */
const MOST_EVENTS = 100;

/**
 * What the service's audit trail says of a revoked key's end; else what the ledger of this machine remembers.
 */
export async function revocationOf(
  { key, managed }: ResolvedKey,
  service: Pick<KeyService, 'events'>,
): Promise<Revocation> {
  const trail = await trailOf(key.id, service);
  const end = trail.find(({ action }) => action === 'revoked' || action === 'superseded');
  if (end !== undefined) return { revoked_at: end.at, revoked_by: end.actor };
  const version = managed?.versions.find(({ id }) => id === key.id);
  const here = version?.state === 'revoked' ? version.ends_at : null;
  return {
    revoked_at: here === null ? null : shownTime(here),
    revoked_by: here === null ? null : 'this machine',
  };
}

/** Empty where the service has no audit trail, or shows it to others only. */
async function trailOf(id: string, service: Pick<KeyService, 'events'>) {
  try {
    return (await service.events({ key_id: id, limit: MOST_EVENTS })).events;
  } catch (error) {
    if (error instanceof KeysError && SILENT.has(error.code)) return [];
    throw error;
  }
}

const SILENT: ReadonlySet<string> = new Set(['not_found', 'forbidden', 'unsupported', 'method_not_allowed']);

/**
 * Who revoked a key, in words for a person: the name of the key that asked for it. `isHere`: whether the
 * service is a file of this machine.
 */
export async function revokedByText(
  { revoked_by }: Revocation,
  service: Pick<KeyService, 'get'>,
  isHere: boolean,
): Promise<string | null> {
  if (revoked_by === 'owner') return isHere ? 'a person on this machine' : 'a person with its database';
  if (revoked_by === null || revoked_by === 'this machine') return revoked_by;
  try {
    return `the key ${(await service.get(revoked_by)).name} (${revoked_by})`;
  } catch (error) {
    if (error instanceof KeysError) return `the key ${revoked_by}`;
    throw error;
  }
}

/**
 * The same as titled lines; nothing is said of what is not known. `by`: what a person reads; see
 * `revokedByText`.
 */
export function revocationFields(
  { revoked_at, revoked_by }: Revocation,
  now: number,
  by: string | null,
  human: boolean,
): RecordField[] {
  const at = revoked_at === null ? '' : human ? bothTimes(revoked_at, now) : wholeSecond(revoked_at);
  const titles = human ? (['revoked', 'revoked by'] as const) : (['revoked_at', 'revoked_by'] as const);
  return [[titles[0], at] as const, [titles[1], (human ? by : revoked_by) ?? ''] as const].filter(
    ([, value]) => value !== '',
  );
}
