import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { hasNote, nameMatches } from '../../domain/filter-keys.js';
import { KEY_STATUSES, type Key, type KeyStatus, type KeyType } from '../../domain/key.js';
import type { ListKeys } from '../../domain/key-service.js';
import type { DescribedKey } from '../../lifecycle/describe-key.js';
import { defaultColumns, keyColumns } from '../../terminal/key-columns.js';
import type { Column } from '../../terminal/output.js';
import { MANAGED_COLUMNS } from '../show/managed-columns.js';
import { readDuration } from './read-duration.js';

export interface ListFlags {
  readonly name?: string;
  readonly status?: string[];
  readonly type?: KeyType;
  readonly environment?: string;
  readonly service?: string;
  readonly owner?: string;
  readonly metadata?: string;
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

/** Throws `usage` for a status that no key has. */
export function readStatusFlag(value: string): string {
  if ((KEY_STATUSES as readonly string[]).includes(value)) return value;
  throw new KeysError('usage', `not a status: ${JSON.stringify(value)}`, { hint: KEY_STATUSES.join(', ') });
}

/** Throws `usage` for what is no name with a value. */
export function readNote(value: string): string {
  if (/^[^=]+=/.test(value)) return value;
  throw new KeysError('usage', `not a name and a value: ${JSON.stringify(value)}`, {
    hint: 'such as --metadata team=web',
  });
}

function wantedStatuses(flags: ListFlags): readonly KeyStatus[] | undefined {
  if (flags.status !== undefined) return flags.status as KeyStatus[];
  return flags.all ? undefined : KEY_STATUSES.filter((status) => status !== 'revoked');
}

/** Whether a filter leaves keys out, so that an empty list need not mean that there are none. */
export function hasFilter({ sort, columns, limit, all, allProfiles, ...filters }: ListFlags): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}

/** What the service is asked for. */
export function readQuery(flags: ListFlags): ListKeys {
  return compact({
    name: flags.name,
    status: wantedStatuses(flags),
    type: flags.type,
    environment: flags.environment,
    service: flags.service,
    owner: flags.owner,
    metadata: flags.metadata,
  });
}

/**
 * Whether a key fits the flags: checked here too, for services that do not filter. A field that a service
 * does not tell fits no filter about it, and every other filter. Throws `usage`.
 */
export function readFilter(flags: ListFlags, now: number): (key: Key) => boolean {
  const fitsTimes = readTimes(flags, now);
  const statuses = wantedStatuses(flags);
  const { name, type, environment, service, owner, metadata } = flags;
  const is = (wanted: string | undefined, actual: string | null | undefined) =>
    wanted === undefined || wanted === actual;
  return (key) =>
    (name === undefined || nameMatches(name, key.name)) &&
    (statuses === undefined ||
      (key.status === undefined ? flags.status === undefined : statuses.includes(key.status))) &&
    is(type, key.type) &&
    is(environment, key.environment) &&
    is(service, key.service) &&
    is(owner, key.owner) &&
    (metadata === undefined || hasNote(key, metadata)) &&
    fitsTimes(key);
}

function readTimes(flags: ListFlags, now: number): (key: Key) => boolean {
  const span = (option: Parameters<typeof readDuration>[0], text: string | undefined) =>
    text === undefined ? undefined : readDuration(option, text);
  const unused = span('--unused', flags.unused);
  const age = span('--older-than', flags.olderThan);
  const expiring = span('--expiring', flags.expiring);
  const at = (time: string | null | undefined) => (time ? Date.parse(time) : undefined);
  return (key) => {
    const used = at(key.last_used ?? key.last_used_here);
    const [expires, created] = [at(key.expires_at), at(key.created_at)];
    return (
      (unused === undefined || (used !== undefined && used < now - unused)) &&
      (!flags.neverUsed || key.last_used === null) &&
      (expiring === undefined || (expires !== undefined && expires > now && expires <= now + expiring)) &&
      (age === undefined || (created !== undefined && created < now - age))
    );
  };
}

/** Every column of a list, by its id. */
export function listColumns(now: number): ReadonlyMap<string, Column<DescribedKey>> {
  return new Map<string, Column<DescribedKey>>([
    ...keyColumns(now),
    ['name', markedName(now)],
    ...MANAGED_COLUMNS.map((column) => [column.id, column] as const),
  ]);
}

/** The name; a person also sees what commands call the key, and which one this program is logged in with. */
function markedName(now: number): Column<DescribedKey> {
  const { human, ...name } = keyColumns(now).get('name') as Column<DescribedKey>;
  const marks = ({ managed_name, logged_in_with }: DescribedKey) => [
    ...(managed_name === undefined ? [] : [managed_name]),
    ...(logged_in_with ? ['your login'] : []),
  ];
  return {
    ...name,
    human: (key) => [human(key), ...marks(key).map((mark) => `(${mark})`)].join(' '),
  };
}

/** The column with this id, or with this title as tables show it: `created`, `LAST USED`. */
function columnNamed(
  text: string,
  known: ReadonlyMap<string, Column<DescribedKey>>,
): Column<DescribedKey> | undefined {
  const word = text.trim().toLowerCase().replace(/[ -]/g, '_');
  return known.get(word) ?? [...known.values()].find(({ title }) => title.replaceAll(' ', '_') === word);
}

/** The columns of this list. Throws `usage` for one that does not exist. */
export function readColumns(text: string | undefined, now: number): Array<Column<DescribedKey>> {
  const known = listColumns(now);
  if (text === undefined) {
    const own = [...defaultColumns(now), ...MANAGED_COLUMNS];
    return own.map((column) => (column.id === 'name' ? (known.get('name') ?? column) : column));
  }
  return text.split(',').map((id) => {
    const column = columnNamed(id, known);
    if (column !== undefined) return column;
    throw new KeysError('usage', `no such column: ${id}`, { hint: `one of ${[...known.keys()].join(', ')}` });
  });
}

type Compare = (a: DescribedKey, b: DescribedKey) => number;

/** Undefined: the order of the service. Throws `usage`. */
export function readSort(text: string | undefined, now: number): Compare | undefined {
  if (text === undefined) return undefined;
  const [id = '', direction = 'asc', ...rest] = text.split(':');
  const known = listColumns(now);
  const column = columnNamed(id, known);
  if (column === undefined || rest.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
    throw new KeysError('usage', `cannot sort by ${JSON.stringify(text)}`, {
      hint: `COLUMN or COLUMN:desc, with one of ${[...known.keys()].join(', ')}`,
    });
  }
  const sign = direction === 'desc' ? -1 : 1;
  const order = column.order ?? column.plain;
  return (a, b) => {
    const [left, right] = [order(a), order(b)];
    return left < right ? -sign : left > right ? sign : 0;
  };
}
