import { expect, it } from 'vitest';
import { createLastUses } from '../../src/service/last-uses.js';
import { settableClock } from '../support/settable-clock.js';
import { underWay } from '../support/under-way.js';

/** A store that keeps each batch, and writes it when it is let. */
function slowStore() {
  const batches: Array<ReadonlyMap<string, number>> = [];
  const waiting: Array<{ done: () => void; fail: (error: Error) => void }> = [];
  const recordUses = (uses: ReadonlyMap<string, number>) =>
    new Promise<void>((done, fail) => {
      batches.push(uses);
      waiting.push({ done, fail });
    });
  return { batches, waiting, recordUses };
}

it('writes many uses together, of each key the latest', async () => {
  const [store, clock] = [slowStore(), settableClock()];
  const uses = createLastUses(store, clock);
  const start = clock.now();
  uses.record('a');
  clock.advance(5);
  uses.record('a');
  uses.record('b');
  clock.advance(-3);
  uses.record('a');
  const written = uses.flush();
  store.waiting[0]?.done();
  await written;
  expect(store.batches).toEqual([
    new Map([
      ['a', start + 5],
      ['b', start + 5],
    ]),
  ]);
  await uses.flush();
  expect(store.batches).toHaveLength(1);
});

it('writes at the end what failed while the end came, and what came meanwhile', async () => {
  const [store, clock] = [slowStore(), settableClock()];
  const uses = createLastUses(store, clock);
  uses.record('a');
  const first = uses.flush().catch((error: Error) => error.message);
  uses.record('b');
  const last = underWay(uses.flush());
  store.waiting[0]?.fail(new Error('gone'));
  expect(await first).toBe('gone');
  await expect.poll(() => store.waiting.length).toBe(2);
  store.waiting[1]?.done();
  await last;
  expect([...(store.batches[1]?.keys() ?? [])].toSorted()).toEqual(['a', 'b']);
});

it('writes early once much is gathered, one batch at a time', async () => {
  const [store, clock] = [slowStore(), settableClock()];
  const uses = createLastUses(store, clock);
  for (let i = 0; i < 25_000; i++) uses.record(`key_${i}`);
  expect(store.batches.map(({ size }) => size)).toEqual([10_000]);
  const rest = underWay(uses.flush());
  store.waiting[0]?.done();
  await expect.poll(() => store.waiting.length).toBe(2);
  store.waiting[1]?.done();
  await rest;
  expect(store.batches[1]?.size).toBe(15_000);
});
