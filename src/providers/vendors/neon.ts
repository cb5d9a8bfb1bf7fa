import { z } from 'zod';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { isoDate, known, numericId } from '../values.js';

const record = z.object({
  id: numericId,
  name: z.string(),
  created_at: isoDate,
  last_used_at: isoDate.nullish(),
});

const keyOf = ({ last_used_at, ...key }: z.infer<typeof record>): Key =>
  known({ ...key, last_used: last_used_at, status: 'active' });

const keysOf = ({ set }: CallContext, rest = '') =>
  `${set['organization'] ? `/organizations/${segment(set['organization'])}` : ''}/api_keys${rest}`;

/** A project would be passed over in silence where the key is a user's, and the key could do too much. */
function projectOf({ set }: CallContext): string | undefined {
  if (!set['project'] || set['organization']) return set['project'] || undefined;
  throw new KeysError('missing_answer', 'a key for one project is its organization’s: --set organization=…', {
    hint: 'leave --set project=… out for a key of your user',
  });
}

/** Neon: keys of a user or of an organization, listed whole. Their ids are numbers. */
export const neon = defineProvider({
  id: 'neon',
  title: 'Neon',
  documentation: 'https://neon.com/docs/manage/api-keys',
  baseUrl: 'https://console.neon.tech/api/v2',
  context: [
    {
      name: 'organization',
      about: "id of the organization (org-…) whose keys these are, instead of your user's",
      required: false,
    },
    {
      name: 'project',
      about: 'id of the one project that a new key of an organization may use',
      required: false,
    },
  ],
  variables: { secret: 'NEON_API_KEY' },
  format: { kind: 'secret', prefixes: [{ prefix: 'napi_' }] },
  auth: bearer,
  check: { method: 'GET', path: '/auth' },
  notes: ['A name has at most 64 characters.', 'A repeated create makes another key.'],
  endpoints: {
    create: operation({
      call: ({ name }, context) => ({
        method: 'POST',
        path: keysOf(context),
        body: { key_name: name, project_id: projectOf(context) },
      }),
      answer: record.extend({ key: z.string() }),
      read: ({ key: secret, ...made }) => ({ key: keyOf(made), credential: { secret } }),
    }),
    list: operation({
      call: (_, context) => ({ method: 'GET', path: keysOf(context) }),
      answer: z.array(record),
      read: (keys) => ({ keys: keys.map(keyOf), next_cursor: null }),
    }),
    revoke: operation({
      call: (id, context) => ({ method: 'DELETE', path: keysOf(context, `/${segment(id)}`) }),
      read: () => undefined,
    }),
  },
});
