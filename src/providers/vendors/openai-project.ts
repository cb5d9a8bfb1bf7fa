import {
  custom,
  lastFour,
  never,
  pages,
  provider,
  status,
  text,
  timeOrNever,
  valueAt,
  writeOnly,
} from '../language/index.js';
import { MODELS_CHECK } from './openai.js';

/**
 * OpenAI: all keys of a project, of users and of service accounts. A new key is a further one of a service
 * account, so that an account can have its next key before the old one ends. Source:
 * openai/openai-openapi@f85dbe2 (projects, api_keys).
 */
export const openaiProject = provider({
  id: 'openai-project',
  title: 'OpenAI project keys',
  documentation: 'https://platform.openai.com/docs/api-reference/project-api-keys',
  baseUrl: 'https://api.openai.com/v1',
  context: { project: 'id of the project (proj_…) whose keys these are' },
  variable: 'OPENAI_API_KEY',
  managementPrefixes: ['sk-admin-'],
  check: MODELS_CHECK,
  options: {
    service_account: text('owner.service_account.id', {
      accepts: 'id of the service account that the new key is for (user-…)',
      required: true,
      // It is in the path.
      send: () => undefined,
    }),
  },
  credentialNeeds: 'Keys are managed with an admin key, which can use no model.',
  notes: [
    'A key of a user can be listed and revoked; it cannot be rolled.',
    'OpenAI may refuse to revoke one key of a service account: revoke it in the dashboard, or the account (--provider openai).',
  ],
  keys: {
    path: '/organization/projects/{project}/api_keys',
    list: { in: 'data', pages: pages.after({ cursor: 'after', size: 'limit', most: 100, more: 'has_more' }) },
    secret: 'value',
    fields: {
      hint: lastFour('redacted_value'),
      status: status('owner_project_access', { inactive: 'paused' }),
      scopes: writeOnly<readonly string[]>('texts', {
        accepts: 'what the key may do, such as model.request (default: everything)',
        send: 'scopes',
      }),
      last_used: timeOrNever('last_used_at'),
      expires_at: never,
      owner: custom((key) => {
        const id = valueAt(key, 'owner.service_account.id') ?? valueAt(key, 'owner.user.id');
        return typeof id === 'string' ? id : undefined;
      }),
    },
    create: { at: 'POST /organization/projects/{project}/service_accounts/{service_account}/api_keys' },
  },
});
