// Apart from the responses: a program that sends a request does not load the schemas that check it.
import * as z from 'zod/mini';
import { en } from 'zod/v4/locales';
import { checkEndpoint } from '../../domain/endpoint-restriction.js';
import { KEY_STATUSES, KEY_TYPES, MAX_NAME_LENGTH } from '../../domain/key.js';
import { parseQuota, parseRate } from '../../domain/key-limits.js';
import { checkReferrer } from '../../domain/referrer-restriction.js';
import { parseIpRange } from '../../domain/restrictions.js';
import { SCOPE_PATTERN } from '../../domain/scopes.js';

// What the small form leaves out: that a message says what is wrong.
z.config(en());

/**
 * Builds a schema when it is first needed: each takes time, and a create on the embedded service needs one of
 * them.
 */
function lazily<Schema>(build: () => Schema): () => Schema {
  let built: Schema | undefined;
  return () => {
    built ??= build();
    return built;
  };
}

const time = lazily(() => z.iso.datetime({ offset: true }));

function accepts(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
}

/** No control characters: PostgreSQL text cannot store NUL, and the rest are invisible. */
const noControls = lazily(() =>
  z.refine<string>((text) => !/[\u0000-\u001f\u007f-\u009f]/.test(text), 'no control characters'),
);

/** Empty and only white space are one mistake: nobody sees the difference. */
const notBlank = lazily(() => z.refine<string>((text) => text.trim() !== '', 'must not be empty'));

/** A name: 1 to 200 characters, no control characters, not only white space. */
const nameSchema = lazily(() =>
  z.string().check(
    // Normalize accented letters, so that a name matches however it is typed.
    z.normalize(),
    z.minLength(1, 'must not be empty'),
    z.refine((name) => [...name].length <= MAX_NAME_LENGTH, `at most ${MAX_NAME_LENGTH} characters`),
    noControls(),
    notBlank(),
  ),
);

function text(minimum: number, maximum: number) {
  return z.string().check(z.minLength(minimum), z.maxLength(maximum));
}

function maybe<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.optional(z.nullable(schema));
}

function integer(minimum: number, maximum: number) {
  return z.int().check(z.minimum(minimum), z.maximum(maximum));
}

function atMost<Schema extends z.ZodMiniType>(count: number, schema: Schema) {
  return z.array(schema).check(z.maxLength(count));
}

const restrictionsSchema = lazily(() =>
  z.strictObject({
    ips: z.optional(
      atMost(100, text(0, 64).check(z.refine(accepts(parseIpRange), 'an IP address or CIDR range'))),
    ),
    referrers: z.optional(
      atMost(100, text(1, 500).check(z.refine(accepts(checkReferrer), 'a page or an origin'))),
    ),
    endpoints: z.optional(
      atMost(
        100,
        text(0, 500).check(z.refine(accepts(checkEndpoint), "a method and a path, such as 'GET /v1/*'")),
      ),
    ),
  }),
);

const limitsSchema = lazily(() =>
  z.strictObject({
    /** Such as `100/min`. */
    rate: z.optional(text(1, 30).check(z.refine(accepts(parseRate), "a rate, such as '100/min'"))),
    /** Such as `10000/month`, by the calendar in UTC. */
    quota: z.optional(text(1, 30).check(z.refine(accepts(parseQuota), "a quota, such as '10000/month'"))),
    uses: z.optional(integer(1, 1_000_000_000_000)),
  }),
);

const scopes = lazily(() =>
  atMost(
    100,
    z.string().check(z.maxLength(100), z.regex(SCOPE_PATTERN, 'not a scope, such as invoices:read')),
  ),
);
const metadata = lazily(() => z.record(text(1, 100), z.string().check(z.maxLength(1000))));
/** A text of 1 to 100 characters, no control characters, not only white space. */
const label = lazily(() =>
  z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(100), noControls(), notBlank()),
);

export const createRequest = lazily(() =>
  z.strictObject({
    name: nameSchema(),
    type: z.optional(z.enum(KEY_TYPES)),
    environment: z.optional(label()),
    service: maybe(label()),
    expires_at: maybe(time()),
    scopes: z.optional(scopes()),
    restrictions: z.optional(restrictionsSchema()),
    limits: z.optional(limitsSchema()),
    owner: maybe(label()),
    metadata: z.optional(metadata()),
  }),
);

export const updateRequest = lazily(() =>
  z
    .strictObject({
      name: z.optional(nameSchema()),
      service: maybe(label()),
      expires_at: maybe(time()),
      scopes: z.optional(scopes()),
      restrictions: z.optional(restrictionsSchema()),
      limits: z.optional(limitsSchema()),
      owner: maybe(label()),
      metadata: z.optional(metadata()),
      /** False pauses the key: it does not work until this is true again. */
      enabled: z.optional(z.boolean()),
    })
    .check(z.refine((changes) => Object.keys(changes).length > 0, 'nothing to change')),
);

export const rollRequest = lazily(() =>
  z.strictObject({
    grace_seconds: z.optional(integer(0, 31_536_000)),
  }),
);

export const verifyRequest = lazily(() =>
  z.strictObject({
    key: text(1, 1000),
    ip: z.optional(text(0, 64)),
    referrer: z.optional(text(0, 2000)),
    method: z.optional(text(0, 20)),
    path: z.optional(text(0, 2000)),
    scope: z.optional(text(0, 100)),
    environment: z.optional(text(0, 100)),
    signature: z.optional(text(0, 200)),
    signed: z.optional(text(0, 64_000)),
  }),
);

/** A list's filters and place, as the contract has them. */
export const listRequest = lazily(() =>
  z.strictObject({
    limit: z.optional(integer(1, 1000)),
    cursor: z.optional(text(1, 500)),
    /** `*` stands for any run of characters. */
    name: z.optional(text(1, 1000).check(z.normalize(), noControls())),
    status: z.optional(atMost(10, z.enum(KEY_STATUSES))),
    type: z.optional(z.enum(KEY_TYPES)),
    environment: z.optional(label()),
    service: z.optional(label()),
    owner: z.optional(label()),
    /** A name and a value, such as `team=web`: the keys that have this note. */
    metadata: z.optional(text(2, 1_200).check(z.regex(/^[^=]+=/))),
  }),
);

const digits = lazily(() =>
  z.pipe(
    z.pipe(
      z.string().check(z.regex(/^\d{1,4}$/, 'must be a whole number from 1 to 1000')),
      z.transform(Number),
    ),
    integer(1, 1000),
  ),
);

/**
 * The same as a query string has it: numbers as digits, statuses joined by commas. The defaults are those of
 * the documented page, which has neither pages nor a status: all keys that are not revoked.
 */
export const listQuery = lazily(() =>
  z.extend(listRequest(), {
    limit: z.prefault(digits(), '1000'),
    status: z.prefault(
      z.pipe(
        z.pipe(
          z.string(),
          z.transform((text) => text.split(',')),
        ),
        atMost(10, z.enum(KEY_STATUSES)),
      ),
      KEY_STATUSES.filter((status) => status !== 'revoked').join(','),
    ),
  }),
);

/** `force=true`: also where no key would be left that can manage keys. */
export const forceQuery = lazily(() =>
  z.object({
    force: z.optional(
      z.pipe(
        z.enum(['true', 'false']),
        z.transform((text) => text === 'true'),
      ),
    ),
  }),
);

/** The scope and the environment that the caller's key must have; empty: any will do. */
export const authorizeQuery = lazily(() =>
  z.object({
    scope: z.optional(z.string().check(z.maxLength(100))),
    environment: z.optional(z.string().check(z.maxLength(100))),
  }),
);

export const eventsRequest = lazily(() =>
  z.strictObject({
    limit: z.optional(integer(1, 1000)),
    cursor: z.optional(text(1, 500)),
    key_id: z.optional(text(1, 100).check(noControls())),
  }),
);

/** How many days back, today included; default 30. */
export const usageQuery = lazily(() => z.object({ days: z.optional(digits()) }));

export const eventsQuery = lazily(() => z.extend(eventsRequest(), { limit: z.optional(digits()) }));
