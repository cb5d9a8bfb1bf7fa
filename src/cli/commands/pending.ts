import { Command } from '@commander-js/extra-typings';
import { isoTime } from '../../domain/clock.js';
import type { OwnedOperation } from '../../storage/ledger/operation.js';
import type { Column } from '../../terminal/output.js';
import { relativeTime } from '../../terminal/relative-time.js';
import type { Context } from '../context.js';

export function pendingCommand(context: Context) {
  return new Command('pending')
    .description(
      'Lists what is under way: creates and rolls that are not finished, and old keys whose end lies ahead.',
    )
    .addHelpText('after', '\nExamples:\n  keys pending\n  keys pending --json')
    .action(() => pending(context));
}

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly key_id: string | null;
  readonly step: string;
  readonly since: string;
  readonly owed: readonly string[];
  readonly retires: string | null;
  readonly retires_at: string | null;
  readonly running: boolean;
}

async function pending(context: Context): Promise<void> {
  const rows = (await (await context.ledger()).operations()).map((owned) =>
    rowOf(owned, context.process.isAlive),
  );
  const now = context.clock.now();
  const time = (id: string, title: string, of: (row: Row) => string | null): Column<Row> => ({
    id,
    title,
    plain: (row) => of(row) ?? '',
    human: (row) => {
      const at = of(row);
      return at === null ? '-' : relativeTime(at, now);
    },
  });
  const text = (id: string, title: string, of: (row: Row) => string): Column<Row> => ({
    id,
    title,
    plain: of,
    human: of,
  });
  await context.output.list(
    (async function* () {
      yield* rows;
    })(),
    [
      text('id', 'operation', ({ id }) => id),
      text('kind', 'kind', ({ kind }) => kind),
      text('name', 'key', ({ name }) => name),
      text('step', 'step', ({ step, running }) => (running ? `${step} (running)` : step)),
      time('since', 'since', ({ since }) => since),
      text('owed', 'owed to', ({ owed }) => owed.join(', ')),
      time('retires_at', 'old key ends', ({ retires_at }) => retires_at),
    ],
  );
}

function rowOf({ operation, owner }: OwnedOperation, isAlive: (pid: number) => boolean): Row {
  const { request, retire } = operation;
  return {
    id: operation.id,
    kind: operation.kind,
    name: 'create' in request ? request.create.name : request.name,
    key_id: operation.key?.id ?? null,
    step: operation.step,
    since: isoTime(operation.created_at),
    owed: operation.deliveries.filter(({ delivered }) => !delivered).map(({ label }) => label),
    retires: retire?.id ?? null,
    retires_at: retire === null ? null : isoTime(retire.at),
    running: owner !== null && isAlive(owner),
  };
}
