import { Command, Option } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import { allKeys } from '../../domain/all-keys.js';
import { compact } from '../../domain/compact.js';
import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import { nameMatches } from '../../domain/filter-keys.js';
import { KEY_STATUSES, KEY_TYPES, type Key, type KeyStatus, type KeyType } from '../../domain/key.js';
import type { ListKeys } from '../../domain/key-service.js';
import { accountOf } from '../../lifecycle/account-of.js';
import { existingLedger } from '../../storage/ledger/existing-ledger.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { defaultColumns, keyColumns } from '../../terminal/key-columns.js';
import type { Column } from '../../terminal/output.js';
import type { Context } from '../context.js';
import { collect } from '../key-options.js';
import { readLimit, take } from '../limit.js';

interface ListFlags {
  readonly name?: string;
  readonly status?: string[];
  readonly type?: KeyType;
  readonly environment?: string;
  readonly service?: string;
  readonly unused?: string;
  readonly neverUsed?: true;
  readonly expiring?: string;
  readonly olderThan?: string;
  readonly all?: true;
  readonly allProfiles?: true;
  readonly sort?: string;
  readonly columns?: string;
  readonly limit?: string;
}

export function listCommand(context: Context) {
  return new Command('list')
    .alias('ls')
    .description('Lists keys, newest first, every page of them. Revoked keys are left out unless asked for.')
    .option('--name <pattern>', '`*` stands for any characters; without one, the exact name')
    .addOption(
      new Option('--status <status>', 'active, retiring, expired or revoked; again for more')
        .choices(KEY_STATUSES)
        .argParser<string[]>((value, before) => collect(readStatus(value), before)),
    )
    .addOption(new Option('--type <type>', 'secret or public').choices(KEY_TYPES))
    .option('--environment <name>', 'such as live or test')
    .option('--service <name>', 'the service that it belongs to')
    .option('--unused <duration>', 'used before, but not for this long')
    .option('--never-used', 'never used at all')
    .option('--expiring <duration>', 'ends within this time')
    .option('--older-than <duration>', 'made longer ago than this')
    .option('--all', 'revoked keys too')
    .option('--all-profiles', 'of every service that is known here, one after the other')
    .option('--sort <column>', 'by this column; `column:desc` turns it round (default: newest first)')
    .option('--columns <names>', 'these columns, separated by commas')
    .option('--limit <number>', 'at most so many')
    .addHelpText(
      'after',
      `
Columns:
  ${[...keyColumns(0).keys()].join(', ')}

Output:
  on a terminal a table; in a pipe tab-separated lines without a heading, times in ISO 8601;
  --json prints an array of keys. A field that the service does not tell is absent, and \`?\` in text.

Examples:
  keys list --older-than 90d --sort created_at
  keys list --json | jq -r '.[] | select(.last_used == null) | .id'
  keys list --name 'ci-*' --columns name,status,expires_at`,
    )
    .action((flags) => list(flags, context));
}

async function list(flags: ListFlags, context: Context): Promise<void> {
  const { connect } = await import('../../connect/connect.js');
  const now = context.clock.now();
  const columns = readColumns(flags.columns, now);
  const sort = readSort(flags.sort, now);
  const limit = readLimit(flags.limit, 'keys');
  const keep = readFilter(flags, now);
  const query: ListKeys = compact({
    name: flags.name,
    status: wantedStatuses(flags),
    type: flags.type,
    environment: flags.environment,
    service: flags.service,
  });
  const failures: KeysError[] = [];
  const everything = flags.allProfiles
    ? ofEveryProfile(query, context, failures)
    : ofOne(await connect(context), query, context);
  const found = take(filter(everything, keep), sort ? Number.POSITIVE_INFINITY : limit);
  const rows = sort ? take(sorted(found, sort), limit) : found;
  await context.output.list(rows, flags.allProfiles ? [...SOURCE_COLUMNS, ...columns] : columns);
  const [first] = failures;
  if (first !== undefined) throw first;
}

/** A key of one of several services. */
interface SourcedKey extends Key {
  readonly provider?: string;
  readonly profile?: string | null;
}

const SOURCE_COLUMNS: ReadonlyArray<Column<SourcedKey>> = [
  column('provider', (key) => key.provider ?? ''),
  column('profile', (key) => key.profile ?? '-'),
];

function column(id: string, of: (key: SourcedKey) => string): Column<SourcedKey> {
  return { id, title: id, plain: of, human: of };
}

/** Keys of one service, with what the ledger knows of them where there is a ledger. */
async function* ofOne(connection: Connection, query: ListKeys, context: Context): AsyncGenerator<SourcedKey> {
  const ledger = await readableLedger(context);
  const { service } = connection;
  if (ledger === null) return yield* allKeys(service, query);
  const { createDescriber } = await import('../../lifecycle/describe-key.js');
  const describe = await createDescriber(ledger, accountOf(connection), context.clock.now());
  for await (const key of allKeys(service, query)) yield describe(key);
}

/** The ledger, or null if there is none or it cannot be read: the service still lists its keys, so that is a warning only. */
async function readableLedger(context: Context): Promise<Ledger | null> {
  try {
    return await existingLedger(context);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    context.output.warn(`places and pending operations are not shown: ${error.message}`);
    return null;
  }
}

/** Keys of every service that is known here. One that fails is warned of, and the others are listed all the same. */
async function* ofEveryProfile(
  query: ListKeys,
  context: Context,
  failures: KeysError[],
): AsyncGenerator<SourcedKey> {
  const [{ everyTarget }, { reconnect }] = await Promise.all([
    import('../../connect/every-target.js'),
    import('../../connect/connect.js'),
  ]);
  for (const target of await everyTarget(context)) {
    const { provider, profile } = target;
    try {
      const connection = await reconnect(context, target);
      for await (const key of ofOne(connection, query, context)) yield { ...key, provider, profile };
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      failures.push(error);
      context.output.warn(`${profile ?? provider} could not be listed: ${error.message}`);
    }
  }
}

function readStatus(value: string): string {
  if ((KEY_STATUSES as readonly string[]).includes(value)) return value;
  throw new KeysError('usage', `not a status: ${JSON.stringify(value)}`, { hint: KEY_STATUSES.join(', ') });
}

function wantedStatuses(flags: ListFlags): readonly KeyStatus[] | undefined {
  if (flags.status !== undefined) return flags.status as KeyStatus[];
  return flags.all ? undefined : KEY_STATUSES.filter((status) => status !== 'revoked');
}

/**
 * What the query asks of the service is checked here again, for services that do not filter; what a service does not
 * tell is no match for a filter that asks about it, but no reason to hide the key from the others.
 */
function readFilter(flags: ListFlags, now: number): (key: Key) => boolean {
  const before = (text: string | undefined) => (text === undefined ? undefined : now - parseDuration(text));
  const unused = before(flags.unused);
  const made = before(flags.olderThan);
  const expiring = flags.expiring === undefined ? undefined : now + parseDuration(flags.expiring);
  const statuses = wantedStatuses(flags);
  const { name } = flags;
  const is = (wanted: string | undefined, actual: string | null | undefined) =>
    wanted === undefined || wanted === actual;
  const at = (time: string | null | undefined) => (time ? Date.parse(time) : undefined);
  return (key) => {
    const [used, expires, created] = [at(key.last_used), at(key.expires_at), at(key.created_at)];
    return (
      (name === undefined || nameMatches(name, key.name)) &&
      (statuses === undefined ||
        (key.status === undefined ? flags.status === undefined : statuses.includes(key.status))) &&
      is(flags.type, key.type) &&
      is(flags.environment, key.environment) &&
      is(flags.service, key.service) &&
      (unused === undefined || (used !== undefined && used < unused)) &&
      (!flags.neverUsed || key.last_used === null) &&
      (expiring === undefined || (expires !== undefined && expires > now && expires <= expiring)) &&
      (made === undefined || (created !== undefined && created < made))
    );
  };
}

function readColumns(text: string | undefined, now: number): Array<Column<Key>> {
  const known = keyColumns(now);
  if (text === undefined) return defaultColumns(now);
  return text.split(',').map((id) => {
    const column = known.get(id.trim());
    if (column !== undefined) return column;
    throw new KeysError('usage', `no such column: ${id}`, { hint: `one of ${[...known.keys()].join(', ')}` });
  });
}

type Compare = (a: Key, b: Key) => number;

function readSort(text: string | undefined, now: number): Compare | undefined {
  if (text === undefined) return undefined;
  const [id = '', direction = 'asc', ...rest] = text.split(':');
  const column = keyColumns(now).get(id);
  if (column === undefined || rest.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
    throw new KeysError('usage', `cannot sort by ${JSON.stringify(text)}`, {
      hint: 'a column, or column:desc; keys list --help names the columns',
    });
  }
  const sign = direction === 'desc' ? -1 : 1;
  const order = column.order ?? column.plain;
  return (a, b) => {
    const [left, right] = [order(a), order(b)];
    return left < right ? -sign : left > right ? sign : 0;
  };
}

async function* filter(keys: AsyncIterable<Key>, keep: (key: Key) => boolean): AsyncGenerator<Key> {
  for await (const key of keys) if (keep(key)) yield key;
}

async function* sorted(keys: AsyncIterable<Key>, compare: Compare): AsyncGenerator<Key> {
  const all: Key[] = [];
  for await (const key of keys) all.push(key);
  yield* all.sort(compare);
}
