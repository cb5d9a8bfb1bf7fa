import { isoTime } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { isRecord } from '../domain/is-record.js';
import {
  type CreatedKey,
  type Credential,
  KEY_STATUSES,
  KEY_TYPES,
  type Key,
  type OptionValue,
} from '../domain/key.js';
import type { KeyLimits } from '../domain/key-limits.js';
import {
  INVALID_REASONS,
  type KeyPage,
  type OwnKey,
  type PolicyFacts,
  type Verdict,
} from '../domain/key-service.js';
import { RESTRICTION_LISTS, type Restrictions } from '../domain/restrictions.js';
import type { OperationTypes } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { shortened } from './hide-secret.js';
import { readTime } from './language/times.js';

/** Reports a field that is left out, because its value is not what it must be. */
type Note = (field: string, problem: string) => void;

/** Returns the value as it must be; undefined for one that is something else. */
type Check<Value> = (value: unknown) => Value | undefined;

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const isText = (value: unknown): value is string => typeof value === 'string';
const text: Check<string> = (value) => (typeof value === 'string' ? value : undefined);
const orNull =
  <Value>(check: Check<Value>): Check<Value | null> =>
  (value) =>
    value === null ? null : check(value);
const time: Check<string> = (value) => {
  if (isText(value) && UTC.test(value)) return Number.isNaN(Date.parse(value)) ? undefined : value;
  const at = readTime(value);
  return at === undefined ? undefined : isoTime(at);
};
const among =
  <Value extends string>(values: readonly Value[]): Check<Value> =>
  (value) =>
    values.find((each) => each === value);
const texts: Check<readonly string[]> = (value) =>
  Array.isArray(value) && value.every(isText) ? value : undefined;
const objectOf =
  <Value>(is: (value: unknown) => value is Value): Check<Readonly<Record<string, Value>>> =>
  (value) =>
    hasOnly(value, is) ? value : undefined;

function hasOnly<Value>(
  value: unknown,
  is: (value: unknown) => value is Value,
): value is Readonly<Record<string, Value>> {
  return isRecord(value) && Object.values(value).every(is);
}

function isJson(value: unknown): value is OptionValue {
  if (value === null || typeof value === 'boolean' || isText(value)) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  return Array.isArray(value) ? value.every(isJson) : hasOnly(value, isJson);
}

const isList = (value: unknown): value is readonly string[] | undefined =>
  value === undefined || texts(value) !== undefined;
const restrictions: Check<Restrictions> = (value) => {
  if (!isRecord(value)) return undefined;
  const { ips, referrers, endpoints } = value;
  if (!isList(ips) || !isList(referrers) || !isList(endpoints)) return undefined;
  return compact({ ips, referrers, endpoints });
};

const limits: Check<KeyLimits> = (value) => {
  if (!isRecord(value)) return undefined;
  const { rate, quota, uses } = value;
  const isTextOrNone = (member: unknown) => member === undefined || isText(member);
  const isCountOrNone = uses === undefined || typeof uses === 'number';
  if (!isTextOrNone(rate) || !isTextOrNone(quota) || !isCountOrNone) return undefined;
  return compact({ rate, quota, uses }) as KeyLimits;
};

type Member = Exclude<keyof Key, 'id' | 'name' | 'last_used_here'>;
type Members = {
  readonly [Name in Member]: readonly [check: Check<Required<Key>[Name]>, expected: string];
};

/** Every member of a key but its id and name: what a value must be, and the words for it. */
const MEMBERS: Members = {
  type: [among(KEY_TYPES), `one of ${KEY_TYPES.join(', ')}`],
  environment: [orNull(text), 'text'],
  service: [orNull(text), 'text'],
  prefix: [text, 'text'],
  hint: [orNull(text), 'text'],
  status: [among(KEY_STATUSES), `one of ${KEY_STATUSES.join(', ')}`],
  scopes: [texts, 'a list of texts'],
  restrictions: [restrictions, 'an object of lists of texts'],
  limits: [limits, 'an object of rate, quota and uses'],
  created_at: [orNull(time), 'a time'],
  last_used: [orNull(time), 'a time'],
  expires_at: [orNull(time), 'a time'],
  rolled_from: [orNull(text), 'text'],
  rolled_to: [orNull(text), 'text'],
  metadata: [objectOf(isText), 'an object of texts'],
  options: [objectOf(isJson), 'an object of JSON values'],
  owner: [orNull(text), 'text'],
};
const MEMBER_NAMES = Object.keys(MEMBERS) as readonly Member[];

/** Every member of a key. */
export const KEY_MEMBERS: ReadonlySet<string> = new Set(['id', 'name', ...MEMBER_NAMES]);

/**
 * What a value of a key's member, or of one of its restrictions, must be, in words; null where it is that.
 * The name has words of its own.
 */
export function expectedOf(name: string, value: unknown): string | null {
  if (RESTRICTION_LISTS.has(name)) return texts(value) === undefined ? 'a list of texts' : null;
  if (!Object.hasOwn(MEMBERS, name)) return null;
  const [check, expected] = MEMBERS[name as Member];
  return check(value) === undefined ? expected : null;
}

type MemberValues = { -readonly [Name in Member]?: Required<Key>[Name] };

/**
 * A key as a definition returns it, with the members that a key has and no others. A member that is not what
 * it must be is left out and noted, so that it is unknown. Throws `DefinitionMistake` without an id.
 */
function checkKey(value: unknown, note: Note, idMayBeEmpty = false): Key {
  if (!isRecord(value)) throw new DefinitionMistake('key', 'is not an object');
  const id = checkId(value['id'], note, idMayBeEmpty);
  const { name } = value;
  if (!isText(name)) note('name', 'is missing, or not text: the id is shown in its place');
  const key: Pick<Key, 'id' | 'name'> & MemberValues = { id, name: isText(name) ? name : id };
  for (const member of MEMBER_NAMES) {
    if (value[member] !== undefined) setMember(key, member, value[member], note);
  }
  return key;
}

function setMember<Name extends Member>(key: MemberValues, name: Name, value: unknown, note: Note): void {
  const [check, expected] = MEMBERS[name];
  const short = typeof value === 'string' ? shortened(name, value) : null;
  if (short !== null) note(name, short.problem);
  const checked = check(short?.value ?? value);
  if (checked === undefined) note(name, `is not ${expected}`);
  else key[name] = checked;
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

function checkCreated(value: unknown, note: Note): CreatedKey {
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
  const known = compact({ key: key && checkKey(key, note) });
  return { valid: false, reason, ...known } as Verdict;
}

function checkOwnKey(value: unknown, note: Note): OwnKey {
  const key = checkKey(value, note);
  if (!isRecord(value)) return key;
  const policy = text(value['policy']);
  if (typeof policy !== 'string') return key;
  // The response's shape has checked the facts.
  const facts = value['policy_facts'] as PolicyFacts | undefined;
  return { ...key, policy, ...compact({ policy_facts: facts }) };
}

type Checks = {
  readonly [Name in keyof OperationTypes]: (value: unknown, note: Note) => OperationTypes[Name]['output'];
};

/**
 * What each operation's `read` gave, as it must be. Throws `DefinitionMistake`, naming the member and none of
 * its value.
 */
export const CHECK_OUTPUT: Checks = {
  create: checkCreated,
  list: checkPage,
  holders: checkPage,
  get: (value, note) => checkKey(value, note),
  update: (value, note) => (value === undefined ? undefined : checkKey(value, note)),
  roll(value, note) {
    const previous = isRecord(value) ? value['previous'] : undefined;
    return { ...checkCreated(value, note), previous: checkKey(previous, note) };
  },
  pause: () => undefined,
  unpause: () => undefined,
  revoke: () => undefined,
  verify: checkVerdict,
  recover: checkCredential,
  whoami: (value, note) => (value === null ? null : checkOwnKey(value, note)),
  usage: (value) => value as OperationTypes['usage']['output'],
  events: (value) => value as OperationTypes['events']['output'],
  acknowledge: () => undefined,
};
