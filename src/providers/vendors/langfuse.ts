import { basic } from '../define-provider.js';
import { expiry, first, lastFour, provider, text, time, uuidOf } from '../language/index.js';

/**
 * Langfuse, in its cloud or self-hosted: a project's keys are pairs, and their name is a note. The client
 * gives the pair, and a repeat of the request gets 409. Its `lastUsedAt` is never written, so when a key was
 * used is unknown. Source: langfuse/langfuse@6275144614, server source (handleCreateApiKey, generateKeySet).
 */
export const langfuse = provider({
  id: 'langfuse',
  title: 'Langfuse',
  documentation: 'https://langfuse.com/docs/administration/scim-and-org-api',
  baseUrl: 'https://cloud.langfuse.com',
  context: { project: 'id of the project' },
  variable: { api_key: 'LANGFUSE_PUBLIC_KEY', secret_key: 'LANGFUSE_SECRET_KEY' },
  prefixes: ['pk-lf-'],
  auth: basic,
  managedBy: 'pair',
  chooses: ['id', 'secret'],
  check: 'GET /api/public/projects',
  credentialNeeds:
    'The credential that manages keys is user:password: public and secret key of the organization, not of a project. Managing keys needs a plan with the entitlement admin-api.',
  notes: ['Other regions and self-hosted servers: --base-url, such as https://us.cloud.langfuse.com.'],
  keys: {
    path: '/api/public/projects/{project}/apiKeys',
    list: { in: 'apiKeys' },
    get: false,
    secret: { api_key: 'publicKey', secret_key: 'secretKey' },
    fields: {
      name: first(text('note'), text('publicKey')),
      hint: lastFour('displaySecretKey'),
      created_at: time('createdAt'),
      expires_at: expiry('expiresAt'),
    },
    create: {
      body: (_, { newId, newSecret }) => ({
        publicKey: `pk-lf-${newId()}`,
        secretKey: newSecret((random) => `sk-lf-${uuidOf(random)}`),
      }),
      chosen: 'publicKey',
    },
  },
});
