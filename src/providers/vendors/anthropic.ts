import { headerAuth } from '../define-provider.js';
import { expiry, lastFour, pages, provider, status, text } from '../language/index.js';

/**
 * Anthropic: keys of an organization, listed, renamed, paused and archived with an admin key. Its API creates
 * no keys; an archived key stays in the list. Source: platform.claude.com/docs/en/api/admin/api_keys (list,
 * retrieve, update).
 */
export const anthropic = provider({
  id: 'anthropic',
  title: 'Anthropic',
  documentation: 'https://platform.claude.com/docs/en/api/admin/api_keys/list',
  baseUrl: 'https://api.anthropic.com',
  context: { 'workspace?': 'id of the workspace whose keys are listed, instead of all workspaces' },
  variable: 'ANTHROPIC_API_KEY',
  prefixes: ['sk-ant-api'],
  managementPrefixes: ['sk-ant-admin'],
  auth: headerAuth('x-api-key'),
  headers: { 'anthropic-version': '2023-06-01' },
  check: 'GET /v1/models?limit=1',
  credentialNeeds:
    'Keys are managed with an admin key (sk-ant-admin…); keys are created in the Claude Console and imported.',
  notes: [
    'A revoked key is archived: it stays in the list.',
    'A list does not say when a key was last used.',
  ],
  keys: {
    path: '/v1/organizations/api_keys',
    list: {
      in: 'data',
      query: ({ workspace }) => ({ workspace_id: workspace }),
      pages: pages.after({ cursor: 'after_id', size: 'limit', most: 1000, more: 'has_more' }),
    },
    fields: {
      hint: lastFour('partial_key_hint'),
      status: status('status', { inactive: 'paused', archived: 'revoked' }),
      expires_at: expiry('expires_at'),
      owner: text('created_by.id'),
    },
    create: false,
    update: { at: 'POST {keys}/{id}' },
    pause: { paused: { status: 'inactive' }, active: { status: 'active' } },
    revoke: { at: 'POST {keys}/{id}', body: { status: 'archived' } },
  },
});
