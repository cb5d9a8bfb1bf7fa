import { expect, it } from 'vitest';
import type { Key } from '../../../src/domain/key.js';
import type { ListKeys } from '../../../src/domain/key-service.js';
import { nextKeys } from '../../../src/service/console/key-list.js';

/** A service whose pages hold these numbers of keys. */
function serviceOf(...counts: readonly number[]) {
  const asked: Array<string | undefined> = [];
  const list = async ({ cursor }: ListKeys) => {
    asked.push(cursor);
    const page = Number(cursor ?? 0);
    const keys = Array.from({ length: counts[page] ?? 0 }, (_, i) => ({ id: `${page}.${i}` }) as Key);
    return { keys, next_cursor: page + 1 < counts.length ? `${page + 1}` : null };
  };
  return { list, asked };
}

it.each([
  ['a page that has keys is the one that was asked for', [1, 1], '0.0', '1', 1],
  ['empty pages before one that has keys are passed over', [0, 0, 2, 1], '2.0', '3', 3],
  ['a list whose pages are all empty ends with the last', [0, 0, 0], undefined, null, 3],
  ['a list of empty pages without an end is not read for ever', Array(2_000).fill(0), undefined, '500', 500],
] as const)('%s', async (_, counts, first, next, requests) => {
  const { list, asked } = serviceOf(...counts);
  const page = await nextKeys({ list }, {});
  expect([page.keys[0]?.id, page.next_cursor, asked.length]).toEqual([first, next, requests]);
});
