import { z } from 'zod';
import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import {
  bearer,
  type Call,
  type CallContext,
  defineProvider,
  operation,
  segment,
} from '../define-provider.js';
import { DEFAULT_GRACE_SECONDS, graceEnd, hasPassed, isoDate, known, retired } from '../values.js';

/** What may be done with each area, such as `{ ingest: ['create'] }`; null where there is nothing. */
const capabilities = z
  .record(z.string(), z.array(z.string()).nullish())
  .nullish()
  .transform((areas) => areas ?? {});
const named = z
  .record(z.string(), capabilities)
  .nullish()
  .transform((sets) => sets ?? {});

const record = z.object({
  id: z.string(),
  name: z.string(),
  expiresAt: isoDate.nullish(),
  orgCapabilities: capabilities,
  datasetCapabilities: named,
  viewCapabilities: named,
  apiLastUsed: isoDate.nullish(),
  ingestLastUsed: isoDate.nullish(),
});
const whole = record.extend({ token: z.string() });

type Capabilities = Readonly<Record<string, readonly string[] | null | undefined>>;

const wordsOf = (of: string, areas: Capabilities) =>
  Object.entries(areas).flatMap(([area, verbs]) => (verbs ?? []).map((verb) => `${of}:${area}:${verb}`));

const keyOf = (told: z.infer<typeof record>, { clock }: CallContext): Key =>
  known({
    id: told.id,
    name: told.name,
    status: hasPassed(told.expiresAt, clock.now()) ? 'expired' : 'active',
    scopes: [
      ...wordsOf('org', told.orgCapabilities),
      ...Object.entries(told.datasetCapabilities).flatMap(([name, areas]) =>
        wordsOf(`dataset:${name}`, areas),
      ),
      ...Object.entries(told.viewCapabilities).flatMap(([name, areas]) => wordsOf(`view:${name}`, areas)),
    ],
    expires_at: told.expiresAt ?? null,
    last_used:
      [told.apiLastUsed, told.ingestLastUsed]
        .filter((time) => time)
        .sort()
        .at(-1) ?? undefined,
  });

/** `org:datasets:read`, `dataset:logs:ingest:create` and `view:errors:query:read` as the vendor nests them. Throws `invalid_request`. */
function capabilitiesOf(scopes: readonly string[]): object {
  type Sets = Record<string, Record<string, string[]>>;
  const of: { readonly org: Sets; readonly dataset: Sets; readonly view: Sets } = {
    org: {},
    dataset: {},
    view: {},
  };
  for (const scope of scopes) {
    const parts = /^(?:org|(dataset|view):(.+)):([^:]+):([^:]+)$/.exec(scope);
    if (parts === null) {
      throw new KeysError('invalid_request', `no capability of Axiom: ${scope}`, { hint: SCOPES });
    }
    const [, kind = 'org', name = '', area = '', verb = ''] = parts;
    const sets = of[kind as keyof typeof of];
    const areas = sets[name] ?? {};
    sets[name] = { ...areas, [area]: [...(areas[area] ?? []), verb] };
  }
  const some = (sets: Sets) => (Object.keys(sets).length > 0 ? sets : undefined);
  return known({
    orgCapabilities: of.org[''],
    datasetCapabilities: some(of.dataset),
    viewCapabilities: some(of.view),
  });
}

const SCOPES =
  'such as dataset:logs:ingest:create, dataset:*:query:read, view:errors:query:read or org:datasets:read';

/** A call under `/tokens`, for the organization that is named: a personal token needs that. */
const tokens = (method: Call['method'], { set }: CallContext, rest = '', body?: object): Call => ({
  method,
  path: `/tokens${rest}`,
  ...compact({ body }),
  ...(set['organization'] ? { headers: { 'x-axiom-org-id': set['organization'] } } : {}),
});

/** Axiom: API tokens with capabilities by dataset and view. A roll makes another token, and names the time at which the old one ends. */
export const axiom = defineProvider({
  id: 'axiom',
  title: 'Axiom',
  documentation: 'https://axiom.co/docs/reference/tokens',
  baseUrl: 'https://api.axiom.co/v2',
  context: [
    {
      name: 'organization',
      about: 'id of the organization, where a personal access token manages the keys',
      required: false,
    },
  ],
  variables: { secret: 'AXIOM_TOKEN' },
  format: { kind: 'secret', prefixes: [{ prefix: 'xaat-' }] },
  auth: bearer,
  accepts: { expires_at: 'any time', scopes: { about: SCOPES, required: true } },
  updates: [],
  roll: { by: 'provider', grace: { kind: 'any', defaultSeconds: DEFAULT_GRACE_SECONDS } },
  notes: [
    'Keys are managed with an API token that has org:apiTokens capabilities, or with a personal access token.',
    'The successor of a token that expires ends when the old one would have.',
    'A repeated create makes another token.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at, scopes = [] }, context) =>
        tokens(
          'POST',
          context,
          '',
          known({
            name,
            expiresAt: expires_at ?? undefined,
            ...capabilitiesOf(scopes),
          }),
        ),
      answer: whole,
      read: (made, _, context) => ({ key: keyOf(made, context), credential: { secret: made.token } }),
    }),
    list: operation({
      call: (_, context) => tokens('GET', context),
      answer: z.array(record),
      read: (all, _, context) => ({ keys: all.map((told) => keyOf(told, context)), next_cursor: null }),
    }),
    get: operation({
      call: (id, context) => tokens('GET', context, `/${segment(id)}`),
      answer: record,
      read: (told, _, context) => keyOf(told, context),
    }),
    roll: operation({
      first: operation({
        call: ({ id }: { id: string }, context) => tokens('GET', context, `/${segment(id)}`),
        answer: record,
        read: (told, _, context) => keyOf(told, context),
      }),
      call: ({ id, request }, context, old) =>
        tokens('POST', context, `/${segment(id)}/regenerate`, {
          existingTokenExpiresAt: isoTime(graceEnd(request, old, context.clock.now())),
          newTokenExpiresAt: old.expires_at ?? null,
        }),
      answer: whole,
      read: (made, { request }, context, old) => {
        const now = context.clock.now();
        return {
          key: keyOf(made, context),
          credential: { secret: made.token },
          previous: retired(old, graceEnd(request, old, now), now),
        };
      },
    }),
    revoke: operation({
      call: (id, context) => tokens('DELETE', context, `/${segment(id)}`),
      read: () => undefined,
    }),
  },
});
