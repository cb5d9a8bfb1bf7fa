import { KeysError } from '../../domain/errors.js';
import { setting, words } from '../../domain/words.js';
import { never, provider, text, timeOrNever } from '../language/index.js';

/**
 * Neon: keys of a user or of an organization, listed whole. Their ids are numbers. Keys from before napi_
 * have no prefix. Source: Neon's OpenAPI document; npm @neondatabase/api-client 2.7.3.
 */
export const neon = provider({
  id: 'neon',
  title: 'Neon',
  documentation: 'https://neon.com/docs/manage/api-keys',
  baseUrl: 'https://console.neon.tech/api/v2',
  context: {
    'organization?': "id of the organization (org-…) whose keys these are, instead of your user's",
  },
  variable: 'NEON_API_KEY',
  prefixes: ['napi_'],
  check: 'GET /auth',
  names: { rule: 'free', atMost: 64 },
  options: {
    project: text('project_id', {
      accepts: 'id of the one project that a key of an organization may use',
      send(project, { set }) {
        // A project would be passed over in silence where the key is a user's, and the key could do too much.
        if (set['organization']) return { project_id: project };
        throw new KeysError(
          'missing_answer',
          words`a key for one project is its organization’s: ${setting('organization')}`,
          { hint: words`leave ${setting('project')} out for a key of your user` },
        );
      },
    }),
  },
  notes: ['A name has at most 64 characters.'],
  keys: {
    path: ['/organizations/{organization}/api_keys', '/api_keys'],
    get: false,
    secret: 'key',
    fields: {
      name: text('name', { send: 'key_name' }),
      last_used: timeOrNever('last_used_at'),
      expires_at: never,
      owner: 'created_by.id',
    },
  },
});
