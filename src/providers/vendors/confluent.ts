import { basic } from '../define-provider.js';
import { custom, never, pages, provider, text, time, valueAt } from '../language/index.js';

/** A member of the reference to a key's resource; a Cloud API key has none. */
const ofResource = (member: string, accepts: string) =>
  custom<string>(
    (key) => {
      const id = valueAt(key, 'spec.resource.id');
      const found = id === 'cloud' ? undefined : valueAt(key, `spec.resource.${member}`);
      return typeof found === 'string' && found !== '' ? found : undefined;
    },
    { kind: 'text', accepts, send: `spec.resource.${member}` },
  );

/**
 * Confluent Cloud: a key is a pair, an id and a secret, of one owner and for one resource. A create is taken
 * on (202) rather than done. Source: confluentinc/terraform-provider-confluent@e58ae689, Confluent's OpenAPI
 * document iam/v2.
 */
export const confluent = provider({
  id: 'confluent',
  title: 'Confluent Cloud',
  documentation: 'https://docs.confluent.io/cloud/current/api.html',
  baseUrl: 'https://api.confluent.cloud',
  context: { owner: 'id of the account whose keys these are (sa-… or u-…)' },
  variable: { api_key: 'CONFLUENT_CLOUD_API_KEY', secret_key: 'CONFLUENT_CLOUD_API_SECRET' },
  auth: basic,
  managedBy: 'pair',
  options: {
    resource: ofResource(
      'id',
      'id of the cluster that the key is for (lkc-…, lsrc-…); without it, it is a Cloud API key',
    ),
    environment: ofResource('environment', 'id of the environment of the resource (env-…)'),
    resource_kind: ofResource('kind', 'kind of the resource, such as Cluster or Region'),
    resource_api_version: ofResource('api_version', 'version of that kind, such as cmk/v2 or fcpm/v2'),
    description: text('spec.description', { accepts: 'what the key is for', updates: true }),
  },
  credentialNeeds: 'The credential that manages keys is user:password: id and secret of a Cloud API key.',
  notes: [
    'A new key may take some minutes until its resource knows it.',
    'A list has the keys of the owner, and of the resource where one is set.',
  ],
  keys: {
    path: '/iam/v2/api-keys',
    list: {
      in: 'data',
      pages: pages.link({ size: 'page_size', most: 100, next: 'metadata.next' }),
      query: ({ owner, resource }) => ({ 'spec.owner': owner, 'spec.resource': resource }),
    },
    secret: { api_key: 'id', secret_key: 'spec.secret' },
    fields: {
      name: text('spec.display_name', { updates: true }),
      created_at: time('metadata.created_at'),
      expires_at: never,
      owner: 'spec.owner.id',
    },
    create: { body: (_, { set: { owner } }) => ({ spec: { owner: { id: owner } } }) },
    update: {},
  },
});
