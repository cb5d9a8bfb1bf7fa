import { KeysError } from '../../domain/errors.js';
import { shellWord } from '../../domain/shell-word.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { Outcome } from '../../lifecycle/operation/outcome.js';
import { type Resumed, resultOf } from '../../lifecycle/operation/resume.js';
import type { ResumedRun } from '../../lifecycle/operation/resume-pending.js';
import type { LeftKey } from '../../lifecycle/roll/left-by-hand.js';
import { endByRoll } from '../../storage/ledger/operation.js';
import type { Output } from '../../terminal/output.js';
import { hintOf } from '../hints.js';
import { revokeLine } from './revoke-line.js';

/**
 * Says what became of each operation, and which old keys are left for a person to revoke. Throws `pending` if
 * an operation is not finished.
 */
export async function showResumed({ resumed: results, left }: ResumedRun, output: Output): Promise<void> {
  for (const resumed of results) {
    const result = resultOf(resumed);
    const line = lineOf(resumed, result);
    if (result === 'waiting' || result === 'failed') output.warn(line);
    else output.say(line);
  }
  for (const one of left) {
    const what = `the old key ${one.old.id} of ${one.managed.name} still works`;
    output.say(`left for you: ${what}; once nothing uses it: ${revokeLine(one)}`);
  }
  if (results.length + left.length === 0 && output.human) output.say('nothing is unfinished');
  if (output.format === 'json' && results.length + left.length > 0) {
    const operations = results.map((resumed) => summary(resumed, resultOf(resumed)));
    await output.record({ operations, left: left.map((one) => summaryOfLeft(one, revokeLine(one))) }, []);
  }
  const open = results.filter((resumed) => ['waiting', 'failed'].includes(resultOf(resumed)));
  if (open.length === 0) return;
  const hint = hintOfOpen(open);
  throw new KeysError(
    'pending',
    open.length === 1 ? '1 operation is not finished' : `${open.length} operations are not finished`,
    { hint },
  );
}

function hintOfOpen(open: readonly Resumed[]): string {
  const files = new Set(open.map(({ outcome }) => outcome?.correct ?? null));
  if (files.size === 1 && !files.has(null))
    return `correct ${[...files].join(', ')}, then run keys resume again`;
  if (open.some(({ outcome }) => (outcome?.pending.length ?? 0) > 0))
    return 'run keys resume again when the cause is fixed; keys resume --show prints the secret';
  if (open.every(({ error }) => error?.code === 'not_logged_in'))
    return 'log in where it says so, and run keys resume again; with ids, it finishes these operations only';
  const unknown = open.find(({ outcome }) => outcome !== null && isUnproven(outcome));
  if (unknown !== undefined && open.every(({ outcome }) => outcome !== null && isUnproven(outcome)))
    return hintOfUnproven(unknown.operation.id, unknown.outcome?.unproven.map(({ id }) => id) ?? []);
  return ['run keys resume again later', 'keys pending shows what is unfinished', ...dropOfFailed(open)].join(
    '; ',
  );
}

/**
 * A vendor that never does what is left, a file that is gone for good, or a new key that the vendor does not
 * accept, since somebody has rolled it elsewhere: a later run changes nothing.
 */
function dropOfFailed(open: readonly Resumed[]): string[] {
  const [first, ...others] = open.filter(
    ({ error, outcome }) => error !== null || outcome?.isRefused === true,
  );
  if (first === undefined) return [];
  return others.length === 0
    ? [`if it can never be finished, keys pending drop ${first.operation.id} forgets it`]
    : ['keys pending drop OPERATION forgets what can never be finished'];
}

/** Whether time alone shows no more: nothing proves which key is that of the lost response. */
function isUnproven({ unproven, operation }: Outcome): boolean {
  const { step, idempotent, census, inPlace } = operation;
  // A roll in place has made no new key: it is repeated once its first request cannot arrive any more.
  return unproven.length > 0 || (step === 'sent' && !idempotent && !inPlace && census === null);
}

/** What a person does who has looked at the new keys. */
function hintOfUnproven(operation: string, ids: readonly string[]): string {
  const [only, ...others] = ids;
  const it =
    only === undefined ? 'the new key is in the list' : `${others.length > 0 ? 'one of them' : only} is it`;
  const id = only === undefined || others.length > 0 ? 'ID' : shellWord(only);
  return `no later run can tell; if ${it}: keys revoke ${id}, then keys resume creates another; if not: keys pending drop ${operation}, then run the command again`;
}

function lineOf({ operation, outcome, error }: Resumed, result: string): string {
  const key = outcome?.created?.key ?? outcome?.operation.key ?? operation.key;
  // Not the name at the vendor: a successor may have another one there.
  const what = `${operation.kind} of ${operation.name}${key === null ? '' : ` (${key.id})`}`;
  if (error !== null) {
    const hint = hintOf(error);
    const of = `the ${what} at ${operation.target.profile ?? operation.address}`;
    return `${operation.id} could not be finished (${of}): ${error.message}${hint === undefined ? '' : `; ${hint}`}`;
  }
  const end = endOfOld(outcome);
  const also = [
    ...(outcome?.revoked ?? []).map((id) => `revoked ${id}, whose secret was lost`),
    ...(outcome?.retired ? [`revoked the old key ${operation.retire?.id}`] : []),
    ...(end === null
      ? []
      : [`the old key ${operation.retire?.id ?? operation.previous?.id} works until ${end}`]),
  ].map((text) => `; ${text}`);
  if (result === 'dropped') return `dropped the ${what}: ${outcome?.dropped}`;
  if (result === 'waiting') {
    const places = outcome?.pending.map(({ label, reason }) => `${label}: ${reason}`) ?? [];
    const unproven =
      outcome?.unproven.map(
        ({ id, name }) => `${id} (${name}) is new and may be it; nothing was done to it`,
      ) ?? [];
    const reasons = [...(outcome?.waiting ? [outcome.waiting] : []), ...places, ...unproven];
    return `waiting: ${what} (${operation.id}): ${reasons.join('; ')}${also.join('')}`;
  }
  return `${result === 'created_anew' ? 'created anew' : 'finished'} ${what}${also.join('')}`;
}

/** Until when the old key works, as ISO 8601; null: it has no end yet, or has ended. */
function endOfOld(outcome: Resumed['outcome']): string | null {
  if (outcome === null || outcome.retired) return null;
  if (outcome.retiresAt !== null) return shownTime(outcome.retiresAt);
  const end = endByRoll(outcome.operation);
  return end === null ? null : shownTime(Date.parse(end));
}

function summary({ operation, outcome, error }: Resumed, result: string) {
  const key = outcome?.created?.key ?? outcome?.operation.key ?? operation.key;
  return {
    operation: operation.id,
    kind: operation.kind,
    name: operation.name,
    result,
    key_id: key?.id ?? null,
    pending: outcome?.pending.map(({ label, reason }) => ({ to: label, reason })) ?? [],
    waiting: outcome?.waiting ?? null,
    dropped: outcome?.dropped ?? null,
    retired: outcome?.retired ? (operation.retire?.id ?? null) : null,
    retires_at: endOfOld(outcome),
    revoked: outcome?.revoked ?? [],
    unproven: outcome?.unproven.map(({ id, name }) => ({ id, name })) ?? [],
    ...(error === null ? {} : { error: { code: error.code, message: error.message } }),
  };
}

function summaryOfLeft({ managed, old }: LeftKey, command: string) {
  return { key_id: old.id, name: managed.name, provider: managed.account.provider, command };
}
