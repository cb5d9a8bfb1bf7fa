import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { basic, defineProvider, operation, segment } from '../define-provider.js';
import { isoDate, known, linkPath, pageSize } from '../values.js';

const KEYS = '/iam/v2/api-keys';

const record = z.object({
  id: z.string(),
  metadata: z.object({ created_at: isoDate.optional() }).optional(),
  spec: z.object({ display_name: z.string().optional() }),
});

const keyOf = ({ id, metadata, spec }: z.infer<typeof record>): Key =>
  known({
    id,
    name: spec.display_name || id,
    status: 'active' as const,
    created_at: metadata?.created_at,
  });

const reference = (id: string | undefined) => (id ? { id } : undefined);

/** Confluent Cloud: a key is a pair, an id and a secret, of one owner and for one resource. A create is taken on (202) rather than done. */
export const confluent = defineProvider({
  id: 'confluent',
  title: 'Confluent Cloud',
  documentation: 'https://docs.confluent.io/cloud/current/api.html',
  baseUrl: 'https://api.confluent.cloud',
  context: [
    { name: 'owner', about: 'id of the account whose keys these are (sa-… or u-…)', required: true },
    {
      name: 'resource',
      about: 'id of the cluster that keys are for (lkc-…, lsrc-…); without it they are Cloud API keys',
      required: false,
    },
    { name: 'environment', about: 'id of the environment of the resource (env-…)', required: false },
  ],
  variables: { api_key: 'CONFLUENT_CLOUD_API_KEY', secret_key: 'CONFLUENT_CLOUD_API_SECRET' },
  auth: basic,
  managedBy: 'pair',
  notes: [
    'The credential that manages keys is user:password: id and secret of a Cloud API key.',
    'A new key may take some minutes until its resource knows it.',
    'A list has the keys of the owner, and of the resource where one is set.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name }, { set }) => ({
        method: 'POST',
        path: KEYS,
        body: {
          spec: known({
            display_name: name,
            owner: reference(set['owner']),
            resource: set['resource']
              ? known({ id: set['resource'], environment: set['environment'] || undefined })
              : undefined,
          }),
        },
      }),
      answer: record.extend({ spec: z.object({ display_name: z.string().optional(), secret: z.string() }) }),
      read: (made) => ({
        key: keyOf(made),
        credential: { api_key: made.id, secret_key: made.spec.secret },
      }),
    }),
    list: operation({
      call: ({ limit, cursor }, { set }) => ({
        method: 'GET',
        path: cursor ?? KEYS,
        ...(cursor === undefined
          ? {
              query: {
                'spec.owner': set['owner'],
                'spec.resource': set['resource'] || undefined,
                page_size: pageSize(limit, 100),
              },
            }
          : {}),
      }),
      answer: z.object({
        data: z.array(record),
        metadata: z.object({ next: z.string().nullish() }),
      }),
      read: ({ data, metadata }) => ({ keys: data.map(keyOf), next_cursor: linkPath(metadata.next) }),
    }),
    get: operation({
      call: (id) => ({ method: 'GET', path: `${KEYS}/${segment(id)}` }),
      answer: record,
      read: keyOf,
    }),
    update: operation({
      call: ({ id, changes: { name } }) => ({
        method: 'PATCH',
        path: `${KEYS}/${segment(id)}`,
        body: { spec: { display_name: name } },
      }),
      answer: record,
      read: keyOf,
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `${KEYS}/${segment(id)}` }),
      read: () => undefined,
    }),
  },
});
