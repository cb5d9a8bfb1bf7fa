import { z } from 'zod';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { defineProvider, headerAuth, operation, segment } from '../define-provider.js';
import { isoDate, known, pageSize } from '../values.js';

const KEYS = '/api/v2/api_keys';

const record = z.object({
  id: z.string(),
  attributes: z.object({
    name: z.string(),
    last4: z.string().optional(),
    created_at: isoDate.optional(),
    date_last_used: isoDate.nullish(),
  }),
});
const one = z.object({ data: record });
const whole = z.object({
  data: record.extend({ attributes: record.shape.attributes.extend({ key: z.string() }) }),
});

const keyOf = ({ id, attributes }: z.infer<typeof record>): Key =>
  known({
    id,
    name: attributes.name,
    hint: attributes.last4,
    status: 'active' as const,
    created_at: attributes.created_at,
    last_used: attributes.date_last_used,
  });

const resource = (name: string | undefined, id?: string) => ({
  data: { type: 'api_keys', ...compact({ id }), attributes: { name } },
});

/** Datadog: API keys, with which metrics and logs are sent. Two keys manage them: an API key, and an application key that says who asks. */
export const datadog = defineProvider({
  id: 'datadog',
  title: 'Datadog',
  documentation: 'https://docs.datadoghq.com/api/latest/key-management/',
  baseUrl: 'https://api.datadoghq.com',
  variables: { secret: 'DD_API_KEY' },
  auth: headerAuth('dd-api-key'),
  managedBy: 'pair',
  managementAuth: (credential) => {
    if ('secret' in credential) throw new KeysError('usage', 'keys of Datadog are managed by a pair');
    return { 'dd-api-key': credential.api_key, 'dd-application-key': credential.secret_key };
  },
  check: { method: 'GET', path: '/api/v1/validate' },
  notes: [
    'The credential that manages keys is api-key:application-key.',
    'Every site has its address: --base-url https://api.datadoghq.eu, https://api.us5.datadoghq.com and so on.',
    'Keys have no scopes and no expiry; application keys are not managed here.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name }) => ({ method: 'POST', path: KEYS, body: resource(name) }),
      answer: whole,
      read: ({ data }) => ({ key: keyOf(data), credential: { secret: data.attributes.key } }),
    }),
    list: operation({
      call: ({ limit, cursor }) => ({
        method: 'GET',
        path: KEYS,
        query: {
          'page[size]': pageSize(limit, 100),
          'page[number]': Number(cursor ?? 0),
          sort: '-created_at',
        },
      }),
      answer: z.object({
        data: z.array(record),
        meta: z.object({ page: z.object({ total_filtered_count: z.number() }) }).optional(),
      }),
      read: ({ data, meta }, { limit, cursor }) => {
        const size = pageSize(limit, 100);
        const next = Number(cursor ?? 0) + 1;
        const total = meta?.page.total_filtered_count;
        const more = total === undefined ? data.length === size : next * size < total;
        return { keys: data.map(keyOf), next_cursor: more ? String(next) : null };
      },
    }),
    // The answer shows the secret again: it is left unread.
    get: operation({
      call: (id) => ({ method: 'GET', path: `${KEYS}/${segment(id)}` }),
      answer: one,
      read: ({ data }) => keyOf(data),
    }),
    update: operation({
      call: ({ id, changes: { name } }) => ({
        method: 'PATCH',
        path: `${KEYS}/${segment(id)}`,
        body: resource(name, id),
      }),
      answer: one,
      read: ({ data }) => keyOf(data),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `${KEYS}/${segment(id)}` }),
      read: () => undefined,
    }),
  },
});
