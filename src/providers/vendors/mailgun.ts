import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import {
  basic,
  type CallContext,
  defineProvider,
  operation,
  type RequestAuth,
  segment,
} from '../define-provider.js';
import { hasPassed, isoDate, known, secondsUntil } from '../values.js';

const never = z.literal('').transform(() => null);

const record = z.object({
  id: z.string(),
  description: z.string().optional(),
  role: z.string().optional(),
  created_at: isoDate.optional(),
  expires_at: z.union([never, isoDate]).nullish(),
  is_disabled: z.boolean().optional(),
});

const keyOf = (told: z.infer<typeof record>, { clock }: CallContext): Key =>
  known({
    id: told.id,
    name: told.description || told.id,
    scopes: told.role ? [told.role] : undefined,
    status: told.is_disabled ? 'revoked' : hasPassed(told.expires_at, clock.now()) ? 'expired' : 'active',
    created_at: told.created_at,
    expires_at: told.expires_at,
  });

/** HTTP Basic with a user that is always the same. */
const auth: RequestAuth = (credential, request) =>
  basic('secret' in credential ? { api_key: 'api', secret_key: credential.secret } : credential, request);

/** Keys of a domain are of another kind than those of the account, and are asked for as such. */
const kindOf = ({ set }: CallContext) =>
  set['domain'] ? { kind: 'domain', domain_name: set['domain'] } : {};

/** Mailgun: keys of the account, or of one domain for sending. Bodies are forms, times have no zone. */
export const mailgun = defineProvider({
  id: 'mailgun',
  title: 'Mailgun',
  documentation: 'https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys',
  baseUrl: 'https://api.mailgun.net',
  context: [
    {
      name: 'domain',
      about: 'the domain whose sending keys these are, instead of keys of the account',
      required: false,
    },
  ],
  variables: { secret: 'MAILGUN_API_KEY' },
  auth,
  accepts: {
    expires_at: 'any time, as seconds from now',
    scopes: {
      about: 'the role of the key: sending goes with a domain, the others do not',
      values: ['admin', 'basic', 'developer', 'sending'],
      most: 1,
      required: true,
    },
  },
  updates: [],
  notes: [
    'A key of the role admin manages keys.',
    'The EU has an address of its own: --base-url https://api.eu.mailgun.net.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, scopes = [], expires_at }, context) => ({
        method: 'POST',
        path: '/v1/keys',
        encoding: 'form',
        body: known({
          description: name,
          role: scopes[0],
          ...kindOf(context),
          expiration: expires_at ? String(secondsUntil(expires_at, context.clock.now())) : undefined,
        }),
      }),
      answer: z.object({ key: record.extend({ secret: z.string() }) }),
      read: ({ key }, _, context) => ({ key: keyOf(key, context), credential: { secret: key.secret } }),
    }),
    list: operation({
      call: (_, context) => ({ method: 'GET', path: '/v1/keys', query: kindOf(context) }),
      answer: z.object({ items: z.array(record) }),
      read: ({ items }, _, context) => ({
        keys: items.map((told) => keyOf(told, context)),
        next_cursor: null,
      }),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `/v1/keys/${segment(id)}` }),
      read: () => undefined,
    }),
  },
});
