import { z } from 'zod';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { InvalidReason } from '../../domain/key-service.js';
import { bearer, type Call, type CallContext, defineProvider, operation } from '../define-provider.js';
import {
  DEFAULT_GRACE_SECONDS,
  epochMilliseconds,
  graceEnd,
  hasPassed,
  known,
  pageSize,
  retired,
} from '../values.js';

const told = z.object({
  name: z.string().optional(),
  enabled: z.boolean().optional(),
  expires: epochMilliseconds.nullish(),
  permissions: z.array(z.string()).optional(),
  meta: z.record(z.string(), z.unknown()).nullish(),
});
const record = told.extend({
  keyId: z.string(),
  start: z.string(),
  createdAt: epochMilliseconds,
  permissions: z.array(z.string()).default([]),
  lastUsed: epochMilliseconds.nullish(),
});
const made = z.object({ data: z.object({ keyId: z.string(), key: z.string() }) });
const verdict = told.extend({ valid: z.boolean(), code: z.string(), keyId: z.string().optional() });

type Told = z.infer<typeof told> & { keyId: string } & Partial<Omit<z.infer<typeof record>, 'permissions'>>;

const keyOf = (
  { keyId, name, enabled, expires, permissions, meta, ...rest }: Told,
  { clock }: CallContext,
): Key =>
  known({
    id: keyId,
    name: name ?? keyId,
    prefix: /^\w+_/.exec(rest.start ?? '')?.[0],
    status: enabled === false ? 'revoked' : hasPassed(expires, clock.now()) ? 'expired' : 'active',
    scopes: permissions,
    created_at: rest.createdAt,
    last_used: rest.lastUsed ?? undefined,
    expires_at: expires ?? null,
    metadata: meta ? Object.fromEntries(Object.entries(meta).map(([at, value]) => [at, textOf(value)])) : {},
  });

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const ms = (time: string | null | undefined) => (time ? Date.parse(time) : time);

/** Every operation is a POST; `readOnly` are those that change nothing. */
const post = (path: string, body: object, readOnly = false): Call => ({
  method: 'POST',
  path: `/v2/${path}`,
  body: known(body),
  ...(readOnly ? { readOnly } : {}),
});

const ask = (keyId: string) => post('keys.getKey', { keyId }, true);

const REASONS: Readonly<Record<string, InvalidReason>> = {
  NOT_FOUND: 'unknown',
  DISABLED: 'revoked',
  EXPIRED: 'expired',
  FORBIDDEN: 'scope_missing',
  INSUFFICIENT_PERMISSIONS: 'scope_missing',
};

/** Unkey: keys for an API of one's own. Times are epoch milliseconds, a roll's grace milliseconds from now. */
export const unkey = defineProvider({
  id: 'unkey',
  title: 'Unkey',
  documentation: 'https://www.unkey.com/docs/api-reference/v2/overview',
  baseUrl: 'https://api.unkey.com',
  context: [
    { name: 'api', about: 'the id of the API whose keys these are (api_…)', required: true },
    { name: 'prefix', about: 'what new keys begin with, such as prod', required: false },
  ],
  variables: { secret: 'API_KEY' },
  auth: bearer,
  accepts: {
    expires_at: 'any time before the year 2100',
    scopes: { about: 'permissions, such as documents.read' },
  },
  updates: ['name', 'expires_at', 'scopes', 'metadata'],
  keepsMetadata: true,
  roll: { by: 'provider', grace: { kind: 'any', defaultSeconds: DEFAULT_GRACE_SECONDS } },
  notes: [
    'A root key manages keys; the keys made here are for your own API.',
    'Verifying a key here takes none of its credits, but counts against its rate limits.',
    'A revoked key may be taken for good for up to 30 seconds.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at, scopes, metadata }, { set }) =>
        post('keys.createKey', {
          apiId: set['api'],
          prefix: set['prefix'] || undefined,
          name,
          expires: ms(expires_at) ?? undefined,
          permissions: scopes,
          meta: metadata,
        }),
      answer: made,
      read: ({ data }, { name, expires_at, scopes = [], metadata = {} }) => ({
        key: {
          id: data.keyId,
          name,
          scopes,
          metadata,
          expires_at: expires_at ?? null,
          status: 'active',
        },
        credential: { secret: data.key },
      }),
    }),
    list: operation({
      call: ({ limit, cursor }, { set }) =>
        post('apis.listKeys', { apiId: set['api'], limit: pageSize(limit, 100), cursor }, true),
      answer: z.object({
        data: z.array(record),
        pagination: z.object({ hasMore: z.boolean(), cursor: z.string().optional() }).optional(),
      }),
      read: ({ data, pagination }, _, context) => ({
        keys: data.map((key) => keyOf(key, context)),
        next_cursor: (pagination?.hasMore && pagination.cursor) || null,
      }),
    }),
    get: operation({
      call: ask,
      answer: z.object({ data: record }),
      read: ({ data }, _, context) => keyOf(data, context),
    }),
    update: operation({
      call: ({ id, changes: { name, expires_at, scopes, metadata } }) =>
        post('keys.updateKey', {
          keyId: id,
          name,
          expires: ms(expires_at),
          permissions: scopes,
          meta: metadata,
        }),
      read: () => undefined,
    }),
    roll: operation({
      first: operation({
        call: ({ id }: { id: string }) => ask(id),
        answer: z.object({ data: record }),
        read: ({ data }, _, context) => keyOf(data, context),
      }),
      call: ({ id, request }, { clock }, old) => {
        const now = clock.now();
        return post('keys.rerollKey', { keyId: id, expiration: graceEnd(request, old, now) - now });
      },
      answer: made,
      read: ({ data }, { request }, { clock }, old) => {
        const { last_used: _, created_at: __, ...like } = old;
        const now = clock.now();
        return {
          key: { ...like, id: data.keyId },
          credential: { secret: data.key },
          previous: retired(old, graceEnd(request, old, now), now),
        };
      },
    }),
    revoke: operation({
      call: (keyId) => post('keys.deleteKey', { keyId }),
      read: () => undefined,
    }),
    verify: operation({
      call: ({ key, scope }) =>
        post('keys.verifyKey', { key, permissions: scope, credits: { cost: 0 } }, true),
      answer: z.object({ data: verdict }),
      read: ({ data }, _, context) => {
        const { valid, code, keyId } = data;
        const told = keyId === undefined ? {} : { key: keyOf({ ...data, keyId }, context) };
        if (valid && told.key !== undefined) return { valid, key: told.key };
        const reason = REASONS[code];
        if (reason !== undefined) return { valid: false, reason, ...told };
        throw new KeysError('rate_limited', `unkey has not judged the key: ${code}`, {
          hint: 'it is used up for now: its credits or its rate limit',
        });
      },
    }),
  },
});
