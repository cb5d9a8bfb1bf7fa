import type { Connection } from '../../connect/connection.js';
import { compact } from '../../domain/compact.js';
import type { Key } from '../../domain/key.js';
import type { KeptPlace } from '../../domain/managed-key.js';
import { shellWord } from '../../domain/shell-word.js';
import type { ResolvedKey } from '../../lifecycle/find/resolved-key.js';
import { idsMeant } from '../../lifecycle/revoke-key.js';
import { rollsThatWait } from '../../lifecycle/roll/unfinished-rolls.js';
import { bothTimes, relativeTime } from '../../terminal/relative-time.js';
import type { Context } from '../context.js';
import { oldKeysOfGivenUpRolls } from './given-up-rolls.js';

/** A key that was used more recently than this is likely to be in use. */
const RECENT_MS = 30 * 24 * 3_600_000;

/** What a person should know before a key is revoked. */
export interface RevokeNotice {
  /** Its age, its last use, and its places. */
  readonly facts: readonly string[];
  /** What will stop working, as far as is known. */
  readonly breaks: string;
  readonly inUse: boolean;
}

/** `ids`: what is revoked with it; `erase`: its secret is removed from its places, too. */
export function revokeNotice(
  { key, managed }: ResolvedKey,
  ids: readonly string[],
  now: number,
  erase = false,
): RevokeNotice {
  const { created_at, expires_at } = key;
  // A dashboard tells no last use; what this program used itself is known.
  const last_used = key.last_used === undefined ? (key.last_used_here ?? undefined) : key.last_used;
  const used = last_used ? Date.parse(last_used) : null;
  const inUse = used !== null && now - used < RECENT_MS;
  const places = managed?.places ?? [];
  const hit = labelsWith(places, ids);
  return {
    facts: [
      `created: ${timeText(created_at, now)}; last used: ${timeText(last_used, now)}; expires: ${timeText(expires_at, now)}`,
      placesText(places, hit, erase),
      ...(ids.length > 1 ? [`revokes ${ids.length} versions: ${ids.join(', ')}`] : []),
    ],
    breaks: breaksText({ ...key, ...compact({ last_used }) }, { inUse, hit, now }),
    inUse,
  };
}

/** A place that a roll has reached has the secret of the successor, which works on. */
function labelsWith(places: readonly KeptPlace[], ids: readonly string[]): readonly string[] {
  return places
    .filter(({ delivered }) => delivered !== null && ids.includes(delivered.id))
    .map(({ label }) => label);
}

function placesText(places: readonly KeptPlace[], hit: readonly string[], erase: boolean): string {
  if (places.every(({ delivered }) => delivered === null)) return 'places: none that this machine knows of';
  if (hit.length === 0) return 'places: none has this secret';
  const end = erase ? 'is removed' : 'stays';
  return `places: ${hit.join(', ')} (the secret there stops working, and ${end})`;
}

/** `hit`: labels of the places that have the secret: something reads there, used it or not so far. */
function breaksText(
  { name, last_used }: Key,
  { inUse, hit, now }: { readonly inUse: boolean; readonly hit: readonly string[]; readonly now: number },
): string {
  if (last_used === undefined)
    return 'whether something uses this key is not known: its service does not say';
  const used = last_used === null ? 'never used' : `last used ${relativeTime(last_used, now)}`;
  if (!inUse && hit.length > 0)
    return `it was ${used}, and its secret is at ${hit.join(', ')}: what reads there will be refused`;
  if (!inUse) return `nothing is known to break: it was ${used}`;
  return `something used it ${relativeTime(last_used ?? '', now)}: that will be refused at once; keys roll ${shellWord(name)} replaces it first`;
}

function timeText(iso: string | null | undefined, now: number): string {
  if (iso === undefined) return 'not known';
  return iso === null ? 'never' : bothTimes(iso, now);
}

/** Says what the key is, and what will break. */
export function sayNotice(
  found: ResolvedKey,
  context: Context,
  { erase = false }: { readonly erase?: boolean } = {},
): void {
  const { output, clock } = context;
  const { facts, breaks, inUse } = revokeNotice(found, idsMeant(found, context), clock.now(), erase);
  for (const fact of facts) output.say(fact);
  if (inUse) output.warn(breaks);
  else output.say(breaks);
}

/**
 * Warns of each roll that is not finished: one that ends with its new key, and one whose old key is still
 * read at a place.
 */
export async function warnOfRolls(
  found: readonly ResolvedKey[],
  connection: Connection,
  context: Context,
): Promise<void> {
  const ledger = await context.ledger();
  const ids = found.flatMap((one) => idsMeant(one, context));
  for (const one of found) {
    for (const { id, newKey, places } of await rollsThatWait(one, ids, ledger)) {
      context.output.warn(
        `the new key ${newKey} of ${one.key.name} has not reached ${places.join(', ')}: keys resume ${id} delivers it`,
      );
    }
    for (const oldKey of await oldKeysOfGivenUpRolls(one, ids, connection, context))
      context.output.warn(`the roll of ${one.key.name} is not finished, and is given up: ${oldKey}`);
  }
}
