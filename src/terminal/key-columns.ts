import type { Key } from '../domain/key.js';
import { limitsText } from '../domain/key-limits.js';
import { asShown } from '../domain/whole-seconds.js';
import { localTime } from './absolute-time.js';
import type { Column, RecordField, Tone } from './output.js';
import { bothTimes, relativeTime } from './relative-time.js';

const UNKNOWN = '?';
const NONE = '-';

/** A column with the longer text of one key alone. */
interface KeyColumn extends Column<Key> {
  readonly long?: (key: Key) => string;
  /** What a program reads of one key alone, where a list says more. */
  readonly field?: (key: Key) => string;
}

type Cell = (key: Key) => string | null | undefined;

function textColumn(id: string, title: string, cell: Cell): KeyColumn {
  const plain = (key: Key) => {
    const value = cell(key);
    return value === undefined ? UNKNOWN : (value ?? '');
  };
  return { id, title, plain, human: (key) => (cell(key) === null || cell(key) === '' ? NONE : plain(key)) };
}

/** A time: absent is unknown, null is `never`. Of one key alone it is both relative and absolute. */
function timeColumn(id: string, title: string, cell: Cell, nowMs: number): KeyColumn {
  const either = (key: Key, show: (iso: string) => string) => {
    const iso = cell(key);
    return iso === undefined ? UNKNOWN : iso === null ? 'never' : show(iso);
  };
  return {
    id,
    title,
    human: (key) => either(key, (iso) => relativeTime(iso, nowMs)),
    long: (key) => either(key, (iso) => bothTimes(iso, nowMs)),
    plain: (key) => either(key, (iso) => iso),
    order: (key) => {
      const at = Date.parse(cell(key) ?? '');
      return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
    },
  };
}

/** Every column of a key, by its field's name; times are shown as seen from `nowMs`. */
export function keyColumns(nowMs: number): ReadonlyMap<string, KeyColumn> {
  const columns = [
    { ...textColumn('id', 'id', (key) => key.id), whole: true },
    // It is what a person types in the next command.
    { ...textColumn('name', 'name', (key) => key.name), readable: 16 },
    textColumn('type', 'type', (key) => key.type),
    textColumn('environment', 'environment', (key) => key.environment),
    textColumn('service', 'service', (key) => key.service),
    {
      ...textColumn('key', 'key', (key) =>
        key.prefix === undefined ? undefined : `${key.prefix}…${key.hint ?? ''}`,
      ),
      // Its end is what tells keys apart.
      whole: true,
    },
    textColumn('prefix', 'prefix', (key) => key.prefix),
    textColumn('hint', 'hint', (key) => key.hint),
    { ...textColumn('status', 'status', (key) => key.status), long: statusText, tone: statusTone },
    textColumn('scopes', 'scopes', (key) => key.scopes?.join(' ')),
    textColumn('restrictions', 'restrictions', (key) => key.restrictions && restrictionsText(key)),
    textColumn('limits', 'limits', (key) => key.limits && limitsText(key.limits)),
    textColumn('owner', 'owner', (key) => key.owner),
    timeColumn('created_at', 'created', (key) => key.created_at, nowMs),
    lastUseColumn(nowMs),
    timeColumn('last_used_here', 'last used here', (key) => key.last_used_here, nowMs),
    endColumn(nowMs),
    textColumn('rolled_from', 'rolled from', (key) => key.rolled_from),
    textColumn('rolled_to', 'rolled to', (key) => key.rolled_to),
    textColumn('metadata', 'metadata', (key) => key.metadata && pairs(key.metadata)),
  ];
  return new Map(columns.map((column) => [column.id, column]));
}

/**
 * For a person, a revoked key has no expiry any more: only one that has passed is shown. For a program, one
 * that its record leaves out for that reason is nothing, and not unknown.
 */
function endColumn(nowMs: number): KeyColumn {
  const { human, long, plain, ...column } = timeColumn(
    'expires_at',
    'expires',
    (key) => key.expires_at,
    nowMs,
  );
  const hasPassed = ({ status, expires_at }: Key) =>
    status !== 'revoked' || (typeof expires_at === 'string' && Date.parse(expires_at) <= nowMs);
  return {
    ...column,
    plain: (key) => (key.status === 'revoked' && key.expires_at === undefined ? '' : plain(key)),
    human: (key) => (hasPassed(key) ? human(key) : NONE),
    long: (key) => (hasPassed(key) ? (long ?? human)(key) : NONE),
  };
}

/** In a list: of a key whose vendor does not tell its use, the last use by this program, labelled so. */
function lastUseColumn(nowMs: number): KeyColumn {
  const told = timeColumn('last_used', 'last used', (key) => key.last_used, nowMs);
  const here = timeColumn('last_used', 'last used', (key) => key.last_used_here, nowMs);
  const isHere = (key: Key) => key.last_used === undefined && Boolean(key.last_used_here);
  return {
    ...told,
    human: (key) => (isHere(key) ? `${here.human(key)} (here)` : told.human(key)),
    plain: (key) => (isHere(key) ? `${here.plain(key)} (here)` : told.plain(key)),
    field: told.plain,
    order: (key) => (isHere(key) ? here : told).order?.(key) ?? Number.POSITIVE_INFINITY,
  };
}

/** A retiring key with the local time of its end; a list has that in its own column. */
function statusText({ status, expires_at }: Key): string {
  if (status !== 'retiring' || !expires_at) return status ?? UNKNOWN;
  return `retiring until ${localTime(Date.parse(expires_at))}`;
}

const TONES: Readonly<Record<string, Tone>> = {
  active: 'good',
  retiring: 'warning',
  paused: 'warning',
  expired: 'bad',
  revoked: 'bad',
};

function statusTone({ status }: Key): Tone | undefined {
  return status === undefined ? undefined : TONES[status];
}

function restrictionsText(key: Key): string {
  const { ips = [], referrers = [], endpoints = [] } = key.restrictions ?? {};
  return [...ips, ...referrers, ...endpoints].join(', ');
}

function pairs(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** What a list shows, and what of it is left out first where a screen is narrow. */
const DEFAULTS = [
  { id: 'id', spare: 2 },
  { id: 'name' },
  { id: 'environment', spare: 5 },
  { id: 'key', spare: 1 },
  // A paused or revoked key must not look like one that works.
  { id: 'status' },
  { id: 'created_at', spare: 4 },
  { id: 'last_used', spare: 3 },
  { id: 'expires_at' },
];

export function defaultColumns(nowMs: number): Array<Column<Key>> {
  const known = keyColumns(nowMs);
  return DEFAULTS.flatMap(({ id, ...spare }) => {
    const column = known.get(id);
    return column === undefined ? [] : [{ ...column, ...spare }];
  });
}

const OF_SUCCESSOR: ReadonlySet<string> = new Set(['id', 'name', 'expires', 'rolled from']);

/**
 * A key that succeeds another one, as titled lines. For a person, what is not as before: the records of two
 * keys fit one screen.
 */
export function successorFields(key: Key, nowMs: number, human: boolean): RecordField[] {
  const fields = keyFields(key, nowMs, human);
  return human ? fields.filter(([title]) => OF_SUCCESSOR.has(title)) : fields;
}

/** One key as titled lines: every field for a program, those that say something for a person. */
export function keyFields(exact: Key, nowMs: number, human: boolean): RecordField[] {
  const key = asShown(exact);
  // A person knows a key by both its ends, as a list has them.
  const left = ['last_used_here', ...(human && key.prefix !== undefined ? ['prefix', 'hint'] : ['key'])];
  const columns = [...keyColumns(nowMs).values()].filter(({ id }) => !left.includes(id));
  const options = Object.entries(key.options ?? {}).map(
    ([name, value]): RecordField => [
      `options.${name}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ],
  );
  if (!human)
    return [
      ...columns.map((column) => [column.id, (column.field ?? column.plain)(key)] as const),
      ...options,
    ];
  return columns
    .map((column): RecordField => [column.title, (column.long ?? column.human)(key), column.tone?.(key)])
    .filter(([, value]) => value !== NONE && value !== UNKNOWN)
    .concat(options);
}
