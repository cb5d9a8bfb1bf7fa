/**
 * Which requests of the key endpoints are in order, without zod: loading it costs a tenth of a create on the
 * embedded service. What has no such shape is read by the schemas of `request-schemas.ts`, which say why they
 * refuse it. So a shape may refuse what its schema takes, and never the other way round;
 * test/http/wire/request-shapes.test.ts sees to that.
 */

import type { ListEvents } from '../../domain/audit-event.js';
import { checkEndpoint } from '../../domain/endpoint-restriction.js';
import { isRecord } from '../../domain/is-record.js';
import { KEY_STATUSES, KEY_TYPES, MAX_NAME_LENGTH } from '../../domain/key.js';
import { parseQuota, parseRate } from '../../domain/key-limits.js';
import type { CreateKey, ListKeys, RollKey, UpdateKey, VerifyKey } from '../../domain/key-service.js';
import { checkReferrer } from '../../domain/referrer-restriction.js';
import { parseIpRange } from '../../domain/restrictions.js';
import { SCOPE_PATTERN } from '../../domain/scopes.js';
import { list, maybe, must, oneOf, optional, type Shape, time, truth } from '../../domain/shapes.js';

/** What each request is once it is read. `enabled: false` pauses a key. */
export interface Requests {
  readonly createRequest: CreateKey;
  readonly updateRequest: UpdateKey & { readonly enabled?: boolean };
  readonly rollRequest: RollKey;
  readonly verifyRequest: VerifyKey;
  readonly listRequest: ListKeys;
  readonly eventsRequest: ListEvents;
}

type Members = Readonly<Record<string, Shape>>;

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

function words(minimum: number, maximum: number, is: (text: string) => boolean = () => true): Shape {
  return must(
    (value) => typeof value === 'string' && value.length >= minimum && value.length <= maximum && is(value),
    `no text of ${minimum} to ${maximum} characters that fits`,
  );
}

function integer(minimum: number, maximum: number): Shape {
  return must(
    (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
    `no whole number from ${minimum} to ${maximum}`,
  );
}

function atMost(count: number, shape: Shape): Shape {
  const each = list(shape);
  return (value) =>
    Array.isArray(value) && value.length > count
      ? { path: [], message: `more than ${count} entries` }
      : each(value);
}

/** An object as JSON has it. Dates and other objects of classes are left to the schema. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype;
}

function fits(value: Record<string, unknown>, members: Members): boolean {
  return (
    Object.keys(value).every((name) => Object.hasOwn(members, name)) &&
    Object.entries(members).every(([name, shape]) => shape(value[name]) === null)
  );
}

/** An object with these members and no other, in this order: the schema returns them so. */
function inOrder(members: Members): Shape {
  const order = Object.keys(members);
  const isSorted = (names: readonly string[]) =>
    names.every((name, at) => at === 0 || order.indexOf(name) > order.indexOf(names[at - 1] ?? ''));
  return must(
    (value) => isPlain(value) && fits(value, members) && isSorted(Object.keys(value)),
    'not an object with these members',
  );
}

/** Notes. A name that every object has is left to the schema. */
const notes = must(
  (value) =>
    isPlain(value) &&
    Object.entries(value).every(
      ([name, text]) => !(name in {}) && words(1, 100)(name) === null && words(0, 1000)(text) === null,
    ),
  'no notes',
);

function accepts(check: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      check(text);
      return true;
    } catch {
      return false;
    }
  };
}

const isFilled = (text: string) => !CONTROL.test(text) && text.trim() !== '';
/** Accented letters count as the schema counts them. */
const name = must(
  (value) => typeof value === 'string' && isFilled(value) && [...value.normalize()].length <= MAX_NAME_LENGTH,
  'no name',
);
const label = words(1, 100, isFilled);
const scopes = atMost(
  100,
  words(0, 100, (scope) => SCOPE_PATTERN.test(scope)),
);
const restrictions = inOrder({
  ips: optional(atMost(100, words(0, 64, accepts(parseIpRange)))),
  referrers: optional(atMost(100, words(1, 500, accepts(checkReferrer)))),
  endpoints: optional(atMost(100, words(0, 500, accepts(checkEndpoint)))),
});
const limits = inOrder({
  rate: optional(words(1, 30, accepts(parseRate))),
  quota: optional(words(1, 30, accepts(parseQuota))),
  uses: optional(integer(1, 1_000_000_000_000)),
});
const cursor = optional(words(1, 500));
const limit = optional(integer(1, 1000));

/** What a key is given at its creation and by a later change. */
const CHANGEABLE: Members = {
  service: maybe(label),
  expires_at: maybe(time),
  scopes: optional(scopes),
  restrictions: optional(restrictions),
  limits: optional(limits),
  owner: maybe(label),
  metadata: optional(notes),
};

/** Members in the order in which the schemas return them. */
const MEMBERS: Readonly<Record<keyof Requests, Members>> = {
  createRequest: {
    name,
    type: optional(oneOf(KEY_TYPES)),
    environment: optional(label),
    ...CHANGEABLE,
  },
  updateRequest: {
    name: optional(name),
    ...CHANGEABLE,
    enabled: optional(truth),
  },
  rollRequest: { grace_seconds: optional(integer(0, 31_536_000)) },
  verifyRequest: {
    key: words(1, 1000),
    ip: optional(words(0, 64)),
    referrer: optional(words(0, 2000)),
    method: optional(words(0, 20)),
    path: optional(words(0, 2000)),
    scope: optional(words(0, 100)),
    environment: optional(words(0, 100)),
    signature: optional(words(0, 200)),
    signed: optional(words(0, 64_000)),
  },
  listRequest: {
    limit,
    cursor,
    name: optional(words(1, 1000, (text) => !CONTROL.test(text))),
    status: optional(atMost(10, oneOf(KEY_STATUSES))),
    type: optional(oneOf(KEY_TYPES)),
    environment: optional(label),
    service: optional(label),
    owner: optional(label),
    metadata: optional(words(2, 1_200, (text) => /^[^=]+=/.test(text))),
  },
  eventsRequest: {
    limit,
    cursor,
    key_id: optional(words(1, 100, (text) => !CONTROL.test(text))),
  },
};

/** The request as its schema returns it. Null: the schema has to look at it. */
export function requestInOrder<Name extends keyof Requests>(
  kind: Name,
  input: unknown,
): Requests[Name] | null {
  const members = MEMBERS[kind];
  if (!isPlain(input) || !fits(input, members)) return null;
  const given = Object.keys(members).filter((member) => member in input);
  // An update without changes is a mistake; every other request may leave out what may be left out.
  if (kind === 'updateRequest' && given.length === 0) return null;
  const read = Object.fromEntries(given.map((member) => [member, input[member]]));
  const { name: named } = read;
  return { ...read, ...(typeof named === 'string' ? { name: named.normalize() } : {}) } as Requests[Name];
}
