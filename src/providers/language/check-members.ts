import { isRecord } from '../../domain/is-record.js';
import { DefinitionMistake } from '../definition-mistake.js';
import type { Field, FieldRules } from './fields.js';
import type { Fields, KeyResource } from './key-resource.js';
import { type Members, requireKnown } from './require-known.js';

type Way<Name extends keyof KeyResource> = Members<Exclude<NonNullable<KeyResource[Name]>, false>>;

const RESOURCE: Members<KeyResource> = {
  ...({
    path: true,
    encoding: true,
    headers: true,
    idIn: true,
    one: true,
    fields: true,
    secret: true,
  } as const),
  ...({ list: true, get: true, create: true, update: true, roll: true, revoke: true, pause: true } as const),
  ...({ verify: true, recover: true, own: true, operations: true } as const),
};
const FIELDS: Members<Fields> = {
  ...({
    id: true,
    name: true,
    type: true,
    environment: true,
    service: true,
    prefix: true,
    hint: true,
  } as const),
  ...({ status: true, scopes: true, ips: true, referrers: true, endpoints: true, created_at: true } as const),
  ...({ last_used: true, expires_at: true, rolled_from: true, metadata: true, owner: true } as const),
};
const RULES: Members<FieldRules<never>> = {
  ...({
    accepts: true,
    required: true,
    unless: true,
    values: true,
    most: true,
    atMostSeconds: true,
    unsaid: true,
  } as const),
  ...({ default: true, absent: true, updates: true, send: true, onlyGet: true } as const),
};
const FIELD: Members<Field<never>> = {
  ...RULES,
  ...({ kind: true, path: true, writeOnly: true, read: true, encode: true } as const),
};
const LIST: Way<'list'> = { at: true, in: true, pages: true, query: true, name: true, idsOnly: true };
const CREATE: Way<'create'> = {
  ...({ at: true, body: true, query: true, returns: true, one: true, secret: true, again: true } as const),
  ...({ chosen: true, steps: true } as const),
};
const UPDATE: Way<'update'> = {
  ...({ at: true, encoding: true, replaces: true, body: true, reads: true, returns: true } as const),
};
const ROLL: Way<'roll'> = {
  ...({ at: true, body: true, query: true, grace: true, inPlace: true, returns: true, one: true } as const),
  ...({ secret: true, steps: true } as const),
};
const REVOKE: Way<'revoke'> = { at: true, body: true, steps: true };
const PAUSE: Way<'pause'> = { at: true, paused: true, active: true };
const VERIFY: Way<'verify'> = {
  at: true,
  body: true,
  query: true,
  record: true,
  unknown: true,
  verdict: true,
};
const RECOVER: Way<'recover'> = { at: true, secret: true };
const OWN: Readonly<Record<'at' | 'one' | 'whole' | 'masked', true>> = {
  at: true,
  one: true,
  whole: true,
  masked: true,
};

/** Members that are functions, by the part that they are of. */
const FUNCTIONS: ReadonlyArray<readonly [keyof KeyResource | '', readonly string[]]> = [
  ['', ['headers']],
  ['list', ['query']],
  ['create', ['body', 'query']],
  ['update', ['body']],
  ['roll', ['body', 'query']],
  ['verify', ['body', 'query', 'verdict']],
];

/**
 * Throws `DefinitionMistake` for a member that does not exist, and for one of another type than it must have.
 */
export function checkMembers(keys: KeyResource, options: Readonly<Record<string, unknown>>): void {
  requireKnown(keys, RESOURCE, 'keys');
  requireKnown(keys.fields, FIELDS, 'keys.fields');
  const parts = { list: LIST, create: CREATE, update: UPDATE, roll: ROLL, revoke: REVOKE, pause: PAUSE };
  for (const [name, known] of Object.entries({ ...parts, verify: VERIFY, recover: RECOVER, own: OWN })) {
    const part = keys[name as keyof typeof parts];
    if (part !== undefined && part !== false) requireKnown(part, known, `keys.${name}`);
  }
  for (const [name, field] of Object.entries(keys.fields)) checkField(field, `keys.fields.${name}`, true);
  for (const [name, field] of Object.entries(options)) checkField(field, `options.${name}`, false);
  requireKind(keys.path, 'keys.path', 'a path', ['string', 'object', 'function']);
  requireKind(keys.secret, 'keys.secret', 'a path', ['string', 'object', 'function']);
  requireKind(keys.list?.in, 'keys.list.in', 'a path', ['string']);
  const { chosen } = keys.create || {};
  requireKind(chosen, 'keys.create.chosen', 'a path', ['string']);
  for (const [part, names] of FUNCTIONS) {
    const of = (part === '' ? keys : keys[part]) as Readonly<Record<string, unknown>> | false | undefined;
    for (const name of names) {
      requireKind(of ? of[name] : undefined, ['keys', part, name].filter(Boolean).join('.'), 'a function', [
        'function',
      ]);
    }
  }
}

function checkField(field: unknown, where: string, pathAlone: boolean): void {
  if (pathAlone && typeof field === 'string') return;
  if (field === undefined && pathAlone) return;
  if (!isRecord(field) || typeof field['read'] !== 'function') {
    throw new DefinitionMistake(where, "is no field, such as text('name')");
  }
  requireKnown(field, FIELD, where);
}

function requireKind(value: unknown, where: string, what: string, kinds: readonly string[]): void {
  if (value !== undefined && (value === null || !kinds.includes(typeof value))) {
    throw new DefinitionMistake(where, `is not ${what}`);
  }
}
