import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createFairQueue } from '../../src/service/fair-queue.js';
import { underWay } from '../support/under-way.js';

const LIMITS = { atOnce: 1, waiting: 3, waitingOfOne: 2, waitMs: 60_000 };
const REFUSED = { code: 'unavailable', retryAfterSeconds: 2 };

/** Work that ends when the test says so. */
function held() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => ended, end };
}

describe('the queue of first uses', () => {
  it('refuses who waits too long, and goes on with the others', async () => {
    const inTurn = createFairQueue({ ...LIMITS, waitMs: 20 });
    const { work, end } = held();
    const first = underWay(inTurn('192.0.2.1', work));
    await expect(inTurn('192.0.2.2', async () => 'late')).rejects.toMatchObject(REFUSED);
    end();
    await first;
    expect(await inTurn('192.0.2.2', async () => 'now')).toBe('now');
  });

  it('takes turns by address, and refuses at once what one address has too much', async () => {
    const inTurn = createFairQueue(LIMITS);
    const { work, end } = held();
    const order: string[] = [];
    const note = (name: string) => async () => void order.push(name);
    const all = [underWay(inTurn('192.0.2.1', work))];
    all.push(...underWay([inTurn('192.0.2.1', note('a1')), inTurn('192.0.2.1', note('a2'))]));
    await expect(inTurn('192.0.2.1', note('a3'))).rejects.toMatchObject(REFUSED);
    all.push(inTurn('192.0.2.2', note('b1')));
    end();
    await Promise.all(all);
    expect(order).toEqual(['a1', 'b1', 'a2']);
  });

  it('takes a place from the address that waits with the most if it is full', async () => {
    const inTurn = createFairQueue(LIMITS);
    const { work, end } = held();
    const first = underWay(inTurn('192.0.2.1', work));
    const [a1, a2] = ['a1', 'a2'].map((name) => underWay(inTurn('192.0.2.1', async () => name)));
    const b1 = underWay(inTurn('192.0.2.2', async () => 'b1'));
    const dropped = expect(a2).rejects.toMatchObject(REFUSED);
    const c1 = underWay(inTurn('192.0.2.3', async () => 'c1'));
    await dropped;
    await expect(inTurn('192.0.2.4', async () => 'd1')).rejects.toMatchObject(REFUSED);
    end();
    await first;
    expect(await Promise.all([a1, b1, c1])).toEqual(['a1', 'b1', 'c1']);
  });

  it('lets others have their turn between the steps of long work', async () => {
    const inTurn = createFairQueue(LIMITS);
    const order: string[] = [];
    const long = (name: string) =>
      inTurn('192.0.2.1', async (pause) => {
        for (const step of [1, 2, 3]) {
          await turn();
          order.push(`${name}${step}`);
          await pause();
        }
      });
    const all = [long('a'), long('b'), inTurn('192.0.2.2', async () => void order.push('right'))];
    await Promise.all(all);
    expect(order).toEqual(['a1', 'right', 'a2', 'a3', 'b1', 'b2', 'b3']);
  });
});
