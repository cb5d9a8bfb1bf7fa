import { z } from 'zod';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { hasPassed, isoDate, known, shownEnd } from '../values.js';

const record = z.object({
  hash: z.string(),
  name: z.string(),
  label: z.string(),
  disabled: z.boolean(),
  created_at: isoDate,
  expires_at: isoDate.nullish(),
});
const one = z.object({ data: record });
/** As documented; the size of a page cannot be asked for. */
const PAGE = 100;

const keyOf = (
  { hash, name, label, disabled, created_at, expires_at }: z.infer<typeof record>,
  { clock }: CallContext,
): Key =>
  known({
    id: hash,
    name,
    hint: shownEnd(label),
    created_at,
    expires_at,
    status: disabled ? 'revoked' : hasPassed(expires_at, clock.now()) ? 'expired' : 'active',
  });

function limitOf({ set }: CallContext): number | undefined {
  if (!set['limit']) return undefined;
  const dollars = Number(set['limit']);
  if (dollars >= 0) return dollars;
  throw new KeysError('invalid_request', `not an amount of US dollars: --set limit=${set['limit']}`);
}

/** OpenRouter: a key's id is a hash of it. A key that is switched off is listed as revoked. */
export const openrouter = defineProvider({
  id: 'openrouter',
  title: 'OpenRouter',
  documentation: 'https://openrouter.ai/docs/guides/overview/auth/management-api-keys',
  baseUrl: 'https://openrouter.ai/api/v1',
  context: [
    {
      name: 'workspace',
      about: 'id of the workspace whose keys these are, instead of the default one',
      required: false,
    },
    { name: 'limit', about: 'US dollars that a new key may spend', required: false },
  ],
  variables: { secret: 'OPENROUTER_API_KEY' },
  format: { kind: 'secret', prefixes: [{ prefix: 'sk-or-v1-' }] },
  auth: bearer,
  check: { method: 'GET', path: '/key' },
  accepts: { expires_at: 'any time in UTC' },
  notes: [
    'Keys are managed with a management key, which can do nothing else.',
    'A successor has the spending limit of --set limit, whatever that of the old key is.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at }, context) => ({
        method: 'POST',
        path: '/keys',
        body: known({
          name,
          expires_at: expires_at ?? undefined,
          limit: limitOf(context),
          workspace_id: context.set['workspace'] || undefined,
        }),
      }),
      answer: one.extend({ key: z.string() }),
      read: ({ data, key }, _, context) => ({ key: keyOf(data, context), credential: { secret: key } }),
    }),
    list: operation({
      call: ({ cursor }, { set }) => ({
        method: 'GET',
        path: '/keys',
        query: { include_disabled: 'true', offset: cursor, workspace_id: set['workspace'] || undefined },
      }),
      answer: z.object({ data: z.array(record) }),
      read: ({ data }, { cursor = '0' }, context) => ({
        keys: data.map((key) => keyOf(key, context)),
        next_cursor: data.length < PAGE ? null : String(Number(cursor) + data.length),
      }),
    }),
    get: operation({
      call: (id) => ({ method: 'GET', path: `/keys/${segment(id)}` }),
      answer: one,
      read: ({ data }, _, context) => keyOf(data, context),
    }),
    update: operation({
      call: ({ id, changes: { name } }) => ({
        method: 'PATCH',
        path: `/keys/${segment(id)}`,
        body: { name },
      }),
      answer: one,
      read: ({ data }, _, context) => keyOf(data, context),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `/keys/${segment(id)}` }),
      read: () => undefined,
    }),
  },
});
