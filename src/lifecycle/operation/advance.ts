import { CANNOT_TELL } from '../../domain/cannot-tell.js';
import { isoTime } from '../../domain/clock.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { CreatedKey, Key } from '../../domain/key.js';
import { stateAt } from '../../domain/managed-key.js';
import { withLinks } from '../../domain/succeeded.js';
import { endOf, isUnfinished, rolledInPlace } from '../../storage/ledger/operation.js';
import { mayBeLate } from '../find/gone-key.js';
import { takeOverPlace } from '../places/take-over-place.js';
import type { Means } from './means.js';
import { obtain } from './obtain.js';
import { emptyOutcome, type Outcome, type PendingDelivery } from './outcome.js';
import { retire, startGrace } from './retire.js';
import { hasEndedAtService } from './send-request.js';
import type { Step } from './step.js';
import { undo } from './undo.js';
import { warnOfClock, warnOfMissing, warnOfShorter, warnOfWider } from './wider-than-asked.js';

/**
 * Takes an operation from wherever it stands to its end: creates the key or recovers it, delivers what is
 * pending, tries the new secret, starts the old key's grace, revokes the old key when its time has come. Each
 * step is on the disk before the next begins, and each may be done twice. Throws what fails before a key was
 * created; later failures are in the outcome.
 */
export async function advance(step: Step, means: Means): Promise<Outcome> {
  if (step.operation.aborted) {
    await undo(step, means);
    return { ...emptyOutcome(step.operation), dropped: 'it was aborted' };
  }
  const closed = reasonToClose(step, means.clock.now()) ?? (await endedMeanwhile(step, means));
  if (closed !== null) {
    await close(step, means);
    return { ...emptyOutcome(step.operation), dropped: closed };
  }
  if (step.operation.step === 'retiring') return await retire(step, null, means);
  if (step.operation.step === 'delivered') return await conclude(step, null, means);
  const repeats = step.operation.key === null && step.operation.step === 'sent';
  const obtained = await obtain(step, means);
  const { revoked, anew, unproven, waiting } = obtained;
  const created = obtained.created && withPredecessor(obtained.created, step.operation.previous);
  // A service that repeats its response repeats it for a key that was revoked since, too.
  const dropped = obtained.dropped ?? (repeats && !anew ? await endedMeanwhile(step, means) : null);
  const known = { revoked, anew, unproven, waiting, dropped };
  if (dropped !== null) {
    await close(step, means);
    return { ...emptyOutcome(step.operation), ...known };
  }
  if (created === null) return await withoutSecret(step, known, means);
  const { managed } = step;
  await step.created(created);
  warnOfShorter(step.operation, managed, created.key, means);
  warnOfWider(step.operation, created.key, means);
  warnOfClock(step.operation, created.key, means);
  await warnOfMissing(step.operation, created, means);
  // A key of a dashboard needs none: its secret is among the saved keys, and a person has it.
  if (step.operation.deliveries.length === 0 && step.operation.address !== 'dashboard')
    return { ...emptyOutcome(step.operation), created, ...known, waiting: NO_PLACE };
  const pending = await deliverAll(step, created, means);
  const before = { ...emptyOutcome(step.operation), created, ...known, pending };
  if (pending.length > 0) return before;
  const problem = await tryNew(step, created, means);
  if (problem !== null) return { ...before, ...problem };
  // No later run needs the secret from here on.
  await step.save({ step: 'delivered' });
  return { ...(await conclude(step, created, means)), revoked, anew };
}

/** Somebody has removed the last place that waited: without one, nothing would have the new secret. */
const NO_PLACE = 'no place is left for its secret: deliver it to another one';

/**
 * The created key with the key that it succeeds: a service that has made it by a create does not know that.
 */
function withPredecessor(created: CreatedKey, previous: Key | null): CreatedKey {
  const { key } = created;
  if (previous === null || previous.id === key.id) return created;
  return { ...created, key: withLinks(key, { rolled_from: previous.id }) };
}

/** Every place has the secret, and nothing can read it back: what remains needs no secret. */
async function withoutSecret(step: Step, known: Partial<Outcome>, means: Means): Promise<Outcome> {
  const { key, deliveries } = step.operation;
  const outcome = { ...emptyOutcome(step.operation), ...known };
  if (key === null || outcome.waiting !== null) {
    const pending = key === null ? [] : deliveries.filter(({ delivered }) => !delivered);
    return {
      ...outcome,
      pending: pending.map(({ place }) => ({ label: place.label, reason: outcome.waiting ?? '' })),
    };
  }
  await step.save({ step: 'delivered' });
  return await conclude(step, null, means);
}

/** An operation whose key was revoked or superseded since is closed, not revived. */
function reasonToClose({ operation, managed }: Step, now: number): string | null {
  const { key, previous, kind } = operation;
  const stateOf = (id: string | undefined) => managed.versions.find((version) => version.id === id)?.state;
  // One that has expired leaves the name to the key that is created.
  const active = managed.versions.find((version) => stateAt(version, now) === 'active');
  // The old key must still be revoked at its time, even if its successor is gone: nothing else revokes it.
  if (!isUnfinished(operation)) return null;
  if (key !== null && stateOf(key.id) === 'revoked') return `${key.id} was revoked`;
  if (kind === 'roll' && key === null && stateOf(previous?.id) === 'revoked' && !operation.revokeFirst) {
    return `${previous?.id} was revoked`;
  }
  if (key !== null || active === undefined || active.id === previous?.id) return null;
  // After a roll that was dropped, the key that is rolled now is newer than the active one. Newest come
  // first.
  const rolled = managed.versions.findIndex(({ id }) => id === previous?.id);
  if (rolled >= 0 && rolled < managed.versions.indexOf(active)) return null;
  return `${active.id} superseded it`;
}

/**
 * Why a resumed operation must deliver nothing: its new key was revoked at the vendor, or is gone. A place
 * may still hold the secret of the old key, which works. Null if the new key works, or the vendor cannot
 * tell.
 */
async function endedMeanwhile(step: Step, means: Means): Promise<string | null> {
  const { key, previous } = step.operation;
  if (key === null || !isUnfinished(step.operation) || mayBeLate(key, means)) return null;
  try {
    if (!(await hasEndedAtService(key.id, means))) return null;
  } catch (error) {
    if (error instanceof KeysError && CANNOT_TELL.has(error.code)) return null;
    throw error;
  }
  await step.revoked(key.id);
  const old = previous === null || previous.id === key.id ? null : await asItIs(previous, means);
  // A service that was restored from a backup does not know that the old key was rolled.
  if (old?.status === 'active') await step.restored(old);
  const works = old === null ? '' : `; the old key ${old.id} ${endText(old, means.clock.now())}`;
  return `${key.id} was revoked meanwhile${works}${uselessSecrets(step)}`;
}

/** The record of a key as the service has it now; the known one where the service does not say. */
async function asItIs(key: Key, { service }: Means): Promise<Key> {
  try {
    return await service.get(key.id);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    return error.code === 'not_found' ? { ...key, status: 'revoked' } : key;
  }
}

/** Which places have the secret of the new key that no longer works, and what to do. */
function uselessSecrets({ operation: { deliveries }, managed: { name } }: Step): string {
  const labels = deliveries.filter(({ delivered, remembered }) => delivered && remembered);
  if (labels.length === 0) return '';
  const at = labels.map(({ place }) => place.label).join(', ');
  return `; its secret at ${at} does not work: a roll of ${name} delivers a new one`;
}

function endText({ status, expires_at }: Key, now: number): string {
  if (isEnded(status)) return `is ${status}`;
  if (expires_at && Date.parse(expires_at) <= now) return 'has expired';
  return expires_at ? `works until ${expires_at}` : 'works on';
}

async function close(step: Step, means: Means): Promise<void> {
  await means.escrow.remove(step.operation);
  await step.end();
}

/** Delivers to each place that has nothing yet; a place that fails does not stop the others. */
async function deliverAll(step: Step, created: CreatedKey, means: Means): Promise<PendingDelivery[]> {
  const pending: PendingDelivery[] = [];
  for (const [i, { place, delivered }] of step.operation.deliveries.entries()) {
    if (delivered) continue;
    try {
      const previous = previousAsPlanned(step, created.key, means);
      const open = await means.open(place, { created, previous, name: step.managed.name });
      if (open === null) throw new KeysError('pending', 'this call does not print secrets');
      const whose = await open.whose?.();
      await open.deliver(created.credential);
      await step.delivered(i, created.key.id, whose);
      await takeOverPlace(place, step.managed.id, means);
    } catch (error) {
      if (error instanceof KeysError && error.code === 'conflict') throw error;
      pending.push({ label: place.label, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return pending;
}

/** The old key as it will be when this operation is done. */
function previousAsPlanned({ operation }: Step, successor: Key, { clock }: Means): Key | null {
  const { previous, retire: planned } = operation;
  if (previous === null || planned === null || rolledInPlace({ key: successor, previous }) !== null)
    return previous;
  const at = Math.min(planned.at ?? clock.now() + planned.grace_ms, endOf(previous));
  return {
    ...previous,
    status: at <= clock.now() ? 'revoked' : 'retiring',
    expires_at: isoTime(at),
    rolled_to: successor.id,
  };
}

/**
 * Why the old key must not end yet, and the file to correct where that is why; null where the new one works,
 * or nothing can be told.
 */
async function tryNew(
  { operation }: Step,
  created: CreatedKey,
  means: Means,
): Promise<Pick<Outcome, 'waiting' | 'isRefused' | 'correct'> | null> {
  if (!operation.verify) return null;
  const response = await means.check(created.credential);
  const { id } = created.key;
  if (response.outcome === 'mistaken') {
    const waiting = `the new key could not be tried: ${response.message}`;
    return { waiting, isRefused: false, correct: means.provider.source };
  }
  if (response.outcome === 'unreachable') means.warn(`the new key ${id} was not tried: ${response.message}`);
  if (response.outcome !== 'refused') return null;
  if (response.reason === undefined && isRestricted(created.key)) {
    means.warn(`the new key ${id} is restricted and was not accepted from here: ${response.message}`);
    return null;
  }
  const isResting = await isPaused(id, means);
  const why = isResting ? `${id} is paused` : response.message;
  return { waiting: `the new key was not accepted: ${why}`, isRefused: !isResting, correct: null };
}

/** Whether only some addresses, pages or endpoints may use the key: this machine may be none of them. */
function isRestricted({ restrictions }: Key): boolean {
  return Object.values(restrictions ?? {}).some((allowed) => allowed !== undefined && allowed.length > 0);
}

/** Whether the record of a refused key says that it is paused: a vendor's refusal may not say why. */
async function isPaused(id: string, { service }: Means): Promise<boolean> {
  try {
    return (await service.get(id)).status === 'paused';
  } catch {
    // The refusal is reported all the same.
    return false;
  }
}

/** Drops what was kept for a repeat, and starts the old key's grace. */
async function conclude(step: Step, created: CreatedKey | null, means: Means): Promise<Outcome> {
  const { operation } = step;
  if (operation.idempotent && operation.key !== null) {
    // The service drops its copy by itself after a day: a failure here is not worth another.
    const { idempotencyKey } = operation;
    await means.service.acknowledge(operation.key.id, { idempotencyKey }).catch(() => undefined);
  }
  await means.escrow.remove(operation);
  if (operation.key !== null && operation.previous === null) {
    await step.finished(operation.key.id);
    return { ...emptyOutcome(operation), created };
  }
  if (operation.key !== null) await step.activated(operation.key.id);
  return await startGrace(step, created, means);
}
