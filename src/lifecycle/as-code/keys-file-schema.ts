import { z } from 'zod';
import { KEY_TYPES } from '../../domain/key.js';
import { option, words } from '../../domain/words.js';

/** A duration as `parseDuration` reads it. */
const DURATION = /^(?:0|(?:\d+(?:mo|min|[smhdwy]))+|P(?=[\dT])[\dWDTHMS]+)$/;
/** Such as the old key of a roll, which always ends. */
const NEVER = 'cannot be never: such as 12h or 30d';
const NOT_A_DURATION = 'not a duration: such as 12h, 30d, 9mo, 1y or PT12H';

const duration = (about: string) =>
  z
    .string()
    .regex(DURATION, { error: ({ input }) => (input === 'never' ? NEVER : NOT_A_DURATION) })
    .meta({ description: about });
const durationOrNever = (about: string) =>
  z.union([z.literal('never'), z.string().regex(DURATION, NOT_A_DURATION)]).meta({ description: about });
const text = (about: string) => z.string().min(1).max(2000).meta({ description: about });
const texts = (about: string) => z.array(z.string().min(1)).max(1000).meta({ description: about });

/** A name of an account, which is also the name of a profile. */
const ACCOUNT = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const AS_TO = String(words`a place as ${option('to')} says it`);

const place = z.union([
  text(`${AS_TO}, such as .env#WEB_API_KEY`),
  z.strictObject({
    place: text(AS_TO),
    // biome-ignore lint/suspicious/noThenProperty: the word of the file; its value is text, so nothing takes it for a promise
    then: text('a command that brings the secret into use after each delivery').optional(),
  }),
]);

const account = z.strictObject({
  provider: text('id of the provider, such as resend'),
  base_url: text("address of the service, if it is not the provider's own").optional(),
  set: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: 'what the provider must be told, such as an account or a project' }),
});

const key = z.strictObject({
  name: text('what the key is for; unique in its account'),
  account: text('one of the accounts of this file'),
  type: z.enum(KEY_TYPES).optional(),
  environment: text("one of the provider's, such as live or test").optional(),
  service: text('the service that it belongs to').optional(),
  scopes: texts('what the key may do').optional(),
  restrictions: z
    .strictObject({
      ips: texts('addresses or CIDR ranges').optional(),
      referrers: texts('origins or pages').optional(),
      endpoints: texts("such as 'GET /v1/users/*'").optional(),
    })
    .optional()
    .meta({ description: 'from where and for what the key may be used' }),
  metadata: z.record(z.string(), z.string()).optional().meta({ description: 'notes kept with the key' }),
  options: z
    .record(z.string(), z.json())
    .optional()
    .meta({ description: "the vendor's own options, which its provider's page names" }),
  expires: durationOrNever('how long a version of the key works from its creation').optional(),
  rotate: durationOrNever('age at which the key is rolled').optional(),
  grace: duration('how long the old key works after a roll').optional(),
  to: z
    .union([z.literal('unknown'), z.array(place).min(1).max(100)])
    .optional()
    .meta({ description: 'the places of its secret; unknown: apply never delivers it' }),
  renamed_from: text('the name that the key had before').optional(),
  adopt: text('id, at the vendor, of a key that exists already and becomes this one').optional(),
  revoked: z.literal(true).optional().meta({ description: 'apply revokes every version of the key' }),
});

/** What `keys.yaml` may hold. The JSON schema that the package publishes is made of it. */
export const keysFileSchema = z.strictObject({
  version: z.literal(1),
  defaults: z
    .strictObject({
      rotate: durationOrNever('age at which a key is rolled').optional(),
      grace: duration('how long an old key works after a roll').optional(),
      every: duration('how often apply runs: a key that expires before the next run is due now').optional(),
    })
    .optional(),
  accounts: z.record(z.string().regex(ACCOUNT, 'a name has small letters, digits, - and _'), account),
  keys: z.array(key).max(10_000),
});

export type RawKeysFile = z.infer<typeof keysFileSchema>;
export type RawKey = RawKeysFile['keys'][number];

/** The JSON schema of `keys.yaml`, for editors. */
export function keysFileJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(keysFileSchema, { target: 'draft-7', io: 'input' });
  return {
    $schema,
    title: 'keys.yaml',
    description: 'The keys of one or more accounts, for the commands plan and apply.',
    ...schema,
  };
}
