import { expect, it } from 'vitest';
import { hasFilter } from '../../src/cli/options/list-flags.js';

it('says that a list is filtered only for flags that leave keys out', () => {
  expect(hasFilter({ limit: '5', sort: 'name', columns: 'id', all: true, allProfiles: true })).toBe(false);
  expect([hasFilter({ owner: 'team' }), hasFilter({ neverUsed: true, limit: '5' })]).toEqual([true, true]);
});
