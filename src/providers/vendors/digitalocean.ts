import { KeysError } from '../../domain/errors.js';
import { custom, never, pages, provider } from '../language/index.js';

const SCOPES = 'fullaccess alone, or for each bucket its name with :read or :readwrite, such as assets:read';

interface Grant {
  readonly bucket: string;
  readonly permission: string;
}

function grantOf(scope: string): Grant {
  if (scope === 'fullaccess') return { bucket: '', permission: scope };
  const [, bucket, permission] = /^([^:]+):(read|readwrite)$/.exec(scope) ?? [];
  if (bucket && permission) return { bucket, permission };
  throw new KeysError('invalid_request', `not a permission of a Spaces key: ${scope}`, { hint: SCOPES });
}

/**
 * DigitalOcean: keys of Spaces, pairs that sign as those of S3 do. They are managed with a token, which is no
 * such pair. Source: digitalocean/godo@3fce660 spaces_keys.go.
 */
export const digitalocean = provider({
  id: 'digitalocean',
  title: 'DigitalOcean Spaces',
  documentation: 'https://docs.digitalocean.com/reference/api/digitalocean/#tag/Spaces-Keys',
  baseUrl: 'https://api.digitalocean.com',
  variable: { api_key: 'SPACES_ACCESS_KEY_ID', secret_key: 'SPACES_SECRET_ACCESS_KEY' },
  credentialNeeds: 'Keys are managed with a personal access token.',
  notes: ['What a key may do cannot be changed: make another.'],
  keys: {
    path: '/v2/spaces/keys',
    one: 'key',
    list: { in: 'keys', pages: pages.link({ size: 'per_page', most: 200, next: 'links.pages.next' }) },
    secret: { api_key: 'key.access_key', secret_key: 'key.secret_key' },
    fields: {
      id: 'access_key',
      scopes: custom<readonly string[]>(
        ({ grants }) =>
          ((grants ?? []) as readonly Grant[]).map(({ bucket, permission }) =>
            bucket === '' ? permission : `${bucket}:${permission}`,
          ),
        { accepts: SCOPES, required: true, send: (scopes) => ({ grants: scopes.map(grantOf) }) },
      ),
      expires_at: never,
    },
    update: {},
  },
});
