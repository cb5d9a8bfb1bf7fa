import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { UnfinishedRow } from '../../lifecycle/operation/list-unfinished.js';
import type { LeftKey } from '../../lifecycle/roll/left-by-hand.js';
import type { Column } from '../../terminal/output.js';
import { bothTimes, relativeTime } from '../../terminal/relative-time.js';
import { textColumn } from '../../terminal/text-column.js';
import type { Context } from '../context.js';
import { revokeLine } from '../show/revoke-line.js';

export function pendingCommand(context: Context) {
  const command = new Command('pending')
    .description(
      'Lists what is unfinished: creates and rolls whose secret is not at every place, and old keys that this program, or you, must still revoke. Old keys that their vendor ends by itself are in keys list.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  keys pending\n  keys pending --json\n  keys pending drop op_8fK2… --yes',
    )
    .action(() => pending(context));
  command.addCommand(
    new Command('drop')
      .description(
        'Forgets an operation. Its key, if there is one, stays as it is: revoke it if nobody uses it.',
      )
      .argument('<operation>', 'its id, as keys pending shows it')
      .option('-y, --yes', 'do not ask')
      .addHelpText('after', '\nExamples:\n  keys pending drop op_8fK2… --yes')
      .action((id, flags) => drop(id, flags, context)),
  );
  return command;
}

async function pending(context: Context): Promise<void> {
  const { listUnfinished } = await import('../../lifecycle/operation/list-unfinished.js');
  const { rows, left } = await listUnfinished(context);
  const now = context.clock.now();
  const time = (
    id: string,
    title: string,
    of: (row: UnfinishedRow) => string | null,
    human: (at: string, now: number) => string,
  ): Column<UnfinishedRow> => ({
    id,
    title,
    plain: (row) => of(row) ?? '',
    human: (row) => {
      const at = of(row);
      return at === null ? '-' : human(at, now);
    },
  });
  const text = textColumn<UnfinishedRow>;
  await context.output.list(
    rows,
    [
      { ...text('id', 'operation', ({ id }) => id), whole: true },
      { ...text('kind', 'kind', ({ kind }) => kind), spare: 3 },
      text('name', 'key', ({ name }) => name),
      text('step', 'step', ({ step, running }) => (running ? `${step} (running)` : step)),
      { ...time('since', 'since', ({ since }) => since, relativeTime), spare: 2 },
      text('pending', 'pending for', ({ pending: places }) => places.join(', ')),
      {
        ...time('retires_at', 'old key ends', ({ retires_at }) => retires_at, bothTimes),
        spare: 1,
      },
      ...(ofSeveral(rows) || !context.output.human
        ? [
            text('provider', 'provider', ({ provider }) => provider),
            { ...text('address', 'at', ({ address }) => address), spare: 4 },
          ]
        : []),
    ],
    'nothing is unfinished',
  );
  for (const one of left) {
    context.output.hint(`${revokeLine(one)}: once nothing uses the old key of ${one.managed.name}`);
  }
}

/** Whether the operations are of more than one account: keys of two may have one name. */
function ofSeveral(rows: readonly UnfinishedRow[]): boolean {
  return new Set(rows.map(({ provider, address }) => `${provider} ${address}`)).size > 1;
}

/** Throws `conflict` for an old key that is not an operation: only a revoke of it ends the reminder. */
function refuseToForget(id: string, left: readonly LeftKey[]): void {
  const found = left.find(({ old }) => old.id === id);
  if (found === undefined) return;
  throw new KeysError('conflict', `the old key ${id} of ${found.managed.name} still works`, {
    hint: `${revokeLine(found)}, once nothing uses it`,
    details: { key_id: id },
  });
}

async function drop(id: string, flags: { readonly yes?: true }, context: Context): Promise<void> {
  const [{ pendingOf }, { dropOperation }, { leftByHand }] = await Promise.all([
    import('../../lifecycle/roll/abort-roll.js'),
    import('../../lifecycle/operation/drop-operation.js'),
    import('../../lifecycle/roll/left-by-hand.js'),
  ]);
  const ledger = await context.ledger();
  const operations = await ledger.operations();
  refuseToForget(id, await leftByHand(ledger, operations, context.clock.now()));
  const operation = pendingOf(id, operations);
  const { name, kind, key } = operation;
  if (!flags.yes) {
    const message = `Forget the ${kind} of ${name}${key === null ? '' : `, whose key ${key.id} stays`}?`;
    await (await context.prompts()).confirm({ message, flag: '--yes' });
  }
  await dropOperation(operation, context);
  context.output.say(
    `dropped ${operation.id} (${kind} of ${name})${key === null ? '' : `; its key ${key.id} is as it was`}`,
  );
}
