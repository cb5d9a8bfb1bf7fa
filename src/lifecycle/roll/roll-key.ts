import type { Connection } from '../../connect/connection.js';
import type { Key } from '../../domain/key.js';
import { type ManagedKey, stateAt } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { continueWith } from '../create/create-key.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../operation/means.js';
import type { Outcome } from '../operation/outcome.js';
import { reserveEscrow, startOperation } from '../operation/start-operation.js';
import { checkPlaces } from '../places/key-places.js';
import { keepTakenIn } from '../take-in.js';
import { loginWarnings } from './own-login.js';
import type { PreparedRoll } from './prepare-roll.js';

/** Opens every place and reserves the escrow, with nothing changed yet. Returns warnings. */
export async function checkRoll(
  prepared: PreparedRoll,
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<readonly string[]> {
  const { plan, managed, places, pending, escrow, skip, login, grace = 0 } = prepared;
  const warnings = [
    ...unknownPlaces(prepared, connection.provider),
    ...loginWarnings(login),
    ...endsBefore(plan.old, grace, means.clock.now()),
    ...(await checkPlaces(places, context, skip)),
  ];
  await reserveEscrow(escrow, plan, connection, means);
  return pending === null
    ? [...warnings, ...leftByDropped(managed, plan.old.id, means.clock.now())]
    : warnings;
}

/**
 * A warning for a key that the ledger does not know, as after the ledger was lost: whatever has its secret is
 * not one of the places of the roll.
 */
function unknownPlaces(
  { plan, known, pending, login }: PreparedRoll,
  { supersedes }: Pick<Provider, 'supersedes'>,
): string[] {
  // The key that signs in here has a place that is known.
  if (known || pending !== null || login !== null) return [];
  const { old, ends, retire, revokeFirst, stopsAtOnce } = plan;
  const when = () => {
    if (revokeFirst || stopsAtOnce) return 'stops before the new key exists';
    if (ends === null) return supersedes ? 'stops as soon as the new key exists' : 'stops when you revoke it';
    if (retire?.grace_ms === 0) return 'stops as soon as the new key is delivered';
    return `stops at ${shownTime(ends)}`;
  };
  return [
    `the places of ${old.name} are not known: the ledger does not have ${old.id}, so whatever else has its secret keeps the old one, which ${when()}`,
  ];
}

/** A warning for a key that ends by itself before the grace that was asked for is over. */
function endsBefore({ id, expires_at }: Key, grace: number, now: number): string[] {
  if (grace === 0 || !expires_at || Date.parse(expires_at) >= now + grace) return [];
  return [
    `the old key ${id} ends by itself at ${shownTime(Date.parse(expires_at))}, before this grace is over`,
  ];
}

/** Warnings for other versions that work: nothing revokes what a dropped roll has left. */
export function leftByDropped({ name, versions }: ManagedKey, rolled: string, now: number): string[] {
  return versions
    .filter((one) => one.id !== rolled && ['active', 'pending'].includes(stateAt(one, now)))
    .map(({ id }) => `${id} of ${name} works too, and this roll does not revoke it`);
}

/** Rolls it, or continues the roll that is pending. Errors: see `startOperation`. */
export async function rollKey(
  prepared: PreparedRoll,
  connection: Connection,
  means: Means,
): Promise<Outcome> {
  const { plan, managed, known, places, pending, escrow } = prepared;
  if (pending !== null) return await continueWith(pending, places, means);
  const { old, request, retire, inPlace, revokeFirst, counted_from } = plan;
  if (!known) await keepTakenIn(managed, connection, means);
  return await startOperation(
    {
      managed,
      known: true,
      request,
      name: old.name,
      previous: old,
      retire,
      counted_from,
      inPlace,
      revokeFirst,
      places,
      escrow,
    },
    connection,
    means,
  );
}
