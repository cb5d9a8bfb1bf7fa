import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { LeftKey } from '../../lifecycle/left-by-hand.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { Column } from '../../terminal/output.js';
import { bothTimes, relativeTime } from '../../terminal/relative-time.js';
import type { Context } from '../context.js';

export function pendingCommand(context: Context) {
  const command = new Command('pending')
    .description(
      'Lists what is unfinished: creates and rolls whose secret is not at every place, and old keys that still work.',
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

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly key_id: string | null;
  readonly step: string;
  readonly since: string;
  readonly pending: readonly string[];
  readonly retires: string | null;
  readonly retires_at: string | null;
  readonly running: boolean;
}

async function pending(context: Context): Promise<void> {
  const ledger = await context.ledger();
  const [{ goneHere }, { leftByHand }] = await Promise.all([
    import('../../lifecycle/lease.js'),
    import('../../lifecycle/left-by-hand.js'),
  ]);
  const leases = ledger.leases(context.clock);
  const isGone = goneHere(context.process);
  const operations = await ledger.operations();
  const now = context.clock.now();
  const left = await leftByHand(ledger, operations, now);
  const rows = [
    ...(await Promise.all(
      operations.map(async (operation) =>
        rowOf(operation, (await leases.holder(operation.managed, isGone)) !== null),
      ),
    )),
    ...left.map(rowOfLeft),
  ];
  const time = (
    id: string,
    title: string,
    of: (row: Row) => string | null,
    human: (at: string, now: number) => string,
  ): Column<Row> => ({
    id,
    title,
    plain: (row) => of(row) ?? '',
    human: (row) => {
      const at = of(row);
      return at === null ? '-' : human(at, now);
    },
  });
  const text = (id: string, title: string, of: (row: Row) => string): Column<Row> => ({
    id,
    title,
    plain: of,
    human: of,
  });
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
    ],
    'nothing is unfinished',
  );
  for (const { managed, old } of left) {
    const command = `keys revoke ${old.id} --provider ${managed.account.provider}`;
    context.output.hint(`${command}: once nothing uses the old key of ${managed.name}`);
  }
}

function rowOf(operation: Operation, running: boolean): Row {
  const { id, kind, name, key, step, created_at, deliveries, retire } = operation;
  return {
    id,
    kind,
    name,
    key_id: key?.id ?? null,
    step,
    since: shownTime(created_at),
    pending: deliveries.filter(({ delivered }) => !delivered).map(({ place }) => place.label),
    retires: retire?.id ?? null,
    retires_at: retire?.at == null ? null : shownTime(retire.at),
    running,
  };
}

/**
 * A roll in a dashboard whose old key a person has not revoked. It has no operation: the row has the id of
 * the old key.
 */
function rowOfLeft({ managed, old, successor, since }: LeftKey): Row {
  return {
    id: old.id,
    kind: 'roll',
    name: managed.name,
    key_id: successor?.id ?? null,
    step: 'retiring',
    since: shownTime(since),
    pending: [],
    retires: old.id,
    retires_at: null,
    running: false,
  };
}

/** Throws `conflict` for an old key that is not an operation: only a revoke of it ends the reminder. */
function refuseToForget(id: string, left: readonly LeftKey[]): void {
  const found = left.find(({ old }) => old.id === id);
  if (found === undefined) return;
  throw new KeysError('conflict', `the old key ${id} of ${found.managed.name} still works`, {
    hint: `keys revoke ${id} --provider ${found.managed.account.provider}, once nothing uses it`,
    details: { key_id: id },
  });
}

async function drop(id: string, flags: { readonly yes?: true }, context: Context): Promise<void> {
  const [{ pendingOf }, { dropOperation }, { leftByHand }] = await Promise.all([
    import('../../lifecycle/abort-roll.js'),
    import('../../lifecycle/drop-operation.js'),
    import('../../lifecycle/left-by-hand.js'),
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
