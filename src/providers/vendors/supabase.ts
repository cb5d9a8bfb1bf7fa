import type { KeyType } from '../../domain/key.js';
import { bearer } from '../define-provider.js';
import { custom, never, provider, text, time, valueAt } from '../language/index.js';

const acts = (role: string | undefined) => (role === undefined ? {} : { secret_jwt_template: { role } });

/**
 * Supabase: publishable and secret keys of a project. A list masks these, and shows the two legacy keys whole.
 * Source: supabase/cli@1d1e71912 packages/api/src/generated/openapi.json and recorded responses.
 */
export const supabase = provider({
  id: 'supabase',
  title: 'Supabase',
  documentation: 'https://supabase.com/docs/reference/api/v1-create-project-api-key',
  baseUrl: 'https://api.supabase.com',
  context: { project: 'the reference of the project whose keys these are' },
  types: ['secret', 'public'],
  variable: 'SUPABASE_SECRET_KEY',
  prefixes: [
    { prefix: 'sb_secret_', type: 'secret' },
    { prefix: 'sb_publishable_', type: 'public' },
  ],
  auth: bearer,
  options: {
    description: text('description', { accepts: 'what the key is for', updates: true }),
  },
  notes: [
    'A personal access token manages keys.',
    'A name has 4 to 64 small letters, digits and underscores.',
    'The legacy keys anon and service_role are listed; they can be neither rolled nor revoked here.',
    'A repeated create creates another key.',
  ],
  keys: {
    path: '/v1/projects/{project}/api-keys',
    secret: 'api_key',
    fields: {
      name: text('name', { updates: true }),
      // A public legacy key is recognised by its id.
      type: custom<KeyType>(({ type, id }) =>
        type === 'publishable' || id === 'anon' ? 'public' : type ? 'secret' : undefined,
      ),
      scopes: custom<readonly string[]>(
        (key) => {
          const role = valueAt(key, 'secret_jwt_template.role');
          return typeof role === 'string' ? [role] : undefined;
        },
        {
          accepts: 'the Postgres role as which a secret key acts (default: service_role)',
          most: 1,
          updates: true,
          send: ([role]) => acts(role),
        },
      ),
      created_at: time('inserted_at'),
      expires_at: never,
    },
    create: {
      at: 'POST {keys}?reveal=true',
      body: ({ type, scopes }) =>
        type === 'public'
          ? { type: 'publishable' }
          : { type: 'secret', ...acts(scopes?.[0] ?? 'service_role') },
    },
    update: {},
  },
});
