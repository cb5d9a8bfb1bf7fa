import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is particular about a fixture vendor. */
export interface VendorKind {
  /** Of the provider, and of the profile. */
  readonly id: string;
  /**
   * `unique`: a second active key of a name is refused. `normalised`: lower-cased and unique. `none`: names
   * are not kept.
   */
  readonly names: 'free' | 'unique' | 'normalised' | 'none';
  readonly pageSize: number;
  readonly order: 'newest' | 'oldest';
  /** Whether a repeated create or roll is recognised by its idempotency key. */
  readonly idempotent: boolean;
  /** Its own roll; null: it has none. A number: the seconds of a window that is always the same. */
  readonly roll: null | { readonly grace: 'any' | 'none' | number; readonly inPlace: boolean };
  /** Seconds by which its lists are late. */
  readonly settles: number;
  /** What its records tell beside id, name and creation. */
  readonly shows: ReadonlyArray<'scopes' | 'expires_at' | 'metadata' | 'last_used'>;
  /** What a new key can be given beside its name. */
  readonly accepts: ReadonlyArray<'scopes' | 'expires_at'>;
  readonly updates: ReadonlyArray<'name' | 'expires_at' | 'scopes'>;
  /** Whether a key can be stopped for a while. */
  readonly pauses: boolean;
  /** Whether one key can be asked for by its id; else the list is all that there is. */
  readonly hasGet: boolean;
}

const PLAIN: VendorKind = {
  id: 'plain',
  names: 'free',
  pageSize: 100,
  order: 'newest',
  idempotent: false,
  roll: null,
  settles: 0,
  shows: ['scopes', 'expires_at', 'metadata', 'last_used'],
  accepts: ['scopes', 'expires_at'],
  updates: ['name', 'expires_at', 'scopes'],
  pauses: true,
  hasGet: true,
};

/** Vendors, each of another kind. */
export const VENDOR_KINDS: readonly VendorKind[] = [
  PLAIN,
  // Tells next to nothing, two keys a page, oldest first.
  {
    ...PLAIN,
    id: 'paged',
    pageSize: 2,
    order: 'oldest',
    shows: ['last_used'],
    updates: ['name'],
    pauses: false,
    hasGet: false,
  },
  { ...PLAIN, id: 'unique', names: 'unique', pageSize: 2, shows: ['scopes', 'expires_at'] },
  { ...PLAIN, id: 'normalised', names: 'normalised', shows: ['expires_at'], hasGet: false },
  { ...PLAIN, id: 'nameless', names: 'none', pageSize: 2, shows: ['scopes'], updates: [], pauses: false },
  { ...PLAIN, id: 'graceful', idempotent: true, pageSize: 2, roll: { grace: 'any', inPlace: false } },
  { ...PLAIN, id: 'inplace', pageSize: 2, roll: { grace: 'none', inPlace: true } },
  { ...PLAIN, id: 'abrupt', idempotent: true, pageSize: 2, roll: { grace: 'none', inPlace: false } },
  { ...PLAIN, id: 'fixed', order: 'oldest', updates: ['name'], roll: { grace: 43_200, inPlace: false } },
  { ...PLAIN, id: 'late', pageSize: 2, settles: 2, shows: ['expires_at'], updates: [], pauses: false },
];

/** Writes the provider's file, as a user would, and returns its path. */
export function writeProviderFile(folder: string, kind: VendorKind): string {
  const path = join(folder, `${kind.id}.mjs`);
  writeFileSync(path, providerFile(kind), { mode: 0o600 });
  return path;
}

const ABOUT = { scopes: `{ about: 'what the key may do' }`, expires_at: `'any time, to the second'` };

/** The name rules as a definition says them. */
const NAME_RULES: Readonly<Record<VendorKind['names'], string>> = {
  free: `{ rule: 'free' }`,
  unique: `{ rule: 'unique' }`,
  normalised: `{ rule: 'unique', stored: (name) => name.toLowerCase() }`,
  none: `{ rule: 'none' }`,
};

const pauseText = (name: string) =>
  `${name}: operation({ call: (id) => ({ method: 'POST', path: '/keys/' + segment(id) + '/${name}' }), read: () => undefined }),\n    `;

function providerFile(kind: VendorKind): string {
  const told = ['expires_at', 'scopes', 'metadata', 'last_used'].filter((field) =>
    kind.shows.includes(field as 'scopes'),
  );
  const members = told.map((field) => `${field}: told.${field}`).join(', ');
  const accepts = kind.accepts.map((field) => `${field}: ${ABOUT[field]}`).join(', ');
  const shows = ['id', ...(kind.names === 'none' ? [] : ['name']), 'created_at', 'status', ...kind.shows];
  const { roll } = kind;
  const grace =
    typeof roll?.grace === 'number'
      ? `{ kind: 'fixed', seconds: ${roll.grace} }`
      : roll?.grace === 'any'
        ? `{ kind: 'any', defaultSeconds: 43200 }`
        : `{ kind: 'none' }`;
  return `import { bearer, defineProvider, operation, segment, z } from 'keys';
const record = z.object({
  id: z.string(), name: z.string().optional(), created_at: z.string(), status: z.enum(['active', 'retiring', 'paused']),
  expires_at: z.string().nullish(), last_used: z.string().nullish(), scopes: z.array(z.string()).nullish(), metadata: z.record(z.string(), z.string()).nullish(),
});
const keyOf = (told) => {
  const { id, created_at, status } = told;
  const key = { id, name: told.name ?? id, created_at, status, ${members} };
  return Object.fromEntries(Object.entries(key).filter(([, value]) => value !== undefined));
};
export default defineProvider({
  id: '${kind.id}',
  title: '${kind.id[0]?.toUpperCase()}${kind.id.slice(1)}',
  documentation: 'https://${kind.id}.example/docs',
  variables: { secret: '${kind.id.toUpperCase()}_API_KEY' },
  format: { kind: 'secret', prefixes: [{ prefix: '${kind.id}_' }] },
  auth: bearer,
  idempotent: ${kind.idempotent},
  keepsMetadata: ${kind.shows.includes('metadata')},
  settling: { created: 0, revoked: 0, listed: ${kind.settles} },
  names: ${NAME_RULES[kind.names]},
  shows: { list: ${JSON.stringify(shows)}, get: ${JSON.stringify(kind.hasGet ? shows : [])} },
  accepts: { ${accepts} },
  updates: ${JSON.stringify(kind.updates)},
  ${roll ? `roll: { by: 'provider', grace: ${grace}, inPlace: ${roll.inPlace} },` : ''}
  check: { method: 'GET', path: '/me' },
  endpoints: {
    create: operation({
      call: ({ name, scopes, expires_at, metadata }) => ({ method: 'POST', path: '/keys', body: { name, scopes, expires_at, metadata } }),
      response: record.extend({ secret: z.string() }),
      read: ({ secret, ...told }) => ({ key: keyOf(told), credential: { secret } }),
    }),
    list: operation({
      call: ({ cursor }) => ({ method: 'GET', path: '/keys', query: { cursor } }),
      response: z.object({ keys: z.array(record), next: z.string().nullable() }),
      read: ({ keys, next }) => ({ keys: keys.map(keyOf), next_cursor: next }),
    }),
    ${
      kind.hasGet
        ? `get: operation({ call: (id) => ({ method: 'GET', path: '/keys/' + segment(id) }), response: record, read: keyOf }),`
        : ''
    }
    ${
      kind.updates.length > 0
        ? `update: operation({
      call: ({ id, changes }) => ({ method: 'PATCH', path: '/keys/' + segment(id), body: changes }),
      response: record,
      read: keyOf,
    }),`
        : ''
    }
    ${kind.pauses ? ['pause', 'unpause'].map(pauseText).join('') : ''}
    ${
      roll
        ? `roll: operation({
      call: ({ id, request }) => ({ method: 'POST', path: '/keys/' + segment(id) + '/roll', body: request }),
      response: record.extend({ secret: z.string(), previous: record }),
      read: ({ secret, previous, ...told }) => ({ key: keyOf(told), credential: { secret }, previous: keyOf(previous) }),
    }),`
        : ''
    }
    revoke: operation({ call: (id) => ({ method: 'DELETE', path: '/keys/' + segment(id) }), read: () => undefined }),
  },
});
`;
}
