import { expect, it } from 'vitest';
import { otherId } from '../../src/providers/contract-checks.js';

it.each(['1511', '1510', '7', 'key_1511', 'tok-9'])('makes no neighbour of the number in %s', (id) => {
  const numberIn = (text: string) => Number(/[0-9]+$/.exec(text)?.[0]);
  const other = otherId(id);
  expect(other.replace(/[0-9]+$/, '')).toBe(id.replace(/[0-9]+$/, ''));
  expect(numberIn(other) - numberIn(id)).toBeGreaterThan(50);
});

it.each([
  ['sk_9f3c', 'sk_9f30'],
  ['8b1e-44d0', '8b1e-44d1'],
  ['{abc}', '{ab0}'],
])('changes the last letter or digit of %s', (id, other) => {
  expect(otherId(id)).toBe(other);
});
