import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { KeyDay } from '../../domain/key-service.js';
import { findKey } from '../../lifecycle/find/find-key.js';
import type { Column } from '../../terminal/output.js';
import type { Context } from '../context.js';
import { choosing, pickKey, requireKey } from '../questions/pick-key.js';

interface UsageFlags {
  readonly days?: string;
}

/** Most days that a service looks back. */
const MOST_DAYS = 1_000;

export function usageCommand(context: Context) {
  return new Command('usage')
    .description(
      'Shows how often a key was used and refused, by day (UTC), newest first. Days without either are left out. keys serve counts them; a use is counted about two seconds later.',
    )
    .argument('[key]', 'id, exact name, or unique prefix of either; on a terminal, a list to pick from')
    .option('--days <number>', 'this many days, today included (default: 30)')
    .addHelpText(
      'after',
      `
Output:
  day, uses, refusals, new_addresses (of live secret keys); on a terminal a table; in a pipe tab-separated lines; --json prints an array

Examples:
  keys usage web
  keys usage web --days 7 --json`,
    )
    .action((reference, flags, command) => {
      requireKey(reference, command as CommandUnknownOpts, context);
      return usage(reference, flags, context);
    });
}

async function usage(named: string | undefined, flags: UsageFlags, context: Context): Promise<void> {
  const { openConnection } = await import('../../connect/open-connection.js');
  const days = readDays(flags.days);
  const connection = await openConnection(context);
  const { service, provider } = connection;
  if (service.usage === undefined) {
    throw new KeysError('unsupported', `keys of ${provider.title} are not counted by day`, {
      hint: 'a key service counts them; of other providers, the last use may be known',
      next: 'show_key',
    });
  }
  const reference = named ?? (await pickKey('show the usage of', connection, context));
  const { key } = await findKey(reference, connection, context, {
    prefixes: true,
    ...choosing('show the usage of', context),
  });
  const { output } = context;
  const counted = await service.usage(key.id, days);
  const none = `no use of ${key.name} is counted in these days; a use is counted about two seconds later`;
  // A script that asks right after a use sees no line: stderr says why.
  if (counted.length === 0 && output.format === 'text' && !output.human) output.say(none);
  await output.list(counted, COLUMNS, none);
}

/** Throws `usage` for what is no number of days. */
function readDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= MOST_DAYS) return Number(text);
  throw new KeysError('usage', `not a number of days: ${JSON.stringify(text)}`, {
    hint: `a whole number from 1 to ${MOST_DAYS}`,
  });
}

const column = (id: keyof KeyDay): Column<KeyDay> => ({
  id,
  title: id.replaceAll('_', ' '),
  plain: (row) => String(row[id] ?? ''),
  human: (row) => String(row[id] ?? ''),
});

const COLUMNS: ReadonlyArray<Column<KeyDay>> = [
  column('day'),
  column('uses'),
  column('refusals'),
  column('new_addresses'),
];
