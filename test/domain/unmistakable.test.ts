import { expect, it } from 'vitest';
import { unmistakable } from '../../src/domain/recognise.js';

const provider = (id: string, prefix: string, more: { pattern?: RegExp; source?: string } = {}) => ({
  id,
  title: id,
  format: {
    kind: 'secret' as const,
    prefixes: [{ prefix, ...(more.pattern === undefined ? {} : { pattern: more.pattern }) }],
  },
  source: more.source ?? null,
});

it.each([
  ['a short prefix', provider('a', 'api-'), 'api-chosen-by-me-0123456789', null],
  ['a long prefix with a long body', provider('a', 'sk-or-v1-'), 'sk-or-v1-0123456789abcdef', 'a'],
  [
    'a long prefix that goes on with a number',
    provider('a', 'sk-ant-api'),
    'sk-ant-api03-0123456789abcd',
    'a',
  ],
  ['a long prefix with a short body', provider('a', 'sk-or-v1-'), 'sk-or-v1-short', null],
  [
    'a short prefix with a published form that fits',
    provider('a', 'SK', { pattern: /^SK\d{4}$/ }),
    'SK0123',
    'a',
  ],
  ['a published form that does not fit', provider('a', 'SK', { pattern: /^SK\d{4}$/ }), 'SKABCDEFGH', null],
  [
    "a prefix of a user's own file",
    provider('a', 'sk-or-v1-', { source: '/a.mjs' }),
    'sk-or-v1-0123456789abcdef',
    null,
  ],
])('is certain or not: %s', (_, known, secret, found) => {
  expect(unmistakable(secret, [known])?.provider ?? null).toBe(found);
});
