import { Command, Option } from '@commander-js/extra-typings';
import type { KeysError } from '../../domain/errors.js';
import { KEY_STATUSES, KEY_TYPES } from '../../domain/key.js';
import type { Context } from '../context.js';
import { collect } from '../options/collect.js';
import { readLimit, take } from '../options/limit.js';
import {
  hasFilter,
  type ListFlags,
  listColumns,
  readColumns,
  readFilter,
  readNote,
  readQuery,
  readSort,
  readStatusFlag,
} from '../options/list-flags.js';

export function listCommand(context: Context) {
  return new Command('list')
    .description('Lists keys, newest first, every page of them. Revoked keys are left out unless asked for.')
    .option('--name <pattern>', '`*` stands for any characters; without one, the exact name')
    .addOption(
      new Option('--status <status>', 'active, retiring, expired or revoked; again for more')
        .choices(KEY_STATUSES)
        .argParser<string[]>((value, before) => collect(readStatusFlag(value), before)),
    )
    .addOption(new Option('--type <type>', 'secret or public').choices(KEY_TYPES))
    .option('--environment <name>', 'such as live or test')
    .option('--service <name>', 'the service that it belongs to')
    .option('--owner <name>', 'whose key it is')
    .addOption(new Option('--metadata <name=value>', 'has this note').argParser(readNote))
    .option(
      '--unused <duration>',
      'used before, but not for this long (at a vendor with only a dashboard: not used by keys itself)',
    )
    .option('--never-used', 'never used at all')
    .option('--expiring <duration>', 'ends within this time')
    .option('--older-than <duration>', 'created longer ago than this')
    .option('--all', 'revoked keys too')
    .option(
      '--all-profiles',
      'of every service that this machine knows and the accounts of keys.yaml, each key once',
    )
    .option('--sort <column>', 'by this column; `column:desc` reverses the order (default: newest first)')
    .option('--columns <names>', 'these columns, separated by commas')
    .option('-L, --limit <number>', 'at most this many')
    .addHelpText(
      'after',
      `
Columns:
  ${[...listColumns(0).keys()].join(', ')}

Output:
  on a terminal a table; in a pipe tab-separated lines without a heading, times in ISO 8601;
  --json prints an array of keys. A field that the service does not tell is absent, and \`?\` in text.
  A profile with an environment lists the keys of that environment; --environment lists those of another.
  last_used_here: the last use by keys api and keys run of a key whose vendor has only a dashboard;
  as text, last_used of such a key is the same time followed by \`(here)\`

Examples:
  keys list --older-than 90d --sort created_at
  keys list --json | jq -r '.[] | select(.last_used == null) | .id'
  keys list --name 'ci-*' --columns name,status,expires_at`,
    )
    .action((flags) => list(flags, context));
}

const NO_KEYS = 'no keys yet: keys create <name> creates one, keys import takes in one that exists';
const NONE_FITS = 'no key fits; keys list --all shows every key';

async function list(flags: ListFlags, context: Context): Promise<void> {
  const [
    { openConnection },
    { keysOf, keysOfEveryProfile, SOURCE_COLUMNS },
    { filtered, inWholeSeconds, ofEnvironment, sorted },
  ] = await Promise.all([
    import('../../connect/open-connection.js'),
    import('../show/listed-keys.js'),
    import('../show/key-streams.js'),
  ]);
  const now = context.clock.now();
  const columns = readColumns(flags.columns, now);
  const sort = readSort(flags.sort, now);
  const limit = readLimit(flags.limit, 'keys');
  const fits = readFilter(flags, now);
  const query = readQuery(flags);
  const failures: KeysError[] = [];
  const connection = flags.allProfiles ? null : await openConnection(context);
  const all =
    connection === null ? keysOfEveryProfile(query, context, failures) : keysOf(connection, query, context);
  const own = flags.environment === undefined ? (connection?.profileEnvironment ?? null) : null;
  const leftOut = new Set<string>();
  const here = ofEnvironment(filtered(all, fits), own, leftOut);
  const found = take(here, sort ? Number.POSITIVE_INFINITY : limit);
  const rows = sort ? take(sorted(found, sort), limit) : found;
  await context.output.list(
    inWholeSeconds(rows),
    flags.allProfiles ? [...SOURCE_COLUMNS, ...columns] : columns,
    noneText(flags, own),
  );
  for (const other of leftOut) {
    context.output.say(
      `keys of ${other} are not listed: the profile ${connection?.profile} is for ${own}; --environment ${other} lists them`,
    );
  }
  const [first] = failures;
  if (first !== undefined) throw first;
}

/** What is printed where no key is listed. `own`: the environment of the profile. */
function noneText(flags: ListFlags, own: string | null): string {
  if (own === null) return hasFilter(flags) ? NONE_FITS : NO_KEYS;
  return hasFilter(flags)
    ? `no key of ${own} fits, the environment of the profile`
    : `no keys of ${own} yet, the environment of the profile: keys create <name> creates one`;
}
