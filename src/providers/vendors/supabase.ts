import type { KeyType } from '../../domain/key.js';
import { custom, never, provider, single, text, time } from '../language/index.js';

/**
 * Supabase: publishable and secret keys of a project. A list masks these, and shows the two legacy keys
 * whole. A revocation is sent without `was_compromised` and `reason`, and the legacy keys are switched off in
 * the dashboard. The `hash` of a record is not read: of what it is a digest is not published. Source:
 * supabase/cli@1d1e71912 packages/api/src/generated/openapi.json and recorded responses.
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
  options: { description: text('description', { accepts: 'what the key is for', updates: true }) },
  credentialNeeds: 'A personal access token manages keys.',
  notes: [
    'A name has 4 to 64 small letters, digits and underscores.',
    'The legacy keys anon and service_role are listed; they can be neither rolled nor revoked here.',
  ],
  keys: {
    path: '/v1/projects/{project}/api-keys',
    secret: 'api_key',
    fields: {
      // A public legacy key is recognised by its id.
      type: custom<KeyType>(({ type, id }) =>
        type === 'publishable' || id === 'anon' ? 'public' : type ? 'secret' : undefined,
      ),
      // Of a legacy key it is a part of its signature.
      prefix: custom(({ type, prefix }) => (type === 'legacy' ? undefined : (prefix as string))),
      scopes: single('secret_jwt_template.role', {
        accepts: 'the Postgres role as which a secret key acts (default: service_role)',
        updates: true,
      }),
      created_at: time('inserted_at'),
      expires_at: never,
    },
    create: {
      at: 'POST {keys}?reveal=true',
      body: ({ type, scopes }) =>
        type === 'public'
          ? { type: 'publishable' }
          : { type: 'secret', secret_jwt_template: { role: scopes?.[0] ?? 'service_role' } },
    },
    update: {},
  },
});
