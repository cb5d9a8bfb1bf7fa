import { z } from 'zod';
import { compact } from '../../domain/compact.js';
import type { Key } from '../../domain/key.js';
import {
  type Call,
  type CallContext,
  defineProvider,
  headerAuth,
  operation,
  segment,
} from '../define-provider.js';
import { known, secondsUntil, UNKNOWN } from '../values.js';

const record = z.object({
  value: z.string(),
  description: z.string().optional(),
  acl: z.array(z.string()),
  referers: z.array(z.string()).optional(),
  validity: z.number().optional(),
  createdAt: z.number().optional(),
});
const list = z.object({ keys: z.array(record) });

/** Algolia names milliseconds in its document, and has told seconds. */
const timeOf = (epoch: number) => new Date(epoch < 1e11 ? epoch * 1000 : epoch).toISOString();

const keyOf = ({ value, description, acl, referers, validity, createdAt }: z.infer<typeof record>): Key =>
  known({
    id: value,
    name: description || 'unnamed',
    hint: value.slice(-4),
    status: 'active' as const,
    scopes: acl,
    restrictions: referers?.length ? { referrers: referers } : undefined,
    created_at: createdAt === undefined ? undefined : timeOf(createdAt),
    // Whether the seconds of a key that ends are those it had or those it has left is not said.
    expires_at: validity === 0 ? null : undefined,
  });

const keys = (method: Call['method'], { set }: CallContext, rest = '', body?: object): Call => ({
  method,
  path: `/1/keys${rest}`,
  headers: { 'x-algolia-application-id': set['application'] ?? '' },
  ...compact({ body }),
});

const validity = (expires_at: string | null | undefined, { clock }: CallContext) =>
  expires_at ? secondsUntil(expires_at, clock.now()) : expires_at === null ? 0 : undefined;

const ACL = [
  'search',
  'browse',
  'addObject',
  'deleteObject',
  'deleteIndex',
  'settings',
  'editSettings',
  'analytics',
  'recommendation',
  'personalization',
  'usage',
  'logs',
  'listIndexes',
  'seeUnretrievableAttributes',
];

/** Algolia: the id of a key is its secret, so a digest stands for it. What is changed is seen after a while. */
export const algolia = defineProvider({
  id: 'algolia',
  title: 'Algolia',
  documentation: 'https://www.algolia.com/doc/rest-api/search/list-api-keys',
  baseUrl: 'https://{application}.algolia.net',
  context: [
    { name: 'application', about: 'the id of the application', required: true },
    {
      name: 'indexes',
      about: 'what new keys are for, such as dev_*,prod_products (default: every index)',
      required: false,
    },
  ],
  variables: { secret: 'ALGOLIA_API_KEY' },
  auth: headerAuth('x-algolia-api-key'),
  idIsSecret: true,
  settlesInSeconds: 60,
  accepts: {
    expires_at: 'any time, as seconds from now',
    scopes: { about: 'what the key may do', values: ACL, required: true },
    referrers: 'patterns such as https://example.com/*',
  },
  updates: ['name', 'scopes', 'expires_at'],
  notes: [
    'The admin API key manages keys.',
    'A list may lack a new key for some seconds.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, scopes, expires_at, restrictions }, context) =>
        keys(
          'POST',
          context,
          '',
          known({
            acl: scopes,
            description: name,
            validity: validity(expires_at, context) || undefined,
            referers: restrictions?.referrers,
            indexes: context.set['indexes']?.split(',').map((index) => index.trim()),
          }),
        ),
      answer: z.object({ key: z.string(), createdAt: z.iso.datetime({ offset: true }).optional() }),
      read: ({ key, createdAt }, { name, scopes = [], expires_at = null, restrictions }) => ({
        key: known({
          id: key,
          name,
          hint: key.slice(-4),
          scopes,
          restrictions,
          status: 'active' as const,
          created_at: createdAt === undefined ? undefined : new Date(createdAt).toISOString(),
          expires_at,
        }),
        credential: { secret: key },
      }),
    }),
    list: operation({
      call: (_, context) => keys('GET', context),
      answer: list,
      read: ({ keys: all }) => ({ keys: all.map(keyOf), next_cursor: null }),
    }),
    // All of a key is put anew: what is not sent goes back to its default.
    update: operation({
      first: operation({
        call: ({ id }: { id: string }, context) => keys('GET', context, `/${segment(id)}`),
        answer: z.looseObject({}),
        read: ({ value: _, createdAt: __, ...settings }) => settings,
      }),
      call: ({ id, changes: { name, scopes, expires_at } }, context, before) => {
        const changed = { description: name, acl: scopes, validity: validity(expires_at, context) };
        return keys('PUT', context, `/${segment(id)}`, { ...before, ...known(changed) });
      },
      read: () => undefined,
    }),
    revoke: operation({
      call: (id, context) => keys('DELETE', context, `/${segment(id)}`),
      read: () => undefined,
    }),
    verify: operation({
      call: (_, context) => keys('GET', context),
      answer: list,
      read: ({ keys: all }, { key, scope }) => {
        const found = all.find(({ value }) => value === key);
        if (found === undefined) return UNKNOWN;
        if (scope !== undefined && !found.acl.includes(scope)) {
          return { valid: false, reason: 'scope_missing', key: keyOf(found) };
        }
        return { valid: true, key: keyOf(found) };
      },
    }),
  },
});
