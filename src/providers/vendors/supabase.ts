import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { isoDate, known } from '../values.js';

const record = z.object({
  id: z.string(),
  name: z.string(),
  type: z.enum(['publishable', 'secret', 'legacy']).nullish(),
  secret_jwt_template: z.looseObject({ role: z.string().optional() }).nullish(),
  inserted_at: isoDate.nullish(),
});

const keyOf = ({ id, name, type, secret_jwt_template: template, inserted_at }: z.infer<typeof record>): Key =>
  known({
    id,
    name,
    // Of the legacy keys, the one that is public is told by its id.
    type: type === 'publishable' || id === 'anon' ? 'public' : type ? 'secret' : undefined,
    status: 'active' as const,
    scopes: template?.role ? [template.role] : undefined,
    created_at: inserted_at ?? undefined,
  });

const keysOf = ({ set }: CallContext, id?: string) =>
  `/v1/projects/${segment(set['project'] ?? '')}/api-keys${id === undefined ? '' : `/${segment(id)}`}`;

const acts = (role: string | undefined) => (role === undefined ? undefined : { role });

/** Supabase: publishable and secret keys of a project. A list masks these, and shows the two legacy keys whole. */
export const supabase = defineProvider({
  id: 'supabase',
  title: 'Supabase',
  documentation: 'https://supabase.com/docs/reference/api/v1-create-project-api-key',
  baseUrl: 'https://api.supabase.com',
  context: [{ name: 'project', about: 'the reference of the project whose keys these are', required: true }],
  types: ['secret', 'public'],
  variables: { secret: 'SUPABASE_SECRET_KEY' },
  format: {
    kind: 'secret',
    prefixes: [
      { prefix: 'sb_secret_', type: 'secret' },
      { prefix: 'sb_publishable_', type: 'public' },
    ],
  },
  auth: bearer,
  accepts: {
    scopes: { about: 'the Postgres role as which a secret key acts (default: service_role)', most: 1 },
  },
  updates: ['name', 'scopes'],
  notes: [
    'A personal access token manages keys.',
    'A name has 4 to 64 small letters, digits and underscores.',
    'The legacy keys anon and service_role are listed; they can be neither rolled nor revoked here.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, type, scopes }, context) => ({
        method: 'POST',
        path: keysOf(context),
        query: { reveal: 'true' },
        body:
          type === 'public'
            ? { name, type: 'publishable' }
            : { name, type: 'secret', secret_jwt_template: acts(scopes?.[0] ?? 'service_role') },
      }),
      answer: record.extend({ api_key: z.string() }),
      read: (made) => ({ key: keyOf(made), credential: { secret: made.api_key } }),
    }),
    list: operation({
      call: (_, context) => ({ method: 'GET', path: keysOf(context) }),
      answer: z.array(record),
      read: (all) => ({ keys: all.map(keyOf), next_cursor: null }),
    }),
    get: operation({
      call: (id, context) => ({ method: 'GET', path: keysOf(context, id) }),
      answer: record,
      read: keyOf,
    }),
    update: operation({
      call: ({ id, changes: { name, scopes } }, context) => ({
        method: 'PATCH',
        path: keysOf(context, id),
        body: known({ name, secret_jwt_template: acts(scopes?.[0]) }),
      }),
      answer: record,
      read: keyOf,
    }),
    revoke: operation({
      call: (id, context) => ({ method: 'DELETE', path: keysOf(context, id) }),
      read: () => undefined,
    }),
  },
});
