import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { basic, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { isoDate, linkPath, pageSize } from '../values.js';

const record = z.object({ sid: z.string(), friendly_name: z.string(), date_created: isoDate });

const keyOf = ({ sid, friendly_name, date_created }: z.infer<typeof record>): Key => ({
  id: sid,
  name: friendly_name,
  created_at: date_created,
  expires_at: null,
  status: 'active',
});

const keysOf = ({ set }: CallContext, rest = '') =>
  `/2010-04-01/Accounts/${segment(set['account'] ?? '')}/Keys${rest}.json`;

/** Twilio: a key is a pair, a SID and a secret, that stands for account SID and auth token. Bodies are forms, dates RFC 2822. */
export const twilio = defineProvider({
  id: 'twilio',
  title: 'Twilio',
  documentation: 'https://www.twilio.com/docs/iam/api-keys',
  baseUrl: 'https://api.twilio.com',
  context: [{ name: 'account', about: 'the SID of the account (AC…)', required: true }],
  variables: { api_key: 'TWILIO_API_KEY', secret_key: 'TWILIO_API_SECRET' },
  format: { kind: 'pair', prefixes: [{ prefix: 'SK' }] },
  auth: basic,
  managedBy: 'pair',
  check: { method: 'GET', path: '/2010-04-01/Accounts/{account}/Messages.json?PageSize=1' },
  notes: [
    'The credential that manages keys is user:password: account SID and auth token, or the pair of a main key.',
    'Keys made here are standard keys: they can do all but manage accounts and keys. A main key is made in the console alone.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name }, context) => ({
        method: 'POST',
        path: keysOf(context),
        body: { FriendlyName: name },
        encoding: 'form',
      }),
      answer: record.extend({ secret: z.string() }),
      read: (made) => ({
        key: keyOf(made),
        credential: { api_key: made.sid, secret_key: made.secret },
      }),
    }),
    list: operation({
      call: ({ limit, cursor }, context) => ({
        method: 'GET',
        path: cursor ?? keysOf(context),
        ...(cursor === undefined ? { query: { PageSize: pageSize(limit, 1000) } } : {}),
      }),
      answer: z.object({ keys: z.array(record), next_page_uri: z.string().nullish() }),
      read: ({ keys, next_page_uri }) => ({ keys: keys.map(keyOf), next_cursor: linkPath(next_page_uri) }),
    }),
    get: operation({
      call: (id, context) => ({ method: 'GET', path: keysOf(context, `/${segment(id)}`) }),
      answer: record,
      read: keyOf,
    }),
    update: operation({
      call: ({ id, changes }, context) => ({
        method: 'POST',
        path: keysOf(context, `/${segment(id)}`),
        body: { FriendlyName: changes.name ?? '' },
        encoding: 'form',
      }),
      answer: record,
      read: keyOf,
    }),
    revoke: operation({
      call: (id, context) => ({ method: 'DELETE', path: keysOf(context, `/${segment(id)}`) }),
      read: () => undefined,
    }),
  },
});
