import { z } from 'zod';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { bearer, defineProvider, operation, segment } from '../define-provider.js';
import { isoDate, linkPath, pageSize } from '../values.js';

const grant = z.object({ bucket: z.string(), permission: z.string() });
const record = z.object({
  access_key: z.string(),
  name: z.string(),
  grants: z.array(grant).optional(),
  created_at: isoDate,
});
const one = z.object({ key: record });

const keyOf = ({ access_key, name, grants = [], created_at }: z.infer<typeof record>): Key => ({
  id: access_key,
  name,
  scopes: grants.map(({ bucket, permission }) => (bucket === '' ? permission : `${bucket}:${permission}`)),
  created_at,
  status: 'active',
});

function grantOf(scope: string): z.infer<typeof grant> {
  if (scope === 'fullaccess') return { bucket: '', permission: scope };
  const [, bucket, permission] = /^([^:]+):(read|readwrite)$/.exec(scope) ?? [];
  if (bucket && permission) return { bucket, permission };
  throw new KeysError('invalid_request', `not a permission of a Spaces key: ${scope}`, { hint: SCOPES });
}

const SCOPES = 'fullaccess alone, or for each bucket its name with :read or :readwrite, such as assets:read';

/** DigitalOcean: keys of Spaces, pairs that sign as those of S3 do. They are managed with a token, which is no such pair. */
export const digitalocean = defineProvider({
  id: 'digitalocean',
  title: 'DigitalOcean Spaces',
  documentation: 'https://docs.digitalocean.com/reference/api/digitalocean/#tag/Spaces-Keys',
  baseUrl: 'https://api.digitalocean.com',
  variables: { api_key: 'SPACES_ACCESS_KEY_ID', secret_key: 'SPACES_SECRET_ACCESS_KEY' },
  auth: bearer,
  accepts: { scopes: { about: SCOPES, required: true } },
  notes: [
    'Keys are managed with a personal access token.',
    'What a key may do cannot be changed: make another.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, scopes = [] }) => ({
        method: 'POST',
        path: '/v2/spaces/keys',
        body: { name, grants: scopes.map(grantOf) },
      }),
      answer: z.object({ key: record.extend({ secret_key: z.string() }) }),
      read: ({ key }) => ({
        key: keyOf(key),
        credential: { api_key: key.access_key, secret_key: key.secret_key },
      }),
    }),
    list: operation({
      call: ({ limit, cursor }) => ({
        method: 'GET',
        path: cursor ?? '/v2/spaces/keys',
        ...(cursor === undefined ? { query: { page: 1, per_page: pageSize(limit, 200) } } : {}),
      }),
      answer: z.object({
        keys: z.array(record),
        links: z.object({ pages: z.object({ next: z.string().optional() }).optional() }).optional(),
      }),
      read: ({ keys, links }) => ({ keys: keys.map(keyOf), next_cursor: linkPath(links?.pages?.next) }),
    }),
    get: operation({
      call: (id) => ({ method: 'GET', path: `/v2/spaces/keys/${segment(id)}` }),
      answer: one,
      read: ({ key }) => keyOf(key),
    }),
    update: operation({
      call: ({ id, changes: { name } }) => ({
        method: 'PATCH',
        path: `/v2/spaces/keys/${segment(id)}`,
        body: { name },
      }),
      answer: one,
      read: ({ key }) => keyOf(key),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `/v2/spaces/keys/${segment(id)}` }),
      read: () => undefined,
    }),
  },
});
