import * as z from 'zod/mini';
import { en } from 'zod/v4/locales';
import { isErrorCode } from '../../domain/errors.js';
import { KEY_STATUSES, KEY_TYPES } from '../../domain/key.js';
import { INVALID_REASONS } from '../../domain/key-service.js';

z.config(en());

const time = z.iso.datetime({ offset: true });

function maybe<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.optional(z.nullable(schema));
}

const anyText = z.string();

/**
 * A key's record. Only what the documented page shows is required, so that a service that has no more is
 * understood; what a newer service adds is let through and dropped.
 */
const keySchema = z.object({
  id: anyText.check(z.minLength(1)),
  name: anyText,
  type: z.optional(z.enum(KEY_TYPES)),
  environment: maybe(anyText),
  service: maybe(anyText),
  prefix: z.optional(anyText),
  hint: maybe(anyText),
  status: z.optional(z.enum(KEY_STATUSES)),
  scopes: z.optional(z.array(anyText)),
  restrictions: z.optional(
    z.object({
      ips: z.optional(z.array(anyText)),
      referrers: z.optional(z.array(anyText)),
      endpoints: z.optional(z.array(anyText)),
    }),
  ),
  limits: z.optional(
    z.object({ rate: z.optional(anyText), quota: z.optional(anyText), uses: z.optional(z.int()) }),
  ),
  owner: maybe(anyText),
  created_at: maybe(time),
  last_used: maybe(time),
  expires_at: maybe(time),
  rolled_from: maybe(anyText),
  rolled_to: maybe(anyText),
  metadata: z.optional(z.record(anyText, anyText)),
});

const secret = anyText.check(z.minLength(1));
const createdKeySchema = z.union([
  z.extend(keySchema, { secret }),
  z.extend(keySchema, { api_key: secret, secret_key: secret }),
]);

const success = z.literal(true);

export const keyResponse = z.object({ success, data: keySchema });
/**
 * `policy`: the rules that the service follows, such as `tylt`. A service that is not ours does not tell it.
 */
export const whoamiResponse = z.object({
  success,
  data: keySchema,
  policy: z.optional(
    z.object({
      id: anyText,
      title: anyText,
      environments: z.array(anyText),
      types: z.array(anyText),
      credential: z.enum(['secret', 'pair']),
    }),
  ),
});
export const createResponse = z.object({ success, data: createdKeySchema });
export const rollResponse = z.object({ success, data: createdKeySchema, previous: keySchema });
/** `has_more` and `next_cursor` are ours: the documented page has neither and shows everything at once. */
export const listResponse = z.object({
  success,
  data: z.array(keySchema),
  has_more: z.optional(z.boolean()),
  next_cursor: maybe(anyText),
});
export const messageResponse = z.object({ success, message: anyText });
export const verifyResponse = z.object({
  success,
  data: z.object({
    valid: z.boolean(),
    reason: z.optional(z.enum(INVALID_REASONS)),
    key: z.optional(keySchema),
  }),
});

export const usageResponse = z.object({
  success,
  data: z.array(
    z.object({
      day: z.iso.date(),
      uses: z.int(),
      refusals: z.int(),
      new_addresses: z.optional(z.int()),
    }),
  ),
});

export const eventsResponse = z.object({
  success,
  data: z.array(
    z.object({
      id: anyText.check(z.minLength(1)),
      at: time,
      actor: anyText,
      action: anyText,
      key_id: z.nullable(anyText),
      details: z.record(anyText, z.unknown()),
    }),
  ),
  has_more: z.boolean(),
  next_cursor: z.nullable(anyText),
});

/** RFC 9457 problem details, with `success: false` and our `code` beside the standard members. */
export const problemSchema = z.object({
  success: z.literal(false),
  type: anyText,
  title: anyText,
  status: z.int(),
  detail: anyText,
  code: anyText.check(z.refine(isErrorCode)),
  hint: z.optional(anyText),
  details: z.optional(z.record(anyText, z.unknown())),
  request_id: z.optional(anyText),
});
export type Problem = z.infer<typeof problemSchema>;
