/**
 * What the client requires of a response of the key endpoints. `response-schemas.ts` describes the same in
 * zod for the published document. Loading zod and its schemas costs most of what `keys list` may cost, so the
 * client has these few checks instead; test/http/wire/response-shapes.test.ts holds both equal.
 */

import type { AuditEvent } from '../../domain/audit-event.js';
import { isRecord } from '../../domain/is-record.js';
import { KEY_STATUSES, KEY_TYPES, type Key } from '../../domain/key.js';
import {
  INVALID_REASONS,
  type InvalidReason,
  type KeyDay,
  type PolicyFacts,
} from '../../domain/key-service.js';
import type { ResponseSchema } from './read-response.js';

/** What is wrong with a value, and where in it. */
interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Returns the first problem of a value; null: it has the shape. */
type Shape = (value: unknown) => Problem | null;

const must = (is: (value: unknown) => boolean, message: string): Shape => {
  const problem = { path: [], message };
  return (value) => (is(value) ? null : problem);
};
const isText = (value: unknown): value is string => typeof value === 'string';

const anything: Shape = () => null;
const text = must(isText, 'not text');
const filled = must((value) => isText(value) && value !== '', 'not text, or empty');
const truth = must((value) => typeof value === 'boolean', 'neither true nor false');
const whole = must((value) => Number.isSafeInteger(value), 'not a whole number');
const yes = must((value) => value === true, 'not true');
const day = must((value) => isText(value) && /^\d{4}-\d\d-\d\d$/.test(value) && isDate(value), 'not a date');
/** ISO 8601, with its zone. */
const TIME = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const time = must(
  (value) => isText(value) && TIME.test(value) && isDate(value.slice(0, 10)),
  'not a time with its zone',
);

/** Whether the month has this day. `Date` takes 31 February for 3 March. */
function isDate(date: string): boolean {
  // Most days are in every month. The rest of this is slow beside them.
  if (/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$/.test(date)) return true;
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}

const oneOf = (values: readonly string[]): Shape =>
  must((value) => isText(value) && values.includes(value), `not one of ${values.join(', ')}`);
const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined ? null : shape(value);
const nullable =
  (shape: Shape): Shape =>
  (value) =>
    value === null ? null : shape(value);
const maybe = (shape: Shape): Shape => optional(nullable(shape));

function within(key: PropertyKey, problem: Problem | null): Problem | null {
  return problem === null ? null : { path: [key, ...problem.path], message: problem.message };
}

/** A list whose members have this shape. */
function list(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return { path: [], message: 'not a list' };
    for (let at = 0; at < value.length; at++) {
      const problem = shape(value[at]);
      if (problem !== null) return within(at, problem);
    }
    return null;
  };
}

/** An object with these members; others are let through. */
function object(members: Readonly<Record<string, Shape>>): Shape {
  const names = Object.keys(members);
  const shapes = Object.values(members);
  return (value) => {
    if (!isRecord(value)) return { path: [], message: 'not an object' };
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      const problem = (shapes[at] as Shape)(value[name]);
      if (problem !== null) return within(name, problem);
    }
    return null;
  };
}

/** An object whose members all have this shape. */
function record(shape: Shape): Shape {
  return (value) =>
    isRecord(value)
      ? object(Object.fromEntries(Object.keys(value).map((name) => [name, shape])))(value)
      : { path: [], message: 'not an object' };
}

const either =
  (one: Shape, other: Shape): Shape =>
  (value) =>
    one(value) === null ? null : other(value);

/**
 * A key's record. Only what the documented page shows is required, so that a service that has no more is
 * understood; what a newer service adds is let through.
 */
const KEY = {
  id: filled,
  name: text,
  type: optional(oneOf(KEY_TYPES)),
  environment: maybe(text),
  service: maybe(text),
  prefix: optional(text),
  hint: maybe(text),
  status: optional(oneOf(KEY_STATUSES)),
  scopes: optional(list(text)),
  restrictions: optional(
    object({ ips: optional(list(text)), referrers: optional(list(text)), endpoints: optional(list(text)) }),
  ),
  limits: optional(object({ rate: optional(text), quota: optional(text), uses: optional(whole) })),
  owner: maybe(text),
  created_at: maybe(time),
  last_used: maybe(time),
  expires_at: maybe(time),
  rolled_from: maybe(text),
  rolled_to: maybe(text),
  metadata: optional(record(text)),
};
const key = object(KEY);
const createdKey = either(
  object({ ...KEY, secret: filled }),
  object({ ...KEY, api_key: filled, secret_key: filled }),
);

/**
 * A body of this shape, as `readResponse` takes it. The data are as they came: members that nobody asked for
 * stay.
 */
function body<Data>(shape: Shape): ResponseSchema<Data> {
  return {
    safeParse(value) {
      const problem = shape(value);
      return problem === null
        ? { success: true, data: value as Data }
        : { success: false, error: { issues: [problem] } };
    },
  };
}

/** A successful response of the key endpoints with these members. */
function success<Members>(members: Readonly<Record<keyof Members & string, Shape>>) {
  return body<Members>(object({ success: yes, ...members }));
}

/** A vendor's body in which members of these names are texts, where they are there at all. */
export function textsShape<Name extends string>(...names: readonly Name[]) {
  const members = Object.fromEntries(names.map((name) => [name, optional(text)]));
  return body<{ readonly [Member in Name]?: string }>(object(members));
}

interface Paging {
  readonly has_more?: boolean;
  readonly next_cursor?: string | null;
}

/** A key's record with its secret, or with its pair. */
export type CreatedRecord = Key &
  ({ readonly secret: string } | { readonly api_key: string; readonly secret_key: string });

export const keyShape = success<{ readonly data: Key }>({ data: key });
/**
 * `policy`: the rules that the service follows, such as `tylt`. A service that is not ours does not have it.
 */
export const whoamiShape = success<{
  readonly data: Key;
  readonly policy?: { readonly id: string } & PolicyFacts;
}>({
  data: key,
  policy: optional(
    object({
      id: text,
      title: text,
      environments: list(text),
      types: list(text),
      credential: oneOf(['secret', 'pair']),
    }),
  ),
});
export const createShape = success<{ readonly data: CreatedRecord }>({ data: createdKey });
export const rollShape = success<{ readonly data: CreatedRecord; readonly previous: Key }>({
  data: createdKey,
  previous: key,
});
/** `has_more` and `next_cursor` are ours: the documented page has neither and shows everything at once. */
export const listShape = success<{ readonly data: readonly Key[] } & Paging>({
  data: list(key),
  has_more: optional(truth),
  next_cursor: maybe(text),
});
export const messageShape = success<{ readonly message: string }>({ message: text });
export const verifyShape = success<{
  readonly data: { readonly valid: boolean; readonly reason?: InvalidReason; readonly key?: Key };
}>({ data: object({ valid: truth, reason: optional(oneOf(INVALID_REASONS)), key: optional(key) }) });
export const usageShape = success<{
  readonly data: readonly KeyDay[];
}>({ data: list(object({ day, uses: whole, refusals: whole, new_addresses: optional(whole) })) });
export const eventsShape = success<{ readonly data: readonly AuditEvent[] } & Required<Paging>>({
  data: list(
    object({
      id: filled,
      at: time,
      actor: text,
      action: text,
      key_id: nullable(text),
      details: record(anything),
    }),
  ),
  has_more: truth,
  next_cursor: nullable(text),
});
