import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { type CallContext, defineProvider, headerAuth, operation, segment } from '../define-provider.js';
import { known } from '../values.js';

const record = z.object({ id: z.string(), name: z.string(), roles: z.array(z.string()) });

const keyOf = ({ id, name, roles }: z.infer<typeof record>): Key => ({
  id,
  name,
  scopes: roles,
  status: 'active',
});

const token = z.object({ access_token: z.string(), expires_in: z.number() });
/** A token is not used in its last minute: a request takes time. */
const SPARE_SECONDS = 60;

const projectKeys = ({ set }: CallContext) => `/admin/projects/${segment(set['project'] ?? '')}/api-keys`;

/** Pinecone: keys of a project, managed by a service account that logs in at another address and is given a token. */
export const pinecone = defineProvider({
  id: 'pinecone',
  title: 'Pinecone',
  documentation: 'https://docs.pinecone.io/guides/projects/manage-api-keys',
  baseUrl: 'https://api.pinecone.io',
  context: [{ name: 'project', about: 'the id of the project whose keys these are', required: true }],
  variables: { secret: 'PINECONE_API_KEY' },
  format: { kind: 'secret', prefixes: [{ prefix: 'pckey_' }] },
  auth: headerAuth('api-key'),
  headers: { 'x-pinecone-api-version': '2026-04' },
  managedBy: 'pair',
  login: {
    baseUrl: 'https://login.pinecone.io',
    call: (credential) => ({
      method: 'POST',
      path: '/oauth/token',
      body: {
        grant_type: 'client_credentials',
        audience: 'https://api.pinecone.io/',
        ...('secret' in credential
          ? { client_secret: credential.secret }
          : { client_id: credential.api_key, client_secret: credential.secret_key }),
      },
      readOnly: true,
    }),
    read({ body }, { clock }) {
      const { access_token, expires_in } = token.parse(body);
      return {
        headers: { authorization: `Bearer ${access_token}` },
        expiresAt: clock.now() + (expires_in - SPARE_SECONDS) * 1000,
      };
    },
  },
  settlesInSeconds: 30,
  accepts: {
    scopes: {
      about: 'roles; without any the key is a ProjectEditor',
      values: [
        'ProjectEditor',
        'ProjectViewer',
        'ControlPlaneEditor',
        'ControlPlaneViewer',
        'DataPlaneEditor',
        'DataPlaneViewer',
      ],
    },
  },
  updates: ['name', 'scopes'],
  notes: [
    'The credential that manages keys is client-id:client-secret of a service account.',
    'Neither when a key was made nor when it was last used is told.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, scopes }, context) => ({
        method: 'POST',
        path: projectKeys(context),
        body: known({ name, roles: scopes }),
      }),
      answer: z.object({ key: record, value: z.string() }),
      read: ({ key, value }) => ({ key: keyOf(key), credential: { secret: value } }),
    }),
    list: operation({
      call: (_, context) => ({ method: 'GET', path: projectKeys(context) }),
      answer: z.object({ data: z.array(record) }),
      read: ({ data }) => ({ keys: data.map(keyOf), next_cursor: null }),
    }),
    get: operation({
      call: (id) => ({ method: 'GET', path: `/admin/api-keys/${segment(id)}` }),
      answer: record,
      read: keyOf,
    }),
    update: operation({
      call: ({ id, changes: { name, scopes } }) => ({
        method: 'PATCH',
        path: `/admin/api-keys/${segment(id)}`,
        body: known({ name, roles: scopes }),
      }),
      answer: record,
      read: keyOf,
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `/admin/api-keys/${segment(id)}` }),
      read: () => undefined,
    }),
  },
});
