import { z } from 'zod';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { epochSeconds, hasPassed, known, pageSize, secondsUntil, shownEnd } from '../values.js';

/** An admin key, or a service account, which has only the first three. */
const record = z.object({
  id: z.string(),
  name: z.string().nullish(),
  created_at: epochSeconds,
  redacted_value: z.string().optional(),
  expires_at: epochSeconds.nullish(),
  last_used_at: epochSeconds.nullish(),
});
const issued = z.union([
  record.extend({ value: z.string() }),
  record
    .extend({ api_key: z.object({ value: z.string() }) })
    .transform(({ api_key, ...account }) => ({ ...account, value: api_key.value })),
]);

const keyOf = ({ id, name, ...told }: z.infer<typeof record>, { clock }: CallContext): Key =>
  known({
    id,
    name: name || id,
    hint: shownEnd(told.redacted_value),
    created_at: told.created_at,
    expires_at: told.expires_at,
    last_used: told.last_used_at,
    status: hasPassed(told.expires_at, clock.now()) ? 'expired' : 'active',
  });

const keysOf = ({ set }: CallContext, rest = '') =>
  set['project']
    ? `/organization/projects/${segment(set['project'])}/service_accounts${rest}`
    : `/organization/admin_api_keys${rest}`;

function lifetime(expiresAt: string | null | undefined, { set, clock }: CallContext): number | undefined {
  if (!expiresAt) return undefined;
  if (!set['project']) return secondsUntil(expiresAt, clock.now());
  throw new KeysError('unsupported', 'keys of an OpenAI project cannot have an expiry', {
    hint: 'leave the expiry out, and roll the key when it is time',
  });
}

/** A key that may do something else, but not list models, is told so in these words. */
const restricted = z.object({ error: z.object({ message: z.string().regex(/insufficient permissions/i) }) });

/** OpenAI: admin keys; or with a project its service accounts, each of which is made with a key of its own and ended with it. */
export const openai = defineProvider({
  id: 'openai',
  title: 'OpenAI',
  documentation: 'https://platform.openai.com/docs/api-reference/administration',
  baseUrl: 'https://api.openai.com/v1',
  context: [
    {
      name: 'project',
      about: 'id of the project (proj_…) whose service-account keys these are, instead of admin keys',
      required: false,
    },
  ],
  variables: { secret: 'OPENAI_API_KEY' },
  format: {
    kind: 'secret',
    prefixes: [{ prefix: 'sk-admin-' }, { prefix: 'sk-svcacct-' }, { prefix: 'sk-proj-' }],
  },
  auth: bearer,
  // What an admin key is answered there is not documented.
  check: {
    method: 'GET',
    path: '/models',
    needs: 'project',
    accepts: ({ status, body }) => status === 200 || restricted.safeParse(body).success,
  },
  accepts: { expires_at: { about: 'of admin keys: any time within a year', atMostSeconds: 365 * 86_400 } },
  notes: [
    'Keys are managed with an admin key, which can use no model.',
    'The id of a key of a project is that of its service account: revoking it ends the account and all keys of it.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at }, context) => ({
        method: 'POST',
        path: keysOf(context),
        body: { name, expires_in_seconds: lifetime(expires_at, context) },
      }),
      answer: issued,
      read: ({ value, ...made }, _, context) => ({
        key: keyOf(made, context),
        credential: { secret: value },
      }),
    }),
    list: operation({
      call: ({ limit, cursor }, context) => ({
        method: 'GET',
        path: keysOf(context),
        query: { limit: pageSize(limit, 100), after: cursor },
      }),
      answer: z.object({ data: z.array(record), has_more: z.boolean() }),
      read: ({ data, has_more }, _, context) => ({
        keys: data.map((key) => keyOf(key, context)),
        next_cursor: has_more ? (data.at(-1)?.id ?? null) : null,
      }),
    }),
    get: operation({
      call: (id, context) => ({ method: 'GET', path: keysOf(context, `/${segment(id)}`) }),
      answer: record,
      read: (key, _, context) => keyOf(key, context),
    }),
    revoke: operation({
      call: (id, context) => ({ method: 'DELETE', path: keysOf(context, `/${segment(id)}`) }),
      read: () => undefined,
    }),
  },
});
