import { isoTime } from '../../domain/clock.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { CreatedKey, Key } from '../../domain/key.js';
import { titleInSentence } from '../../domain/systems.js';
import { endOf, rolledInPlace } from '../../storage/ledger/operation.js';
import { refuseOnlyWorking } from '../roll/refuse-contradicted.js';
import { ROUNDED_MS } from './as-asked.js';
import type { Means } from './means.js';
import { emptyOutcome, type Outcome } from './outcome.js';
import { revokeOld } from './revoke-old.js';
import type { Step } from './step.js';

/** Starts the old key's grace: the new key is at every place. */
export async function startGrace(step: Step, created: CreatedKey | null, means: Means): Promise<Outcome> {
  const { retire: planned, previous } = step.operation;
  const done = { ...emptyOutcome(step.operation), created };
  if (planned === null || rolledInPlace(step.operation) !== null) {
    const works = previous !== null && previous.status !== 'revoked';
    if (works && rolledInPlace(step.operation) === null) {
      await step.retiring(previous.id, previous.expires_at ? Date.parse(previous.expires_at) : null);
    }
    await step.end();
    return { ...done, retiresAt: previous?.expires_at ? Date.parse(previous.expires_at) : null };
  }
  // A grace that starts by a wrong clock may end at once.
  if (planned.grace_ms > 0 && created === null) await learnClock(planned.id, means);
  const wrong = planned.grace_ms > 0 ? wrongClock(means) : null;
  if (wrong !== null)
    return { ...done, waiting: `the grace of the old key ${planned.id} has not started: ${wrong}` };
  const now = means.clock.now();
  const at = Math.min(
    planned.at ?? now + planned.grace_ms,
    previous === null ? Number.POSITIVE_INFINITY : endOf(previous),
  );
  await step.retiring(planned.id, at);
  const set = planned.settable && at > now ? await setEnd(planned.id, at, means) : null;
  if (set !== null) {
    await step.endsAtProvider(set);
    await step.end();
    return { ...done, retiresAt: at };
  }
  await step.save({
    step: 'retiring',
    escrow: null,
    retire: { ...planned, at, since: planned.since ?? now },
  });
  return await retire(step, created, means);
}

/**
 * Asks for a record if this call may have had no response yet: responses tell whether the clock of this
 * machine is wrong.
 */
async function learnClock(id: string, { embedded, service, minutesAhead }: Means): Promise<void> {
  if (embedded || minutesAhead() !== null) return;
  // A failure tells nothing; setting or revoking the key reports it.
  await service.get(id).catch(() => undefined);
}

/**
 * Sets the old key's end at the provider, so that no later run is needed. Returns its record; null where that
 * failed.
 */
async function setEnd(id: string, at: number, { service, warn, provider }: Means): Promise<Key | null> {
  try {
    const record = await service.update(id, { expires_at: isoTime(at) });
    if (isEndSet(record, at, provider)) return record;
    const file = provider.source === null ? '' : ` (${provider.source}: keys.fields.expires_at, keys.update)`;
    warn(
      `the record of the old key ${id} does not have the end that was set${file}: this machine revokes it`,
    );
    return null;
  } catch (error) {
    if (error instanceof KeysError && error.code === 'unsupported') return null;
    const reason = error instanceof Error ? error.message : String(error);
    warn(`the provider did not set the end of the old key (${reason}): this machine revokes it`);
    return null;
  }
}

/**
 * Whether a record shows the end that was set. What a record leaves out, a definition that comes with the
 * program knows to be set; a file of the user's own may have sent it where the vendor does not read it.
 */
function isEndSet(
  { expires_at, status }: Key,
  at: number,
  { source }: Pick<Means['provider'], 'source'>,
): boolean {
  if (isEnded(status)) return true;
  if (expires_at === undefined) return source === null;
  return expires_at !== null && Date.parse(expires_at) - at <= ROUNDED_MS;
}

/** Revokes the old key if its grace is over and nothing has used it since the delivery. */
export async function retire(step: Step, created: CreatedKey | null, means: Means): Promise<Outcome> {
  const { operation } = step;
  const due = operation.retire;
  const outcome = { ...emptyOutcome(operation), created };
  const inPlace =
    due !== null && step.managed.versions.some(({ id, state }) => id === due.id && state === 'active');
  if (due === null || due.at === null || due.id === operation.key?.id || inPlace) {
    await step.end();
    return outcome;
  }
  if (due.at > means.clock.now()) return { ...outcome, retiresAt: due.at, endsByLedger: true };
  const used = due.grace_ms > 0 ? await usedSince(due.id, due.since, means) : null;
  const wrong = due.grace_ms > 0 ? wrongClock(means) : null;
  if (wrong !== null) return { ...outcome, waiting: `the old key ${due.id} is not revoked: ${wrong}` };
  if (used !== null) {
    const now = means.clock.now();
    await step.save({ retire: { ...due, at: now + due.grace_ms, since: now } });
    await step.retiring(due.id, now + due.grace_ms);
    return {
      ...outcome,
      operation: step.operation,
      retiresAt: now + due.grace_ms,
      endsByLedger: true,
      waiting: `the old key ${due.id} was used at ${used}, after the delivery: its grace starts again`,
    };
  }
  // In the call that has made the new key, nobody else can have ended it.
  if (created === null) await refuseOnlyWorking(due.id, step.managed, means, means);
  const { works, goneToo } = await revokeUnlessDeclined(due.id, step, means);
  if (works !== null) return { ...outcome, waiting: works };
  await step.revoked(due.id);
  await step.end();
  if (goneToo !== null) await noteNewGone(goneToo, step, means);
  return { ...outcome, retired: true };
}

/** The saved secret of a key that was revoked elsewhere is not used. */
async function noteNewGone(id: string, { managed: { account, name } }: Step, means: Means): Promise<void> {
  await means.ledger.noteStatus(account, id, 'revoked');
  means.warn(`${titleInSentence(means.provider)} does not know the new key ${id} of ${name} any more either`);
}

/**
 * Why times cannot be trusted, known from the responses of this call and from a shared ledger; null: this
 * machine's clock is not known to be off.
 */
function wrongClock({ minutesAhead }: Means): string | null {
  const minutes = minutesAhead();
  if (minutes === null) return null;
  return `the clock of this machine is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'fast' : 'slow'}`;
}

/** When the old key was last used, if that was after the delivery and the provider tells it. */
async function usedSince(id: string, since: number | null, { service }: Means): Promise<string | null> {
  if (since === null) return null;
  try {
    const { last_used } = await service.get(id);
    return last_used && Date.parse(last_used) > since ? last_used : null;
  } catch {
    // Without this record the old key is revoked at its time. Revoking it reports any other failure.
    return null;
  }
}

interface Asked {
  /** Why the old key still works; null: it is revoked. */
  readonly works: string | null;
  /** The new key, where the service does not know it any more. */
  readonly goneToo: string | null;
}

/** Revokes the old key. In a dashboard a person does, or says that they did not. */
async function revokeUnlessDeclined(id: string, step: Step, means: Means): Promise<Asked> {
  try {
    return { works: null, goneToo: await revokeOld(id, step, means) };
  } catch (error) {
    if (!(error instanceof KeysError) || !NOT_CONFIRMED.has(error.code)) throw error;
    const how = error.code === 'declined' ? 'you said that it is not revoked' : error.message;
    return { works: `the new key is delivered, and the old key ${id} still works (${how})`, goneToo: null };
  }
}

const NOT_CONFIRMED: ReadonlySet<string> = new Set(['declined', 'missing_answer']);
