import type { Connection } from '../../connect/connection.js';
import { changed, KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { words } from '../../domain/words.js';
import type { Outcome } from '../../lifecycle/operation/outcome.js';
import type { PreparedRoll } from '../../lifecycle/roll/prepare-roll.js';
import type { FailedRoll, RolledKeys } from '../../lifecycle/roll/roll-groups.js';
import { absoluteTime } from '../../terminal/absolute-time.js';
import type { Context } from '../context.js';
import type { RollFlags } from '../options/roll-flags.js';

/**
 * Asks before a key stops at once, or as soon as its successor is delivered: by `--now`, or by no grace. Of
 * the keys that are due, one whose own schedule has no grace needs no further word. Throws `declined`.
 */
export async function confirmRolls(
  prepared: readonly PreparedRoll[],
  flags: RollFlags,
  { kind }: Connection,
  context: Context,
): Promise<void> {
  const isAsked = flags.due === undefined || flags.grace !== undefined || flags.now === true;
  for (const { plan } of prepared) {
    const { old, stopsAtOnce, revokeFirst, retire } = plan;
    const hasNoGrace = flags.now === true || (isAsked && retire?.grace_ms === 0);
    const atOnce = stopsAtOnce || revokeFirst || (hasNoGrace && kind !== 'guided');
    if (!atOnce) continue;
    const message = stopsAtOnce
      ? `${old.name} (${old.id}) stops working before its successor is delivered. Go on?`
      : `Revoke ${old.name} (${old.id}) as soon as its successor is delivered?`;
    await (await context.prompts()).confirm({ message, flag: '--yes' });
  }
}

/**
 * Says when each old key stops whose service sets the end with the roll, and lets nobody change it: the
 * delivery may still fail.
 */
export function sayFixedEnds(
  prepared: readonly PreparedRoll[],
  { kind, provider }: Pick<Connection, 'kind' | 'provider'>,
  { output }: Pick<Context, 'output'>,
): void {
  for (const { plan, pending } of prepared) {
    const { old, request, retire, stopsAtOnce, ends } = plan;
    const isFixed = 'roll' in request && retire === null && !stopsAtOnce && ends !== null;
    if (!isFixed || pending !== null || kind === 'guided') continue;
    const end = absoluteTime(ends, output.human);
    output.say(`${provider.title} stops the old key ${old.id} of ${old.name} at ${end}, delivered or not`);
  }
}

/** Prints what each roll would do, and which keys cannot be rolled. */
export async function showRollPlans(
  prepared: readonly PreparedRoll[],
  refused: readonly FailedRoll[],
  { provider }: Pick<Connection, 'provider'>,
  context: Pick<Context, 'output'>,
): Promise<void> {
  const byPerson = provider.supersedes ? 'when its successor is created, at once' : 'when you revoke it';
  for (const { plan, places, pending } of prepared) {
    const { old, ends, revokeFirst, request } = plan;
    const byProvider = 'roll' in request;
    const json = {
      dry_run: true,
      roll: {
        id: old.id,
        name: old.name,
        by: byProvider ? 'provider' : 'successor',
        revoke_first: revokeFirst,
        previous_expires_at: ends === null ? null : shownTime(ends),
        places: places.map(({ place }) => place.label),
        ...(pending === null ? {} : { resumes: pending.id }),
      },
    };
    await context.output.record(json, [
      [pending === null ? 'would roll' : 'would finish the roll of', `${old.name} (${old.id})`],
      ['by', byProvider ? "the provider's own roll" : 'creating a successor like it'],
      ['delivers to', places.map(({ place }) => place.label).join(', ')],
      ['old key ends', ends === null ? byPerson : absoluteTime(ends, context.output.human)],
    ]);
  }
  for (const one of refused)
    await context.output.record({ dry_run: true, failed: told(one) }, [failedRow(one)]);
}

/** One line that says what becomes of the old key. `human`: whether a person reads it. */
export async function oldKeyLine(
  outcome: Outcome,
  { now, human }: { readonly now: number; readonly human: boolean },
): Promise<string> {
  const { previousOf } = await import('./show-outcome.js');
  const old = previousOf(outcome, now);
  if (old === null) return 'there is no old key';
  if (outcome.operation.key?.id === old.id) return `${old.id} has a new secret; the old one stopped`;
  if (old.status === 'revoked') return `the old key ${old.id} is revoked`;
  const end = old.expires_at ? Date.parse(old.expires_at) : null;
  if (end === null) return `the old key ${old.id} works on`;
  if (end <= now) return `the old key ${old.id} has ended`;
  const how = outcome.endsByLedger ? '; keys resume revokes it then (let cron run it)' : '';
  return `the old key ${old.id} works until ${absoluteTime(end, human)}${how}`;
}

/** Prints each key that was rolled, and each that was not. Throws `pending` if one was not. */
export async function showRolledKeys(
  { rolled, failed }: RolledKeys,
  { output, clock }: Pick<Context, 'output' | 'clock'>,
): Promise<void> {
  const now = clock.now();
  const { previousOf } = await import('./show-outcome.js');
  const json = rolled.map((outcome) => rolledKey(outcome, previousOf(outcome, now)));
  const rows = await Promise.all(
    rolled.map(
      async (outcome) =>
        [
          'rolled',
          `${newKeyOf(outcome)}; ${await oldKeyLine(outcome, { now, human: output.human })}`,
        ] as const,
    ),
  );
  if (rows.length + failed.length === 0) output.say('no key is due');
  await output.record({ rolled: json, failed: failed.map(told) }, [...rows, ...failed.map(failedRow)]);
  refuseFailed(failed, rolled.length + failed.length);
}

function newKeyOf({ operation: { key, name } }: Outcome): string {
  return key === null ? name : `${name} (${key.id})`;
}

/** A rolled key as JSON has it, without its secret: every key that is due has a place for it. */
function rolledKey({ operation }: Outcome, previous: Key | null) {
  const { key, name, deliveries } = operation;
  return {
    name: key?.name ?? name,
    id: key?.id ?? null,
    previous:
      previous === null
        ? null
        : { id: previous.id, status: previous.status, expires_at: previous.expires_at ?? null },
    delivered_to: deliveries.filter(({ delivered }) => delivered).map(({ place }) => place.label),
  };
}

function told({ name, id, error: { code, message } }: FailedRoll) {
  return { name, id, code, message };
}

function failedRow({ name, id, error }: FailedRoll): readonly [string, string] {
  return ['failed', `${name} (${id}): ${error.message}`];
}

/**
 * Throws for keys that were not rolled to the end: the error of the first where nothing is pending, else
 * `pending`.
 */
export function refuseFailed(failed: readonly FailedRoll[], all: number): void {
  const [first] = failed;
  if (first === undefined) return;
  if (failed.every(({ error }) => error.code !== 'pending')) {
    const others = failed.length > 1 ? ` (and ${failed.length - 1} more of ${all} failed)` : '';
    const { message } = first.error.wording;
    throw changed(first.error, {
      message: words`${first.name} (${first.id}) was not rolled: ${message}${others}`,
      cause: first.error,
    });
  }
  const which = `${failed.length} of ${all} ${all === 1 ? 'key' : 'keys'}`;
  throw new KeysError('pending', `not rolled to the end: ${which}`, {
    hint: 'run keys resume; keys pending shows what is unfinished',
  });
}
