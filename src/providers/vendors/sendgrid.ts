import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { known } from '../values.js';

const record = z.object({
  api_key_id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()).optional(),
});
/** The document shows one key as a list of one; a bare one is read too. */
const one = z.union([z.object({ result: z.tuple([record]) }).transform(({ result }) => result[0]), record]);

const keyOf = ({ api_key_id, name, scopes }: z.infer<typeof record>): Key =>
  known({ id: api_key_id, name, scopes, status: 'active' });

const keysOf = (rest: string, { set }: CallContext) => ({
  path: `/v3/api_keys${rest}`,
  headers: known({ 'on-behalf-of': set['subuser'] || undefined }),
});

/** SendGrid: keys for sending mail. It tells neither when a key was made nor when it was used, and lists all (at most 100) at once. */
export const sendgrid = defineProvider({
  id: 'sendgrid',
  title: 'SendGrid',
  documentation: 'https://www.twilio.com/docs/sendgrid/api-reference/api-keys',
  baseUrl: 'https://api.sendgrid.com',
  context: [
    { name: 'subuser', about: 'name of the subuser whose keys these are, instead of yours', required: false },
  ],
  variables: { secret: 'SENDGRID_API_KEY' },
  format: { kind: 'secret', prefixes: [{ prefix: 'SG.' }] },
  auth: bearer,
  check: { method: 'GET', path: '/v3/scopes' },
  accepts: {
    scopes: { about: 'permissions such as mail.send: GET /v3/scopes shows those that a key has' },
  },
  updates: ['name', 'scopes'],
  notes: [
    'A key that is made without scopes has full access.',
    'A revoked key may be accepted for a moment longer.',
    'Accounts of the EU region: --base-url https://api.eu.sendgrid.com.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, scopes }, context) => ({
        method: 'POST',
        ...keysOf('', context),
        body: { name, scopes },
      }),
      answer: record.extend({ api_key: z.string() }),
      read: (made) => ({ key: keyOf(made), credential: { secret: made.api_key } }),
    }),
    list: operation({
      call: (_, context) => ({ method: 'GET', ...keysOf('', context) }),
      answer: z.object({ result: z.array(record) }),
      read: ({ result }) => ({ keys: result.map(keyOf), next_cursor: null }),
    }),
    get: operation({
      call: (id, context) => ({ method: 'GET', ...keysOf(`/${segment(id)}`, context) }),
      answer: one,
      read: keyOf,
    }),
    // Scopes are put together with the name; a name alone is patched, so that the scopes stay as they are.
    update: operation({
      first: operation({
        call: ({ id }: { id: string }, context) => ({
          method: 'GET',
          ...keysOf(`/${segment(id)}`, context),
        }),
        answer: one,
        read: keyOf,
      }),
      call: ({ id, changes: { name, scopes } }, context, before) => ({
        method: scopes === undefined ? 'PATCH' : 'PUT',
        ...keysOf(`/${segment(id)}`, context),
        body: { name: name ?? before.name, scopes },
      }),
      answer: record,
      read: (updated, { changes }, _, before) =>
        known({ ...before, ...keyOf(updated), scopes: changes.scopes ?? before.scopes }),
    }),
    revoke: operation({
      call: (id, context) => ({ method: 'DELETE', ...keysOf(`/${segment(id)}`, context) }),
      read: () => undefined,
    }),
  },
});
