import { clientCredentials } from '../client-credentials.js';
import { headerAuth } from '../define-provider.js';
import { never, provider, texts } from '../language/index.js';

/**
 * Pinecone: keys of a project, managed by a service account that logs in at another address and is given a
 * token. Keys begin with pcsk_, although the document says pckey_; older ones are UUIDs. Source:
 * pinecone-io/pinecone-api@068bdf7 2026-04.
 */
export const pinecone = provider({
  id: 'pinecone',
  title: 'Pinecone',
  documentation: 'https://docs.pinecone.io/guides/projects/manage-api-keys',
  baseUrl: 'https://api.pinecone.io',
  context: { project: 'the id of the project whose keys these are' },
  variable: 'PINECONE_API_KEY',
  prefixes: ['pcsk_', 'pckey_'],
  auth: headerAuth('api-key'),
  headers: { 'x-pinecone-api-version': '2026-04' },
  // A good key whose role may not list indexes is forbidden to.
  check: { at: 'GET /indexes', verdict: ({ status }) => (status === 403 ? 'valid' : undefined) },
  managedBy: 'pair',
  login: clientCredentials({
    baseUrl: 'https://login.pinecone.io',
    path: '/oauth/token',
    parameters: { audience: 'https://api.pinecone.io/' },
    encoding: 'json',
  }),
  settles: { listed: 30 },
  credentialNeeds: 'The credential that manages keys is client-id:client-secret of a service account.',
  notes: ['A list does not say when a key was created or last used.'],
  keys: {
    path: '/admin/projects/{project}/api-keys',
    list: { in: 'data' },
    get: 'GET /admin/api-keys/{id}',
    secret: 'value',
    fields: {
      scopes: texts('roles', {
        accepts: 'roles; without any the key is a ProjectEditor',
        values: [
          'ProjectEditor',
          'ProjectViewer',
          'ControlPlaneEditor',
          'ControlPlaneViewer',
          'DataPlaneEditor',
          'DataPlaneViewer',
        ],
        updates: true,
      }),
      expires_at: never,
    },
    create: { one: 'key' },
    update: { at: 'PATCH /admin/api-keys/{id}' },
    revoke: { at: 'DELETE /admin/api-keys/{id}' },
  },
});
