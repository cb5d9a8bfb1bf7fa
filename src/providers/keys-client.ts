import type { z } from 'zod';
import { KeysError } from '../domain/errors.js';
import { IDEMPOTENCY_HEADER } from '../domain/idempotency.js';
import type { Credential, Key } from '../domain/key.js';
import type { KeyService, MintOptions } from '../domain/key-service.js';
import type { Transport } from '../http/transport.js';
import { readAnswer } from '../wire/read-answer.js';
import { ROUTES, type Route } from '../wire/routes.js';
import {
  createAnswer,
  keyAnswer,
  listAnswer,
  messageAnswer,
  rollAnswer,
  verifyAnswer,
} from '../wire/schemas.js';

export interface KeysClientOptions {
  /** Such as `https://api.example.com`, without a slash at its end. */
  readonly baseUrl: string;
  /** The management key. */
  readonly credential: string;
  readonly transport: Transport;
  /** Such as `keys/0.1.0`. */
  readonly userAgent: string;
}

interface Call {
  readonly id?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly mint?: MintOptions;
}

/** The contract over the key endpoints (the documented ones and ours beside them). Errors: see `Transport` and `readAnswer`. */
export function createKeysClient({
  baseUrl,
  credential,
  transport,
  userAgent,
}: KeysClientOptions): KeyService {
  async function call<Output>(
    route: Route,
    schema: z.ZodType<Output>,
    { id, query, body, mint }: Call,
  ): Promise<Output> {
    const url = new URL(baseUrl + route.path.replace('{id}', encodeURIComponent(id ?? '')));
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(name, value);
    const answer = await transport({
      method: route.method,
      url: url.href,
      headers: {
        authorization: `Bearer ${credential}`,
        accept: 'application/json',
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(mint === undefined ? {} : { [IDEMPOTENCY_HEADER]: mint.idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return readAnswer(schema, answer, route.method, url.origin + url.pathname);
  }

  return {
    async create(request, mint) {
      return issued((await call(ROUTES.create, createAnswer, { body: request, mint })).data);
    },

    async list({ limit, status, ...filters }) {
      const query = { ...filters, limit: limit?.toString(), status: status?.join(',') };
      const answer = await call(ROUTES.list, listAnswer, { query });
      return { keys: answer.data as Key[], next_cursor: answer.next_cursor ?? null };
    },

    async get(id) {
      return about(id, (await call(ROUTES.get, keyAnswer, { id })).data as Key);
    },

    async update(id, changes) {
      return about(id, (await call(ROUTES.update, keyAnswer, { id, body: changes })).data as Key);
    },

    async roll(id, request, mint) {
      const answer = await call(ROUTES.roll, rollAnswer, { id, body: request, mint });
      return { ...issued(answer.data), previous: about(id, answer.previous as Key) };
    },

    async revoke(id) {
      await call(ROUTES.revoke, messageAnswer, { id });
    },

    async verify(request) {
      const { data } = await call(ROUTES.verify, verifyAnswer, { body: request });
      if (data.valid && data.key) return { valid: true, key: data.key as Key };
      if (!data.valid && data.reason) {
        return { valid: false, reason: data.reason, ...(data.key ? { key: data.key as Key } : {}) };
      }
      throw new KeysError('bad_answer', `the verdict is neither valid nor says why not: ${baseUrl}`);
    },

    async whoami() {
      return (await call(ROUTES.whoami, keyAnswer, {})).data as Key;
    },

    async acknowledge(id, mint) {
      await call(ROUTES.acknowledge, messageAnswer, { id, mint });
    },
  };
}

/** The record and the secret apart, so that no record ever carries a secret along. */
function issued(data: z.infer<typeof createAnswer>['data']): { key: Key; credential: Credential } {
  if ('secret' in data) {
    const { secret, ...key } = data;
    return { key: key as Key, credential: { secret } };
  }
  const { api_key, secret_key, ...key } = data;
  return { key: key as Key, credential: { api_key, secret_key } };
}

function about(id: string, key: Key): Key {
  if (key.id === id) return key;
  throw new KeysError('bad_answer', `asked for ${id}, the service answered with ${key.id}`, {
    hint: 'is something in between that answers from a cache?',
  });
}
