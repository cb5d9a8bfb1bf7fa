import { expect, it } from 'vitest';
import { z } from 'zod';
import { issueLine, type SchemaIssue } from '../../src/domain/schema-words.js';

const schema = z.strictObject({
  scopes: z.array(z.string().regex(/^[a-z:]+$/, 'Not a scope, such as a:b')),
  limits: z.strictObject({ uses: z.int().min(1) }).optional(),
  kind: z.enum(['a', 'b', 'c']).optional(),
  rows: z.array(z.strictObject({ on: z.boolean() })).optional(),
});

function lineOf(input: unknown): string {
  const [issue] = schema.safeParse(input).error?.issues ?? [];
  return issue === undefined ? '' : issueLine(issue as SchemaIssue, input, 'the request');
}

it.each([
  [{ scopes: ['A'] }, 'scopes: not a scope, such as a:b'],
  [{ scopes: ['a', 'B'] }, 'entry 2 of scopes: not a scope, such as a:b'],
  [{}, 'scopes: is missing'],
  [{ scopes: 'a' }, 'scopes: must be a list'],
  [{ scopes: ['a', 1] }, 'entry 2 of scopes: must be text'],
  [{ scopes: [], limits: { uses: 0 } }, 'uses in limits: must be at least 1'],
  [{ scopes: [], limits: { use: 1, uses: 1 } }, 'limits: there is no such member: use'],
  [{ scopes: [], kind: 'd' }, 'kind: must be a, b or c'],
  [{ scopes: [], rows: [{ on: true }, { on: 1 }] }, 'on in entry 2 of rows: must be true or false'],
  [[], 'the request: must be an object'],
])('%j is reported in words, without a path of JSON', (input, line) => {
  expect(lineOf(input)).toBe(line);
});
