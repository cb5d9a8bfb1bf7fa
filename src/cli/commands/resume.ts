import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { LeftKey } from '../../lifecycle/left-by-hand.js';
import type { Resumed } from '../../lifecycle/resume.js';
import type { OperationTarget } from '../../storage/ledger/operation.js';
import type { Context } from '../context.js';
import { revokeOfLeft } from '../revoke-of-left.js';

interface ResumeFlags {
  readonly show?: true;
}

export function resumeCommand(context: Context) {
  return new Command('resume')
    .description(
      'Finishes what was interrupted: recovers lost responses, delivers pending secrets, revokes keys whose grace period is over. Prints one line for each operation and for each old key that only you can revoke, in a dashboard, and nothing when there is nothing to do; safe to run at any time, from cron too.',
    )
    .argument('[operations...]', 'only these: see keys pending')
    .option('--show', 'print pending secrets to stdout, even if it is not a terminal')
    .addHelpText(
      'after',
      `
Output:
  --json prints {"operations":[{"operation","kind","name","result","key_id",…}],
  "left":[{"key_id","name","provider","command"}]};
  result: finished, created_anew, waiting, dropped or failed. exit 9: something is still pending;
  left, old keys that a command of yours revokes once nothing uses them, does not count

Examples:
  keys resume
  */10 * * * * keys resume        # in a crontab`,
    )
    .action((ids, flags) => resume(ids, flags, context));
}

async function resume(ids: readonly string[], flags: ResumeFlags, context: Context): Promise<void> {
  const [{ resumeEach, withSecretPrinted }, { pendingOf }, { leftByHand }] = await Promise.all([
    import('../../lifecycle/resume.js'),
    import('../../lifecycle/abort-roll.js'),
    import('../../lifecycle/left-by-hand.js'),
  ]);
  const ledger = await context.ledger();
  const all = await ledger.operations();
  const left = async () => await leftByHand(ledger, await ledger.operations(), context.clock.now());
  // keys pending shows an old key that is left with its own id.
  const leftIds = ids.length === 0 ? [] : (await left()).map(({ old }) => old.id);
  const named = ids.filter((id) => !leftIds.includes(id)).map((id) => pendingOf(id, all));
  const wanted = ids.length === 0 ? all : named;
  const results: Resumed[] = [];
  const options = {
    ledger,
    connect: (target: OperationTarget) => meansFor(target, flags, context),
    now: () => context.clock.now(),
    ...(flags.show ? { change: withSecretPrinted } : {}),
  };
  for await (const resumed of resumeEach(wanted, options)) results.push(resumed);
  const forYou = (await left()).filter(({ old }) => ids.length === 0 || ids.includes(old.id));
  await report(results, forYou, context);
}

async function meansFor(target: OperationTarget, flags: ResumeFlags, context: Context) {
  const [{ reconnect }, { openMeans }] = await Promise.all([
    import('../../connect/open-connection.js'),
    import('../../lifecycle/open-means.js'),
  ]);
  const showSecrets = flags.show === true || context.output.human;
  return await openMeans(await reconnect(context, target), context, { showSecrets });
}

async function report(
  results: readonly Resumed[],
  left: readonly LeftKey[],
  { output }: Context,
): Promise<void> {
  const { resultOf } = await import('../../lifecycle/resume.js');
  for (const resumed of results) {
    const result = resultOf(resumed);
    const line = lineOf(resumed, result);
    if (result === 'waiting' || result === 'failed') output.warn(line);
    else output.say(line);
  }
  for (const one of left) {
    const what = `the old key ${one.old.id} of ${one.managed.name} still works`;
    output.say(`left for you: ${what}; once nothing uses it: ${revokeOfLeft(one)}`);
  }
  if (output.format === 'json' && results.length + left.length > 0) {
    const operations = results.map((resumed) => summary(resumed, resultOf(resumed)));
    await output.record({ operations, left: left.map((one) => summaryOfLeft(one, revokeOfLeft(one))) }, []);
  }
  const open = results.filter((resumed) => ['waiting', 'failed'].includes(resultOf(resumed)));
  if (open.length === 0) return;
  const hint = open.some(({ outcome }) => (outcome?.pending.length ?? 0) > 0)
    ? 'run keys resume again when the cause is fixed; keys resume --show prints the secret'
    : 'run keys resume again later; keys pending shows what is unfinished';
  throw new KeysError(
    'pending',
    open.length === 1 ? '1 operation is not finished' : `${open.length} operations are not finished`,
    { hint },
  );
}

function lineOf({ operation, outcome, error }: Resumed, result: string): string {
  const key = outcome?.created?.key ?? outcome?.operation.key ?? operation.key;
  const what = `${operation.kind} of ${key === null ? operation.name : `${key.name} (${key.id})`}`;
  if (error !== null) {
    return `${operation.id} could not be finished: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`;
  }
  const also = [
    ...(outcome?.revoked ?? []).map((id) => `revoked ${id}, whose secret was lost`),
    ...(outcome?.retired ? [`revoked the old key ${operation.retire?.id}`] : []),
    ...(outcome?.retiresAt
      ? [
          `the old key ${operation.retire?.id ?? operation.previous?.id} works until ${shownTime(outcome.retiresAt)}`,
        ]
      : []),
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
    revoked: outcome?.revoked ?? [],
    unproven: outcome?.unproven.map(({ id, name }) => ({ id, name })) ?? [],
    ...(error === null ? {} : { error: { code: error.code, message: error.message } }),
  };
}

function summaryOfLeft({ managed, old }: LeftKey, command: string) {
  return { key_id: old.id, name: managed.name, provider: managed.account.provider, command };
}
