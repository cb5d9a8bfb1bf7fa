import { expect, it } from 'vitest';
import { hasFilter, listColumns } from '../../src/cli/options/list-flags.js';

it('says that a list is filtered only for flags that leave keys out', () => {
  expect(hasFilter({ limit: '5', sort: 'name', columns: 'id', all: true, allProfiles: true })).toBe(false);
  expect([hasFilter({ owner: 'team' }), hasFilter({ neverUsed: true, limit: '5' })]).toEqual([true, true]);
});

it('shows beside the name at the vendor the one that commands take', () => {
  const name = listColumns(Date.now()).get('name');
  const key = { id: 'k10', name: 'web 2', managed_name: 'web' };
  expect([name?.human(key), name?.plain(key)]).toEqual(['web 2 (web)', 'web 2']);
  expect(name?.human({ ...key, logged_in_with: true })).toBe('web 2 (web) (your login)');
});
