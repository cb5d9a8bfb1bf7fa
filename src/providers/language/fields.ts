import { isoTime } from '../../domain/clock.js';
import { isRecord } from '../../domain/is-record.js';
import { KEY_STATUSES, type KeyStatus, type OptionValue } from '../../domain/key.js';
import type { OptionField } from '../../domain/provider.js';
import { DefinitionMistake } from '../definition-mistake.js';
import { shownEnd } from '../values.js';
import { valueAt } from './paths.js';
import { word } from './shape.js';
import { readTime, TIME_FORMS, type TimeForm, writeTime } from './times.js';

/** What is known when a request is written or a record is read. */
export interface Moment {
  /** As `--set` and the profile have it, by name. Reading a name that `context` does not declare throws. */
  readonly set: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What may be done with a field, beside reading it. */
export interface FieldRules<Value> {
  /** What a user may ask for, in a few words. Present: a new key can be given this field. */
  readonly accepts?: string;
  /** A new key must be given this field. */
  readonly required?: boolean;
  /**
   * Of scopes: the option that may be given instead of required scopes. Of an expiry: the setting (`--set`)
   * with which no key can have one.
   */
  readonly unless?: string;
  /** All values that there are. */
  readonly values?: readonly string[];
  /** How many values a key can have. */
  readonly most?: number;
  /** Of an expiry: the longest lifetime, in seconds. */
  readonly atMostSeconds?: number;
  /** Of an expiry: when a key ends whose request names no end, such as `after a year`. Absent: never. */
  readonly unsaid?: string;
  /** Sent with a create that does not name the field. `null` is sent as null. */
  readonly default?: Value | null;
  /** What a record without this field means, such as `[]`: no scopes. Default: unknown. */
  readonly absent?: Value | null;
  /** `update` can change it. */
  readonly updates?: boolean;
  /**
   * The member of the request where that is not where the record has it, or the part of the body that says
   * this value.
   */
  readonly send?: string | ((value: Value, moment: Moment) => object | undefined);
  /** Only the response for one key has it, the list does not. */
  readonly onlyGet?: boolean;
}

type Problem = readonly [member: string, what: string];

/** One field of the vendor's record: how it is read, and how it is sent. */
export interface Field<Value> extends FieldRules<Value> {
  readonly kind: OptionField['kind'];
  /** Where the record has it; absent: no single place. */
  readonly path?: string;
  /** No record shows it, or only some of its values. */
  readonly writeOnly?: true;
  /** Every key has the same value, whatever a record shows. */
  readonly constant?: true;
  /**
   * What is wrong with how it was made, and in which of its members: said with its place in the file, which
   * only the whole file knows.
   */
  readonly problem?: Problem;
  /** Undefined: the record does not tell it. Throws `DefinitionMistake` for a value that is none. */
  read(record: unknown, moment: Moment): Value | null | undefined;
  /** The value as the vendor writes it; absent: as it is. */
  encode?(value: Value, moment: Moment): unknown;
}

/** A field of any value. Its `send` takes only values of its own kind. */
export interface AnyField extends Omit<Field<never>, 'default' | 'absent' | 'read' | 'encode'> {
  readonly default?: unknown;
  readonly absent?: unknown;
  read(record: unknown, moment: Moment): unknown;
  encode?(value: unknown, moment: Moment): unknown;
}

function field<Value>(
  kind: OptionField['kind'],
  path: string,
  expected: string,
  parse: (value: unknown) => Value | undefined,
  rules: FieldRules<Value>,
): Field<Value> {
  return {
    ...rules,
    kind,
    path,
    read(record) {
      const value = valueAt(record, path);
      if (value === undefined || value === null) return undefined;
      const parsed = parse(value);
      if (parsed === undefined) throw new DefinitionMistake(path, `is not ${expected}`);
      return parsed;
    },
  };
}

/** Text; a number is read as its digits. */
export const text = (path: string, rules: FieldRules<string> = {}): Field<string> =>
  field('text', path, 'text', textOf, rules);

export const number = (path: string, rules: FieldRules<number> = {}): Field<number> =>
  field('number', path, 'a number', (value) => (typeof value === 'number' ? value : undefined), rules);

export const flag = (path: string, rules: FieldRules<boolean> = {}): Field<boolean> =>
  field('flag', path, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined), rules);

/** A list of texts; `a[].b` gathers the member `b` of each item. */
export const texts = (path: string, rules: FieldRules<readonly string[]> = {}): Field<readonly string[]> =>
  field('texts', path, 'a list of texts', textsOf, rules);

/** A list of at most one text, such as a role, which the vendor has as a text alone. */
export const single = (
  path: string,
  rules: FieldRules<readonly string[]> = {},
): Field<readonly string[]> => ({
  ...field(
    'texts',
    path,
    'text',
    (value) => {
      const one = textOf(value);
      return one === undefined ? undefined : [one];
    },
    { most: 1, ...rules },
  ),
  encode: (value) => value?.[0] ?? null,
});

/** Any JSON, as it is. */
export const json = (path: string, rules: FieldRules<OptionValue> = {}): Field<OptionValue> =>
  field('json', path, 'JSON', (value) => value as OptionValue, rules);

/** A text that is one of several; how each reads here. An unknown one makes the field unknown. */
export function oneOf<Value extends string>(
  path: string,
  meanings: Readonly<Record<string, Value>>,
  rules: FieldRules<Value> = {},
): Field<Value> {
  const expected = `one of ${Object.keys(meanings).join(', ')}`;
  return field('text', path, expected, (value) => own(meanings, String(value)), rules);
}

const OWN_WORDS = Object.fromEntries(KEY_STATUSES.map((word) => [word, word]));

/**
 * The status; of a flag, `{ true: 'active', false: 'revoked' }`. The words that `keys` has itself need not be
 * named. A key without a status is active until it expires.
 */
export const status = (
  path: string,
  meanings: Readonly<Record<string, KeyStatus>> = {},
  rules: FieldRules<KeyStatus> = {},
): Field<KeyStatus> => {
  const odd = Object.values(meanings).find((word) => !KEY_STATUSES.includes(word));
  return {
    ...oneOf(path, { ...OWN_WORDS, ...meanings }, rules),
    ...withProblem(odd !== undefined, `cannot mean ${odd}; it is one of ${KEY_STATUSES.join(', ')}`),
  };
};

const withProblem = (isWrong: boolean, what: string): { readonly problem?: Problem } =>
  isWrong ? { problem: ['', what] } : {};

/**
 * The status of records with flags, such as `{ revoked: 'revoked', expired: 'expired' }`: that of the first
 * flag that is true, else active.
 */
export const statusOf = (flags: Readonly<Record<string, KeyStatus>>): Field<KeyStatus> => {
  const odd = Object.values(flags).find((word) => !KEY_STATUSES.includes(word));
  return {
    ...custom<KeyStatus>((record) => {
      const set = Object.entries(flags).find(([path]) => valueAt(record, path) === true);
      return set === undefined ? 'active' : set[1];
    }),
    ...withProblem(odd !== undefined, `cannot mean ${odd}; it is one of ${KEY_STATUSES.join(', ')}`),
  };
};

export interface TimeRules extends FieldRules<string> {
  /** How a time is sent; it is read in any form. Default `iso`. */
  readonly as?: TimeForm;
  /**
   * What the vendor's record has in the place of a time that never comes; absent counts too with `expiry`.
   */
  readonly never?: unknown;
}

/** A time; null or absent: unknown. */
export const time = (path: string, rules: TimeRules = {}): Field<string> =>
  timeField(path, undefined, undefined, rules);

/** A time that is null where there was none ("never used"); absent: unknown. */
export const timeOrNever = (path: string, rules: TimeRules = {}): Field<string> =>
  timeField(path, null, undefined, rules);

/**
 * The end of a key; null or absent: it never ends. In a file of the user's own an absent end is unknown,
 * unless `absent: null` says that it means never: the path may be wrong.
 */
export const expiry = (path: string, rules: TimeRules = {}): Field<string> =>
  timeField(path, null, null, rules);

function timeField(
  path: string,
  ofNull: null | undefined,
  ofAbsent: null | undefined,
  { as = 'iso', never, ...rules }: TimeRules,
): Field<string> {
  return {
    ...rules,
    ...formProblem(as),
    kind: 'text',
    path,
    read(record) {
      const value = valueAt(record, path);
      if (value === undefined) return ofAbsent;
      if (value === null) return ofNull;
      if (never !== undefined && value === never) return null;
      const at = readTime(value);
      if (at === undefined) throw new DefinitionMistake(path, 'is not a time');
      return isoTime(at);
    },
    encode: (value, { now }) => (value === null ? (never ?? null) : writeTime(value, as, now)),
  };
}

/** What is wrong with a form of times, as the file says it. */
function formProblem(as: unknown): { readonly problem?: Problem } {
  try {
    word(...TIME_FORMS)(as, 'as');
    return {};
  } catch (error) {
    if (!(error instanceof DefinitionMistake)) throw error;
    return { problem: ['.as', error.problem] };
  }
}

/** The end of keys that never end. */
export const never: Field<string> = { kind: 'text', constant: true, read: () => null };

/**
 * The last characters of a secret that is shown masked, such as `sk-…AbCd`, or (`whole`) of the secret
 * itself.
 */
export const lastFour = (path: string, shown: 'masked' | 'whole' = 'masked'): Field<string> =>
  field(
    'text',
    path,
    'text',
    (value) => (shown === 'whole' ? textOf(value)?.slice(-4) : (shownEnd(textOf(value)) ?? '')),
    {},
  );

/** Names and values of the user's own; what is no text is shown as JSON. */
export const strings = (
  path: string,
  rules: FieldRules<Readonly<Record<string, string>>> = {},
): Field<Readonly<Record<string, string>>> =>
  field(
    'json',
    path,
    'an object',
    (value) =>
      isRecord(value)
        ? Object.fromEntries(
            Object.entries(value).map(([name, it]) => [
              name,
              typeof it === 'string' ? it : JSON.stringify(it),
            ]),
          )
        : undefined,
    rules,
  );

/** Members of the record by name, such as what a key has spent; a text that is empty is left out. */
export const members = (...paths: readonly string[]): Field<Readonly<Record<string, string>>> =>
  custom<Readonly<Record<string, string>>>((record) => {
    const texts = paths.map((path) => [path, textOf(valueAt(record, path))] as const);
    const there = texts.filter((each): each is readonly [string, string] => Boolean(each[1]));
    return there.length === 0 ? undefined : Object.fromEntries(there);
  });

/**
 * A field that is computed from the whole record. `read` returns undefined if the record does not contain it.
 */
export function custom<Value>(
  read: (record: Readonly<Record<string, unknown>>, moment: Moment) => Value | null | undefined,
  rules: FieldRules<Value> & { readonly kind?: OptionField['kind'] } = {},
): Field<Value> {
  const { kind = 'json', ...others } = rules;
  return {
    ...others,
    ...withProblem(typeof read !== 'function', 'needs a function, such as custom((record) => record.name)'),
    kind,
    read: (record, moment) => read(isRecord(record) ? record : {}, moment),
  };
}

/** A field that is sent and never shown. */
export const writeOnly = <Value extends OptionValue>(
  kind: OptionField['kind'],
  rules: FieldRules<Value>,
): Field<Value> => ({ ...rules, kind, writeOnly: true, read: () => undefined });

/** Reads the first field present; sends the first field. */
export function first<Value>(main: Field<Value>, ...others: ReadonlyArray<Field<Value>>): Field<Value> {
  return {
    ...main,
    ...problemIn([main, ...others]),
    read(record, moment) {
      for (const each of [main, ...others]) {
        const found = each.read(record, moment);
        if (found !== undefined && found !== '') return found;
      }
      return undefined;
    },
  };
}

/** The latest of several times; null where each that is there says "never". */
export function latest(...fields: ReadonlyArray<Field<string>>): Field<string> {
  return {
    ...problemIn(fields),
    kind: 'text',
    read(record, moment) {
      const found = fields.map((each) => each.read(record, moment));
      const times = found.filter((each): each is string => Boolean(each)).sort();
      return times.at(-1) ?? (found.includes(null) ? null : undefined);
    },
  };
}

function problemIn(fields: ReadonlyArray<Pick<AnyField, 'problem'>>): { readonly problem?: Problem } {
  const problem = fields.find((each) => each.problem !== undefined)?.problem;
  return problem === undefined ? {} : { problem };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const all = value.map(textOf);
  return all.every((it) => it !== undefined) ? all : undefined;
}

function own<Value>(of: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
