import { describe, expect, it } from 'vitest';
import {
  createRequest,
  eventsRequest,
  listRequest,
  rollRequest,
  updateRequest,
  verifyRequest,
} from '../../../src/http/wire/request-schemas.js';
import { type Requests, requestInOrder } from '../../../src/http/wire/request-shapes.js';
import { fc } from '../../support/fast-check.js';

type Kind = keyof Requests;

const SCHEMAS = { createRequest, updateRequest, rollRequest, verifyRequest, listRequest, eventsRequest };
const LABELS = { service: 'billing', owner: 'ada' };
const KEY = {
  ...{ name: 'web', ...LABELS, expires_at: '2027-01-31T12:00:00+01:00', scopes: ['a:read', '*'] },
  restrictions: { ips: ['192.0.2.0/24'], referrers: ['https://example.com/*'], endpoints: ['GET /v1/*'] },
  limits: { rate: '100/min', quota: '10000/month', uses: 5 },
  metadata: { team: 'web' },
};

/** A full request of each kind. */
const WHOLE: Readonly<Record<Kind, object>> = {
  createRequest: { ...KEY, type: 'secret', environment: 'live' },
  updateRequest: { ...KEY, enabled: false },
  rollRequest: { grace_seconds: 60 },
  verifyRequest: {
    ...{ key: 'sk_live_fake', ip: '192.0.2.1', referrer: '', method: 'GET', path: '/v1', scope: 'a:read' },
    ...{ environment: 'live', signature: 'ab', signed: '{}' },
  },
  listRequest: {
    ...{ limit: 10, cursor: 'c', name: 'w*', status: ['active'], type: 'public', environment: 'live' },
    ...{ ...LABELS, metadata: 'team=web' },
  },
  eventsRequest: { limit: 10, cursor: 'c', key_id: 'key_1' },
};
const KINDS = Object.keys(WHOLE) as Kind[];

const long = (length: number) => 'x'.repeat(length);
/** Values that stand in place of a member: of each kind, at each limit and beyond it. */
const OTHERS = [
  ...[
    undefined,
    null,
    '',
    ' ',
    'text',
    'cafe\u0301',
    '\u0000',
    'a\u009fb',
    0,
    1,
    1000,
    1001,
    1.5,
    -3,
    Number.NaN,
  ],
  ...[2 ** 60, 31_536_000, 31_536_001, true, false, [], [null], ['a', 7], [''], ['active'], ['*'], ['a b']],
  ...[
    {},
    { a: 'b' },
    { a: 7 },
    { '': 'b' },
    { constructor: 'b' },
    JSON.parse('{"__proto__":"b"}'),
    new Date(0),
  ],
  ...[30, 31, 64, 65, 100, 101, 200, 201, 500, 501, 1000, 1001, 2000, 2001, 64_001].map(long),
  ...[
    `${long(199)}e\u0301`,
    { a: long(1001) },
    { [long(101)]: 'b' },
    { further: 1 },
    { ips: ['no address'] },
  ],
  ...[Array(100).fill('active'), Array(101).fill('a'), Array(11).fill('active'), [long(101)], [long(65)]],
  ...[
    '2026-02-30T12:00:00Z',
    '2026-02-28T12:00Z',
    '2026-02-28T12:00:00.5Z',
    '2026-02-28',
    'a=b',
    '=b',
    '1/d',
  ],
];

/** The path of every member at every depth. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([name, each]) => pathsOf(each).map((path) => [name, ...path])),
  ];
}

/** A copy with another value at this path. */
function changed(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[name] = changed(copy[name], rest, other);
  return copy;
}

/** The request as the schema reads it, member by member in its order; null: the schema refuses it. */
function published(kind: Kind, input: unknown): string | null {
  const result = SCHEMAS[kind]().safeParse(input);
  return result.success ? JSON.stringify(result.data) : null;
}

/** The same of the shape; null: the schema has to look at it. */
function taken(kind: Kind, input: unknown): string | null {
  const read = requestInOrder(kind, input);
  return read === null ? null : JSON.stringify(read);
}

describe.each(KINDS)('%s', (kind) => {
  it('reads a whole request as its schema does, in any order', () => {
    const whole = WHOLE[kind];
    expect(taken(kind, whole)).toBe(published(kind, whole));
    expect(taken(kind, whole)).not.toBeNull();
    const turned = Object.fromEntries(Object.entries(whole).reverse());
    expect(taken(kind, turned)).toBe(published(kind, whole));
  });

  it('leaves an object within the request to the schema if its members stand in another order', () => {
    for (const [member, value] of Object.entries(WHOLE[kind])) {
      const turned = typeof value === 'object' ? Object.fromEntries(Object.entries(value).reverse()) : value;
      const input = { ...WHOLE[kind], [member]: turned };
      const read = taken(kind, input);
      if (read !== null) expect(read).toBe(published(kind, input));
    }
  });

  it('takes nothing that its schema refuses or reads otherwise, whatever one member is', () => {
    for (const path of pathsOf(WHOLE[kind])) {
      for (const other of OTHERS) {
        const input = changed(WHOLE[kind], path, other);
        const read = taken(kind, input);
        if (read !== null) expect(read, JSON.stringify({ path, other })).toBe(published(kind, input));
      }
    }
  });

  it('takes every request of which members are missing, as its schema does', () => {
    for (const member of Object.keys(WHOLE[kind])) {
      const { [member]: one, ...others } = WHOLE[kind] as Record<string, unknown>;
      for (const input of [others, { [member]: one }])
        expect(taken(kind, input)).toBe(published(kind, input));
    }
    expect(taken(kind, {})).toBe(published(kind, {}));
  });

  it('takes no JSON that its schema refuses', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        const read = taken(kind, input);
        if (read !== null) expect(read).toBe(published(kind, input));
      }),
    );
  });
});

it('normalizes a name, so that it matches however it is typed', () => {
  expect(requestInOrder('createRequest', { name: 'cafe\u0301' })).toEqual({ name: 'caf\u00e9' });
});

it('returns a request of its own: what its caller changes later is not in it', () => {
  const input = { name: 'web' };
  expect(requestInOrder('createRequest', input)).not.toBe(input);
});
