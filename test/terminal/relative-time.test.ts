import { expect, it } from 'vitest';
import { relativeTime } from '../../src/terminal/relative-time.js';

// The clock that these tests pass in.
const NOW = Date.parse('2026-11-21T12:00:00Z');
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

it.each([
  [0, 'just now'],
  [-30_000, 'just now'],
  [30_000, 'in moments'],
  [-5 * MINUTE, '5m ago'],
  [-119 * MINUTE, '2h ago'],
  [12 * HOUR - 20_000, 'in 12h'],
  [9 * DAY - 1_000, 'in 9d'],
  [90 * DAY - 1_000, 'in 90d'],
  [-(89 * DAY + 12 * HOUR), '89d ago'],
  [150 * DAY, 'in 5mo'],
  [-800 * DAY, '2y ago'],
])('%d ms from now is %s', (distance, words) => {
  expect(relativeTime(new Date(NOW + distance).toISOString(), NOW)).toBe(words);
});
