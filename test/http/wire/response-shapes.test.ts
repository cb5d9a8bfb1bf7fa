import { describe, expect, it } from 'vitest';
import type { ResponseSchema } from '../../../src/http/wire/read-response.js';
import * as schemas from '../../../src/http/wire/response-schemas.js';
import * as shapes from '../../../src/http/wire/response-shapes.js';
import { fc } from '../../support/fast-check.js';

const KEY = {
  ...{ id: 'key_1', name: 'web', type: 'secret', environment: 'live', service: null, prefix: 'sk_live_' },
  ...{
    hint: 'abcd',
    status: 'active',
    scopes: ['a:read'],
    owner: 'ada',
    rolled_from: null,
    rolled_to: 'key_2',
  },
  restrictions: { ips: ['192.0.2.1'], referrers: [], endpoints: ['GET /v1/*'] },
  limits: { rate: '10/s', quota: '1000/month', uses: 5 },
  created_at: '2026-11-01T12:00:00Z',
  last_used: '2026-02-28T23:59:59.125+05:30',
  ...{ expires_at: null, metadata: { team: 'bench' } },
};
const POLICY = { id: 'tylt', title: 'Tylt', environments: ['live'], types: ['secret'], credential: 'pair' };
const EVENT = {
  id: 'e',
  at: KEY.created_at,
  actor: 'owner',
  action: 'created',
  key_id: null,
  details: { a: 1 },
};

/** A full response of each operation. */
const WHOLE: Readonly<Record<string, readonly object[]>> = {
  keyResponse: [{ data: KEY }],
  whoamiResponse: [{ data: KEY, policy: POLICY }],
  createResponse: [{ data: { ...KEY, secret: 's' } }, { data: { ...KEY, api_key: 'a', secret_key: 's' } }],
  rollResponse: [{ data: { ...KEY, secret: 's' }, previous: KEY }],
  listResponse: [{ data: [KEY, { id: 'b', name: '' }], has_more: true, next_cursor: 'c' }],
  messageResponse: [{ message: 'revoked' }],
  verifyResponse: [{ data: { valid: false, reason: 'revoked', key: KEY } }],
  usageResponse: [{ data: [{ day: '2026-02-28', uses: 3, refusals: 0 }] }],
  eventsResponse: [{ data: [EVENT], has_more: false, next_cursor: null }],
};

/** Values that stand in place of a member: of each kind, and times that are nearly right. */
const OTHERS = [
  ...[
    undefined,
    null,
    '',
    'text',
    0,
    1.5,
    -3,
    2 ** 60,
    true,
    false,
    [],
    [null],
    ['a', 7],
    {},
    { a: 'b' },
    { a: 7 },
  ],
  ...['2026-02-30', '2026-2-3', '2026-02-28T12:00:00', '2026-02-28T24:00:00Z', '2026-02-30T12:00:00Z'],
  ...['2028-02-29T12:00:00Z', '2026-02-29T12:00:00Z', '2026-02-28T12:00Z', '2026-02-28T12:00:00+0100'],
  ...['2026-02-28T12:00:00.5z', '2026-02-28 12:00:00Z', '2026-13-01T12:00:00Z', '2028-02-29'],
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

/** By the name of the published schema. */
const SHAPES: Readonly<Record<string, ResponseSchema>> = Object.fromEntries(
  Object.entries(shapes).flatMap(([name, shape]) =>
    typeof shape === 'function' ? [] : [[name.replace('Shape', 'Response'), shape]],
  ),
);
const SCHEMAS = { ...schemas } as unknown as Readonly<Record<string, ResponseSchema>>;

describe.each(Object.entries(WHOLE))('%s', (name, responses) => {
  const wholes = responses.map((response) => ({ success: true, ...response }));
  const taken = (response: unknown) => SHAPES[name]?.safeParse(response).success;
  const published = (response: unknown) => SCHEMAS[name]?.safeParse(response).success;

  it('takes a whole response, with members that it does not know', () => {
    for (const whole of wholes) {
      expect(SHAPES[name]?.safeParse({ ...whole, further: 1 })).toMatchObject({ success: true, data: whole });
    }
  });

  it('takes and refuses what the published schema takes and refuses, whatever one member is', () => {
    for (const whole of wholes) {
      for (const path of pathsOf(whole)) {
        const responses = OTHERS.map((other) => changed(whole, path, other));
        const differing = responses.flatMap((response, at) =>
          taken(response) === published(response) ? [] : [{ path, other: OTHERS[at] }],
        );
        expect(differing).toEqual([]);
      }
    }
  });

  it('agrees with the schema about any JSON', () => {
    fc.assert(
      fc.property(fc.constantFrom(...wholes), fc.jsonValue(), fc.nat(), (whole, other, at) => {
        const paths = pathsOf(whole);
        const response = changed(whole, paths[at % paths.length] ?? [], other);
        expect(taken(response)).toBe(published(response));
      }),
    );
  });
});
