import { z } from 'zod';
import { isErrorCode } from '../domain/errors.js';
import { KEY_STATUSES, KEY_TYPES, MAX_NAME_LENGTH } from '../domain/key.js';
import { INVALID_REASONS } from '../domain/key-service.js';
import { parseEndpoint, parseIpRange } from '../domain/restrictions.js';
import { SCOPE_PATTERN } from '../domain/scopes.js';

const time = z.iso.datetime({ offset: true });

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

/** PostgreSQL has no place for one of them in a text, and people see none. */
const noControls = (text: string) => !/\p{Cc}/u.test(text);

/** A name: 1 to 200 characters, none of them a control character, not only white space. */
const nameSchema = z
  .string()
  .min(1)
  .refine((name) => [...name].length <= MAX_NAME_LENGTH, `at most ${MAX_NAME_LENGTH} characters`)
  .refine(noControls, 'no control characters')
  .refine((name) => name.trim() !== '', 'not only white space');

const restrictionsSchema = z.strictObject({
  ips: z
    .array(z.string().max(64).refine(accepts(parseIpRange), 'an IP address or CIDR range'))
    .max(100)
    .optional(),
  referrers: z.array(z.string().min(1).max(500)).max(100).optional(),
  endpoints: z
    .array(z.string().max(500).refine(accepts(parseEndpoint), "a method and a path, such as 'GET /v1/*'"))
    .max(100)
    .optional(),
});

const scopes = z.array(z.string().max(100).regex(SCOPE_PATTERN)).max(100);
const metadata = z.record(z.string().min(1).max(100), z.string().max(1000));
const label = z.string().min(1).max(100).refine(noControls, 'no control characters');

export const createRequest = z.strictObject({
  name: nameSchema,
  type: z.enum(KEY_TYPES).optional(),
  environment: label.optional(),
  service: label.nullable().optional(),
  expires_at: time.nullable().optional(),
  scopes: scopes.optional(),
  restrictions: restrictionsSchema.optional(),
  metadata: metadata.optional(),
});

export const updateRequest = z
  .strictObject({
    name: nameSchema.optional(),
    service: label.nullable().optional(),
    expires_at: time.nullable().optional(),
    scopes: scopes.optional(),
    restrictions: restrictionsSchema.optional(),
    metadata: metadata.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'nothing to change');

export const rollRequest = z.strictObject({
  grace_seconds: z.int().min(0).max(31_536_000).optional(),
});

export const verifyRequest = z.strictObject({
  key: z.string().min(1).max(1000),
  ip: z.string().max(64).optional(),
  referrer: z.string().max(2000).optional(),
  method: z.string().max(20).optional(),
  path: z.string().max(2000).optional(),
  scope: z.string().max(100).optional(),
  signature: z.string().max(200).optional(),
  signed: z.string().max(64_000).optional(),
});

/** A list's filters and place, as the contract has them. */
export const listRequest = z.strictObject({
  limit: z.int().min(1).max(1000).optional(),
  cursor: z.string().min(1).max(500).optional(),
  /** `*` stands for any run of characters. */
  name: z.string().min(1).max(1000).refine(noControls, 'no control characters').optional(),
  status: z.array(z.enum(KEY_STATUSES)).max(10).optional(),
  type: z.enum(KEY_TYPES).optional(),
  environment: label.optional(),
  service: label.optional(),
});

const digits = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(1000));

/** The same as a query string has it: numbers as digits, statuses joined by commas. */
export const listQuery = listRequest.extend({
  limit: digits.optional(),
  status: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(KEY_STATUSES)).max(10))
    .optional(),
});

/** The scope that the caller's key must have; empty: any key will do. */
export const authorizeQuery = z.object({ scope: z.string().max(100).optional() });

export const eventsRequest = z.strictObject({
  limit: z.int().min(1).max(1000).optional(),
  cursor: z.string().min(1).max(500).optional(),
  key_id: z.string().min(1).max(100).refine(noControls, 'no control characters').optional(),
});

export const eventsQuery = eventsRequest.extend({ limit: digits.optional() });

/**
 * A key's record. Only what the documented page shows is required, so that a service that has no more is understood;
 * what a newer service adds is let through and dropped.
 */
const keySchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  type: z.enum(KEY_TYPES).optional(),
  environment: z.string().nullable().optional(),
  service: z.string().nullable().optional(),
  prefix: z.string().optional(),
  hint: z.string().nullable().optional(),
  status: z.enum(KEY_STATUSES).optional(),
  scopes: z.array(z.string()).optional(),
  restrictions: z
    .object({
      ips: z.array(z.string()).optional(),
      referrers: z.array(z.string()).optional(),
      endpoints: z.array(z.string()).optional(),
    })
    .optional(),
  created_at: time.nullable().optional(),
  last_used: time.nullable().optional(),
  expires_at: time.nullable().optional(),
  rolled_from: z.string().nullable().optional(),
  rolled_to: z.string().nullable().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});

const issuedKeySchema = z.union([
  keySchema.extend({ secret: z.string().min(1) }),
  keySchema.extend({ api_key: z.string().min(1), secret_key: z.string().min(1) }),
]);

const success = z.literal(true);

export const keyAnswer = z.object({ success, data: keySchema });
export const createAnswer = z.object({ success, data: issuedKeySchema });
export const rollAnswer = z.object({ success, data: issuedKeySchema, previous: keySchema });
/** `has_more` and `next_cursor` are ours: the documented page has neither and shows everything at once. */
export const listAnswer = z.object({
  success,
  data: z.array(keySchema),
  has_more: z.boolean().optional(),
  next_cursor: z.string().nullable().optional(),
});
export const eventsAnswer = z.object({
  success,
  data: z.array(
    z.object({
      id: z.string().min(1),
      at: time,
      actor: z.string(),
      action: z.string(),
      key_id: z.string().nullable(),
      details: z.record(z.string(), z.unknown()),
    }),
  ),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});
export const messageAnswer = z.object({ success, message: z.string() });
export const verifyAnswer = z.object({
  success,
  data: z.object({
    valid: z.boolean(),
    reason: z.enum(INVALID_REASONS).optional(),
    key: keySchema.optional(),
  }),
});

/** RFC 9457 problem details, with `success: false` and our `code` beside the standard members. */
export const problemSchema = z.object({
  success: z.literal(false),
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().refine(isErrorCode),
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  request_id: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;
