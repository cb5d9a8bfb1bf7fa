import { KeysError } from '../../domain/errors.js';
import type { OptionValue } from '../../domain/key.js';
import type { InvalidReason } from '../../domain/key-service.js';
import {
  custom,
  expiry,
  json,
  pages,
  provider,
  status,
  strings,
  text,
  texts,
  time,
  valueAt,
} from '../language/index.js';

/**
 * FORBIDDEN: the key's list of addresses, or a disabled workspace. INSUFFICIENT_PERMISSIONS: a scope is
 * missing.
 */
const REASONS: Readonly<Record<string, InvalidReason>> = {
  NOT_FOUND: 'unknown',
  DISABLED: 'disabled',
  EXPIRED: 'expired',
  FORBIDDEN: 'ip_not_allowed',
  INSUFFICIENT_PERMISSIONS: 'scope_missing',
};

/** Rate limits as a create takes them: without the ids that a record has. */
const withoutIds = (limits: OptionValue): OptionValue =>
  Array.isArray(limits)
    ? limits.map(({ id: _, ...limit }: Readonly<Record<string, OptionValue>>) => limit)
    : limits;

/**
 * Unkey: keys for an API of your own. Every request is a POST; times are epoch milliseconds, a grace is
 * milliseconds from now. Longer than other vendors' files: every route is named, and it verifies keys with
 * reasons of its own. A recoverable key is not read again here: whether one is, no record tells. Source:
 * unkeyed/unkey@fc99b6b925, its OpenAPI document and Go server.
 */
export const unkey = provider({
  id: 'unkey',
  title: 'Unkey',
  documentation: 'https://www.unkey.com/docs/api-reference/v2/overview',
  baseUrl: 'https://api.unkey.com',
  context: {
    api: 'the id of the API whose keys these are (api_…)',
    'prefix?': 'what new keys begin with, such as prod',
    'byte_length?': 'random bytes of new keys, 16 to 255 (default: 16)',
    'recoverable?': 'yes: Unkey keeps new keys encrypted, so that they can be read again there',
    'permanent?': 'yes: a revoked key is deleted for good, its history too',
  },
  variable: 'API_KEY',
  marks: false,
  settles: { revoked: 30 },
  options: {
    externalId: text('identity.externalId', {
      accepts: "your own id of the key's owner",
      send: 'externalId',
      updates: true,
    }),
    roles: texts('roles', { accepts: 'names of roles, such as reader', updates: true }),
    credits: json('credits', { accepts: 'how many requests the key has, as JSON', updates: true }),
    ratelimits: json('ratelimits', {
      accepts: 'rate limits as JSON: name, limit, duration and autoApply of each',
      updates: true,
      send: (limits) => ({ ratelimits: withoutIds(limits) }),
    }),
  },
  credentialNeeds: 'A root key manages keys; the keys created here are for your own API.',
  notes: [
    'Verifying a key takes none of its credits, but counts against its rate limits, and needs the permission verify_key.',
    'Unkey rounds the end of an old key up to the next minute.',
    'A revoked key may be accepted for up to 30 seconds.',
  ],
  keys: {
    path: '/v2/keys',
    idIn: 'keyId',
    one: 'data',
    list: {
      at: 'POST /v2/apis.listKeys',
      in: 'data',
      query: ({ api }) => ({ apiId: api }),
      pages: pages.after({
        cursor: 'cursor',
        size: 'limit',
        most: 100,
        more: 'pagination.hasMore',
        next: 'pagination.cursor',
      }),
    },
    get: 'POST {keys}.getKey',
    secret: 'data.key',
    fields: {
      id: 'keyId',
      prefix: custom((key) => /^\w+_/.exec(String(key['start'] ?? ''))?.[0]),
      status: status('enabled', { true: 'active', false: 'paused' }),
      scopes: texts('permissions', {
        accepts: 'permissions, such as documents.read',
        absent: [],
        updates: true,
      }),
      created_at: time('createdAt'),
      last_used: time('lastUsedAt'),
      expires_at: expiry('expires', {
        accepts: 'any time before the year 2100',
        as: 'milliseconds',
        updates: true,
      }),
      metadata: strings('meta', { accepts: 'your own notes', absent: {}, updates: true }),
    },
    create: {
      at: 'POST {keys}.createKey',
      body: (_, { set: { api, prefix, byte_length: bytes, recoverable } }) => ({
        apiId: api,
        prefix,
        byteLength: bytes === undefined ? undefined : Number(bytes),
        recoverable: recoverable === undefined ? undefined : true,
      }),
      returns: 'id',
    },
    update: { at: 'POST {keys}.updateKey', returns: 'nothing' },
    pause: { paused: { enabled: false }, active: { enabled: true } },
    roll: {
      at: 'POST {keys}.rerollKey',
      body: ({ ends, now }) => ({ expiration: ends - now }),
      returns: 'id',
    },
    revoke: {
      at: 'POST {keys}.deleteKey',
      body: ({ permanent }) => (permanent === undefined ? {} : { permanent: true }),
    },
    verify: {
      at: 'POST {keys}.verifyKey',
      body: ({ key, scope }) => ({ key, permissions: scope, credits: { cost: 0 } }),
      verdict({ status: code, body }, keyOf) {
        const data = valueAt(body, 'data') as { valid?: boolean; code?: string; keyId?: string } | undefined;
        if (code !== 200 || data === undefined) return undefined;
        const known = data.keyId === undefined ? {} : { key: keyOf(data) };
        if (data.valid && known.key) return { valid: true, key: known.key };
        const reason = REASONS[data.code ?? ''];
        if (reason !== undefined) return { valid: false, reason, ...known };
        throw new KeysError('rate_limited', `Unkey has not judged the key: ${data.code}`, {
          hint: 'its credits or its rate limit are used up for now',
        });
      },
    },
  },
});
