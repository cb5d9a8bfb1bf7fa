import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { advance, type Outcome } from '../../lifecycle/issue.js';
import { issueMeans } from '../../lifecycle/issue-key.js';
import type { Operation, OwnedOperation } from '../../storage/ledger/operation.js';
import type { Context } from '../context.js';

interface ResumeFlags {
  readonly show?: true;
}

export function resumeCommand(context: Context) {
  return new Command('resume')
    .description(
      'Finishes what was interrupted: has a lost answer again, makes the deliveries that are owed, ends the old keys that are due. Says nothing when there is nothing to do; safe to run at any time, from cron too.',
    )
    .argument('[operations...]', 'only these: see keys pending')
    .option('--show', 'print secrets that are owed to stdout, also where it is no terminal')
    .addHelpText(
      'after',
      `
Output:
  --json prints {"finished":[…],"owed":[…],"retired":[…],"revoked":[…],"failed":[…]}; exit 9: something is still owed

Examples:
  keys resume
  */10 * * * * keys resume        # in a crontab`,
    )
    .action((ids, flags) => resume(ids, flags, context));
}

interface Done {
  readonly operation: Operation;
  readonly outcome: Outcome;
}

async function resume(ids: readonly string[], flags: ResumeFlags, context: Context): Promise<void> {
  const { reconnect } = await import('../../connect/connect.js');
  const output = context.output;
  const ledger = await context.ledger();
  const all = await ledger.operations();
  for (const id of ids) {
    if (!all.some(({ operation }) => operation.id === id)) {
      throw new KeysError('not_found', `nothing is under way by the name ${id}`, {
        hint: 'keys pending shows what is',
      });
    }
  }
  const done: Done[] = [];
  const failed: Array<{ operation: Operation; error: KeysError }> = [];
  for (const owned of all) {
    const { operation } = owned;
    if (ids.length > 0 && !ids.includes(operation.id)) continue;
    if (!isDue(operation, context.clock.now()) || !(await claim(owned, context))) continue;
    try {
      const connection = await reconnect(context, operation.target);
      const showSecrets = flags.show === true || output.human;
      done.push({
        operation,
        outcome: await advance(operation, await issueMeans(connection, context, { showSecrets })),
      });
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      await ledger.releaseOperation(operation.id);
      failed.push({ operation, error });
    }
  }
  await tell(done, failed, context);
}

/** What waits for its old key's end alone is left in peace until then. */
function isDue({ step, retire }: Operation, now: number): boolean {
  return step !== 'retiring' || retire === null || retire.at <= now;
}

/** Takes it over where nobody works on it. */
async function claim({ operation, owner }: OwnedOperation, context: Context): Promise<boolean> {
  if (owner !== null && owner !== context.process.pid && context.process.isAlive(owner)) return false;
  return await (await context.ledger()).claimOperation(operation.id, owner, context.process.pid);
}

async function tell(
  done: readonly Done[],
  failed: ReadonlyArray<{ operation: Operation; error: KeysError }>,
  context: Context,
): Promise<void> {
  const output = context.output;
  const json = {
    finished: done.filter(isFinished).map(summary),
    owed: done.flatMap(({ operation, outcome }) =>
      outcome.owed.map(({ label, reason }) => ({
        operation: operation.id,
        key_id: outcome.issued?.key.id,
        to: label,
        reason,
      })),
    ),
    retired: done.filter(({ outcome }) => outcome.retired).map(({ operation }) => operation.retire?.id),
    revoked: done.flatMap(({ outcome }) => (outcome.revoked === null ? [] : [outcome.revoked])),
    failed: failed.map(({ operation, error }) => ({
      operation: operation.id,
      code: error.code,
      message: error.message,
    })),
  };
  for (const { operation, outcome } of done) {
    const { issued, owed, retired, revoked } = outcome;
    if (revoked !== null) output.say(`revoked ${revoked}: its secret could not be had again`);
    for (const { label, reason } of owed)
      output.warn(`${issued?.key.id} is still owed to ${label}: ${reason}`);
    if (isFinished({ operation, outcome }))
      output.say(`finished ${operation.kind} of ${named({ operation, outcome })}`);
    if (retired) output.say(`the old key ${operation.retire?.id} has ended`);
  }
  for (const { operation, error } of failed) {
    output.warn(
      `${operation.id} could not be finished: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`,
    );
  }
  if (output.format === 'json' && (done.length > 0 || failed.length > 0)) await output.record(json, []);
  if (json.owed.length > 0 || failed.length > 0) {
    const [first] = failed;
    throw new KeysError('delivery_owed', `${json.owed.length + failed.length} not finished`, {
      hint:
        first === undefined
          ? 'keys resume --show prints what is owed to stdout'
          : 'run keys resume again when the cause is mended',
    });
  }
}

function isFinished({ operation, outcome }: Done): boolean {
  return outcome.owed.length === 0 && (outcome.issued !== null || operation.step === 'delivered');
}

/** The key that came of it. */
function madeBy({ operation, outcome }: Done): Key | null {
  return outcome.issued?.key ?? operation.key;
}

function named(done: Done): string {
  const key = madeBy(done);
  return key === null ? done.operation.id : `${key.name} (${key.id})`;
}

function summary(done: Done) {
  const key = madeBy(done);
  return { operation: done.operation.id, kind: done.operation.kind, key_id: key?.id, name: key?.name };
}
