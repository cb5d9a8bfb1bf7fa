import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { basic, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { hasPassed, isoDate, known, shownEnd } from '../values.js';

const record = z.object({
  id: z.string(),
  publicKey: z.string(),
  displaySecretKey: z.string(),
  note: z.string().nullish(),
  createdAt: isoDate,
  expiresAt: isoDate.nullish(),
  lastUsedAt: isoDate.nullish(),
});

const keyOf = (told: z.infer<typeof record>, { clock }: CallContext): Key =>
  known({
    id: told.id,
    name: told.note || told.publicKey,
    hint: shownEnd(told.displaySecretKey),
    created_at: told.createdAt,
    expires_at: told.expiresAt,
    last_used: told.lastUsedAt,
    status: hasPassed(told.expiresAt, clock.now()) ? 'expired' : 'active',
  });

const keysOf = ({ set }: CallContext, rest = '') =>
  `/api/public/projects/${segment(set['project'] ?? '')}/apiKeys${rest}`;

/** Langfuse, in its cloud or self-hosted: a project's keys are pairs, and their name is a note. */
export const langfuse = defineProvider({
  id: 'langfuse',
  title: 'Langfuse',
  documentation: 'https://langfuse.com/docs/administration/scim-and-org-api',
  baseUrl: 'https://cloud.langfuse.com',
  context: [{ name: 'project', about: 'id of the project', required: true }],
  variables: { api_key: 'LANGFUSE_PUBLIC_KEY', secret_key: 'LANGFUSE_SECRET_KEY' },
  format: { kind: 'pair', prefixes: [{ prefix: 'pk-lf-' }] },
  auth: basic,
  managedBy: 'pair',
  check: { method: 'GET', path: '/api/public/projects' },
  notes: [
    'The credential that manages keys is user:password: public and secret key of the organization, not of a project.',
    'Other regions and self-hosted servers: --base-url, such as https://us.cloud.langfuse.com.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name }, context) => ({ method: 'POST', path: keysOf(context), body: { note: name } }),
      answer: record.extend({ secretKey: z.string() }),
      read: (made, _, context) => ({
        key: keyOf(made, context),
        credential: { api_key: made.publicKey, secret_key: made.secretKey },
      }),
    }),
    list: operation({
      call: (_, context) => ({ method: 'GET', path: keysOf(context) }),
      answer: z.object({ apiKeys: z.array(record) }),
      read: ({ apiKeys }, _, context) => ({
        keys: apiKeys.map((key) => keyOf(key, context)),
        next_cursor: null,
      }),
    }),
    revoke: operation({
      call: (id, context) => ({ method: 'DELETE', path: keysOf(context, `/${segment(id)}`) }),
      read: () => undefined,
    }),
  },
});
