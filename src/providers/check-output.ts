import { isoTime } from '../domain/clock.js';
import { type Credential, type IssuedKey, KEY_STATUSES, KEY_TYPES, type Key } from '../domain/key.js';
import { INVALID_REASONS, type KeyPage, type Verdict } from '../domain/key-service.js';
import type { OperationTypes } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { isRecord } from './language/paths.js';
import { readTime } from './language/times.js';

/** Told of a field that is left out because its value is none. */
type Note = (field: string, problem: string) => void;

type Check = (value: unknown) => unknown;

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const text: Check = (value) => (typeof value === 'string' ? value : undefined);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? null : check(value);
const time: Check = (value) => {
  const at = readTime(value);
  if (at === undefined) return undefined;
  return typeof value === 'string' && UTC.test(value) ? value : isoTime(at);
};
const among =
  (values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string) ? value : undefined;
const texts: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
const object: Check = (value) => (isRecord(value) ? value : undefined);

/** Every member of a key but its id and name: what a value must be, and the words for it. */
const MEMBERS: ReadonlyArray<readonly [name: keyof Key, check: Check, expected: string]> = [
  ['type', among(KEY_TYPES), `one of ${KEY_TYPES.join(', ')}`],
  ['environment', orNull(text), 'text'],
  ['service', orNull(text), 'text'],
  ['prefix', text, 'text'],
  ['hint', orNull(text), 'text'],
  ['status', among(KEY_STATUSES), `one of ${KEY_STATUSES.join(', ')}`],
  ['scopes', texts, 'a list of texts'],
  ['restrictions', object, 'an object'],
  ['created_at', orNull(time), 'a time'],
  ['last_used', orNull(time), 'a time'],
  ['expires_at', orNull(time), 'a time'],
  ['rolled_from', orNull(text), 'text'],
  ['rolled_to', orNull(text), 'text'],
  ['metadata', object, 'an object'],
  ['options', object, 'an object'],
  ['owner', orNull(text), 'text'],
];

/**
 * A key as a definition made it, with the members that a key has and no others. A member that is not what it must be is left out
 * and noted, so that it is unknown. Throws `DefinitionMistake` without an id.
 */
function checkKey(value: unknown, note: Note, idMayBeEmpty = false): Key {
  if (!isRecord(value)) throw new DefinitionMistake('key', 'is not an object');
  const key: Record<string, unknown> = {};
  key['id'] = checkId(value['id'], note, idMayBeEmpty);
  const { name } = value;
  if (typeof name === 'string') key['name'] = name;
  else {
    note('name', 'is missing, or not text: the id is shown in its place');
    key['name'] = key['id'];
  }
  for (const [member, check, expected] of MEMBERS) {
    const found = value[member];
    if (found === undefined) continue;
    const checked = check(found);
    if (checked === undefined) note(member, `is not ${expected}`);
    else key[member] = checked;
  }
  return key as unknown as Key;
}

function checkId(id: unknown, note: Note, mayBeEmpty: boolean): string {
  if (typeof id === 'string' && (id !== '' || mayBeEmpty)) return id;
  if (typeof id === 'number') {
    note('id', 'is a number: read it as text');
    return String(id);
  }
  throw new DefinitionMistake(
    'id',
    id === undefined || id === null || id === '' ? 'is missing' : 'is not text',
  );
}

/** A secret, or a pair. The message of what it throws holds none of it. */
function checkCredential(value: unknown): Credential {
  const filled = (part: unknown): part is string => typeof part === 'string' && part !== '';
  if (isRecord(value)) {
    const { secret, api_key, secret_key } = value;
    if (filled(secret)) return { secret };
    if (filled(api_key) && filled(secret_key)) return { api_key, secret_key };
  }
  throw new DefinitionMistake(
    'credential',
    'is neither { secret } nor { api_key, secret_key } with text in them',
  );
}

function checkIssued(value: unknown, note: Note): IssuedKey {
  if (!isRecord(value)) throw new DefinitionMistake('output', 'is not { key, credential }');
  return {
    ...value,
    credential: checkCredential(value['credential']),
    key: checkKey(value['key'], note, true),
  };
}

function checkPage(value: unknown, note: Note): KeyPage {
  const { keys, next_cursor: cursor = null } = isRecord(value) ? value : {};
  if (!Array.isArray(keys)) throw new DefinitionMistake('keys', 'is not a list');
  if (cursor !== null && typeof cursor !== 'string')
    throw new DefinitionMistake('next_cursor', 'is neither text nor null');
  return { keys: keys.map((key) => checkKey(key, note)), next_cursor: cursor === '' ? null : cursor };
}

function checkVerdict(value: unknown, note: Note): Verdict {
  if (!isRecord(value) || typeof value['valid'] !== 'boolean') {
    throw new DefinitionMistake('valid', 'is neither true nor false');
  }
  const { valid, reason, key } = value;
  if (valid) return { valid, key: checkKey(key, note) };
  if (!(INVALID_REASONS as readonly unknown[]).includes(reason)) {
    throw new DefinitionMistake('reason', `is not one of ${INVALID_REASONS.join(', ')}`);
  }
  const told = key === undefined ? {} : { key: checkKey(key, note) };
  return { valid: false, reason, ...told } as Verdict;
}

type Checks = {
  readonly [Name in keyof OperationTypes]: (value: unknown, note: Note) => OperationTypes[Name]['output'];
};

/** What each operation's `read` gave, as it must be. Throws `DefinitionMistake`, naming the member and none of its value. */
export const CHECK_OUTPUT: Checks = {
  create: checkIssued,
  list: checkPage,
  get: (value, note) => checkKey(value, note),
  update: (value, note) => (value === undefined ? undefined : checkKey(value, note)),
  roll(value, note) {
    const previous = isRecord(value) ? value['previous'] : undefined;
    return { ...checkIssued(value, note), previous: checkKey(previous, note) };
  },
  revoke: () => undefined,
  verify: checkVerdict,
  recover: checkCredential,
  whoami: (value, note) => (value === null ? null : checkKey(value, note)),
  events: (value) => value as OperationTypes['events']['output'],
  acknowledge: () => undefined,
};
