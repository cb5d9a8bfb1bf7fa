import { compact } from '../../domain/compact.js';
import { KEY_STATUSES, type Key, type KeyStatus, type KeyType } from '../../domain/key.js';
import type { CreateKey, ListKeys, UpdateKey } from '../../domain/key-service.js';
import { repeatedName } from '../../domain/repeated-name.js';
import type { Restrictions } from '../../domain/restrictions.js';
import type { NewPlaces } from './console-ledger.js';
import type { FormProblem } from './form-words.js';

/** The fields of a form as the browser sent them; of several fields of one name, the last. */
export type FormFields = ReadonlyMap<string, string>;

const text = (fields: FormFields, name: string) => fields.get(name)?.trim() || undefined;
/** Lines, or words between commas. */
const lines = (fields: FormFields, name: string, between: RegExp) =>
  (fields.get(name) ?? '')
    .split(between)
    .map((line) => line.trim())
    .filter(Boolean);

const OPTION = 'option:';

/** The name of the form's field for a vendor's own option. */
export const optionName = (name: string) => `${OPTION}${name}`;

/** What a form asks for, and its fields that cannot be read. */
export interface ReadForm<Request> {
  readonly request: Request;
  readonly unreadable: readonly FormProblem[];
}

/** What the fields say that a new key and a changed one can have. Lists are empty where nothing is said. */
function readShared(fields: FormFields) {
  const notes = lines(fields, 'metadata', /[\r\n]+/);
  const pairs = notes.map(readNote);
  const wrong = wrongNotes(notes);
  const [rate, quota, uses] = ['rate', 'quota', 'uses'].map((name) => text(fields, name));
  return {
    scopes: lines(fields, 'scopes', /[\s,]+/),
    restrictions: {
      ips: lines(fields, 'ips', /[\s,]+/),
      referrers: lines(fields, 'referrers', /[\s,]+/),
      endpoints: lines(fields, 'endpoints', /[\r\n,]+/),
    },
    limits: compact({ rate, quota, uses: uses === undefined ? undefined : Number(uses) }),
    metadata: Object.fromEntries(pairs),
    unreadable: wrong === undefined ? [] : [{ field: 'metadata', why: wrong }],
  };
}

const given = <Value extends object>(value: Value): Value | undefined =>
  Object.keys(value).length > 0 ? value : undefined;

const filled = (restrictions: Readonly<Record<string, readonly string[]>>): Restrictions =>
  Object.fromEntries(Object.entries(restrictions).filter(([, values]) => values.length > 0));

/**
 * Reads the create form. The service checks the values, and a vendor's options are texts as they were typed.
 */
export function readCreateForm(fields: FormFields): ReadForm<CreateKey> {
  const { scopes, restrictions, limits, metadata, unreadable } = readShared(fields);
  const expiry = readExpiry(fields);
  const options = [...fields].filter(([name, value]) => name.startsWith(OPTION) && value.trim() !== '');
  const request = {
    name: fields.get('name')?.trim() ?? '',
    ...compact({
      type: text(fields, 'type') as KeyType | undefined,
      environment: text(fields, 'environment'),
      service: text(fields, 'service'),
      owner: text(fields, 'owner'),
      expires_at: expiry.at,
      scopes: given(scopes),
      restrictions: given(filled(restrictions)),
      limits: given(limits),
      metadata: given(metadata),
      options: given(
        Object.fromEntries(options.map(([name, value]) => [name.slice(OPTION.length), value.trim()])),
      ),
    }),
  };
  return { request, unreadable: [...unreadable, ...expiry.unreadable] };
}

/** Fields of a form that name a place each. */
export const PLACE_FIELDS = ['to1', 'to2', 'to3'] as const;

/** The places that a form names. */
export function readPlaces(fields: FormFields): NewPlaces {
  const to = PLACE_FIELDS.flatMap((name) => text(fields, name) ?? []);
  return { to, replace: fields.get('replace') === 'yes' };
}

/** The fields of the form that changes a key, filled with what the key has. */
export function fieldsOfKey({
  scopes = [],
  restrictions = {},
  limits = {},
  owner,
  service,
  expires_at,
  metadata,
}: Key): Map<string, string> {
  const { ips = [], referrers = [], endpoints = [] } = restrictions;
  return new Map([
    ['scopes', scopes.join(' ')],
    ['ips', ips.join(' ')],
    ['referrers', referrers.join(' ')],
    ['endpoints', endpoints.join('\n')],
    ['rate', limits.rate ?? ''],
    ['quota', limits.quota ?? ''],
    ['uses', limits.uses?.toString() ?? ''],
    ['owner', owner ?? ''],
    ['service', service ?? ''],
    ['expires_at', expires_at ?? ''],
    [
      'metadata',
      Object.entries(metadata ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    ],
  ]);
}

/** FormFields of the form that are one member of the request. */
const TOGETHER: ReadonlyArray<readonly string[]> = [
  ['ips', 'referrers', 'endpoints'],
  ['rate', 'quota', 'uses'],
];

/** The names of the fields that differ. A textarea sends other line ends than it was filled with. */
export function changedFields(fields: FormFields, was: FormFields): string[] {
  const same = (value = '') => value.replaceAll(/\r\n?/g, '\n').trim();
  return [...was.keys()].filter((name) => fields.has(name) && same(fields.get(name)) !== same(was.get(name)));
}

/** What the form changes: the members with a changed field, as a whole. */
export function readChanges(fields: FormFields, was: FormFields): ReadForm<UpdateKey> {
  const changed = new Set(changedFields(fields, was));
  const { scopes, restrictions, limits, metadata, unreadable } = readShared(fields);
  const has = (name: string) =>
    (TOGETHER.find((names) => names.includes(name)) ?? [name]).some((each) => changed.has(each));
  const one = (name: string) => (has(name) ? (text(fields, name) ?? null) : undefined);
  const expires = one('expires_at');
  const request = compact({
    scopes: has('scopes') ? scopes : undefined,
    restrictions: has('ips') ? filled(restrictions) : undefined,
    limits: has('rate') ? limits : undefined,
    metadata: has('metadata') ? metadata : undefined,
    owner: one('owner'),
    service: one('service'),
    expires_at: expires?.match(/^\d{4}-\d\d-\d\d$/) ? `${expires}T23:59:59Z` : expires,
  });
  return { request, unreadable: has('metadata') ? unreadable : [] };
}

/**
 * The presets are instants and not durations, so that a form that is sent twice is the same request twice.
 */
function readExpiry(fields: FormFields): { at: string | undefined; unreadable: readonly FormProblem[] } {
  const day = text(fields, 'expires_on');
  if (day === undefined) return { at: text(fields, 'expires'), unreadable: [] };
  if (Number.isFinite(Date.parse(`${day}T23:59:59Z`))) return { at: `${day}T23:59:59Z`, unreadable: [] };
  return { at: undefined, unreadable: [{ field: 'expires_on', why: `not a date: ${JSON.stringify(day)}` }] };
}

/** Why these notes cannot be kept; undefined: they can. */
function wrongNotes(notes: readonly string[]): string | undefined {
  const wrong = notes.find((note) => note.indexOf('=') < 1);
  if (wrong !== undefined) return `not NAME=VALUE: ${JSON.stringify(wrong)}`;
  const twice = repeatedName(notes.map(readNote));
  return twice === undefined ? undefined : `${JSON.stringify(twice)} has two values: leave one`;
}

function readNote(note: string): [name: string, value: string] {
  const at = note.indexOf('=');
  return [note.slice(0, at).trim(), note.slice(at + 1).trim()];
}

/** The choices of the status filter: `works` stands for every key that is not revoked. */
export const STATUS_CHOICES = ['works', ...KEY_STATUSES, 'all'] as const;

/** What the filters of the list ask for. A search without `*` finds the text anywhere in the name. */
export function readFilters(query: FormFields): ListKeys {
  const search = text(query, 'name');
  const status = text(query, 'status') ?? 'works';
  const known = KEY_STATUSES.find((each) => each === status);
  const wanted: readonly KeyStatus[] | undefined =
    known !== undefined
      ? [known]
      : status === 'all'
        ? undefined
        : KEY_STATUSES.filter((each) => each !== 'revoked');
  const [environment, type, owner, cursor] = ['environment', 'type', 'owner', 'cursor'].map((name) =>
    text(query, name),
  );
  return {
    ...(search ? { name: search.includes('*') ? search : `*${search}*` } : {}),
    ...(wanted ? { status: wanted } : {}),
    ...(environment ? { environment } : {}),
    ...(type ? { type: type as KeyType } : {}),
    ...(owner ? { owner } : {}),
    ...(cursor ? { cursor } : {}),
  };
}
