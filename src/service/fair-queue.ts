import { KeysError } from '../domain/errors.js';
import { networkOf } from './failed-attempts.js';

export interface FairQueueLimits {
  /** Pieces of work that run at once. */
  readonly atOnce: number;
  /** Most that wait. */
  readonly waiting: number;
  /** Most that wait for one address. */
  readonly waitingOfOne: number;
  /** Longest wait, milliseconds. */
  readonly waitMs: number;
}

/**
 * Runs the work in its turn. `address`: of the caller; absent: all of these count as one. Throws
 * `unavailable` at once if too many wait, and later if its turn did not come in time. The work calls `pause`
 * between its steps: callers of other addresses get their turn there.
 */
type InTurn = <Result>(
  address: string | undefined,
  work: (pause: () => Promise<void>) => Promise<Result>,
) => Promise<Result>;

interface Waiter {
  /** Its work has begun, and goes on when its turn comes again. */
  readonly hasBegun: boolean;
  start(): void;
  refuse(error: KeysError): void;
}

/** Who waits, by network; the network whose turn is next comes first. No list is empty. */
class Waiting {
  readonly #lists = new Map<string, Waiter[]>();

  /** Whether another network than this one waits. */
  hasOther(network: string): boolean {
    return [...this.#lists.keys()].some((other) => other !== network);
  }

  add(network: string, waiter: Waiter): void {
    this.#lists.set(network, [...(this.#lists.get(network) ?? []), waiter]);
  }

  /** Behind the other networks, before its own. */
  addFirst(network: string, waiter: Waiter): void {
    const others = this.#lists.get(network) ?? [];
    this.#lists.delete(network);
    this.#lists.set(network, [waiter, ...others]);
  }

  drop(network: string, waiter: Waiter): void {
    const left = (this.#lists.get(network) ?? []).filter((other) => other !== waiter);
    if (left.length === 0) this.#lists.delete(network);
    else this.#lists.set(network, left);
  }

  /** Removes and returns the one whose turn is next, of another network than `not`. */
  next(not?: string): Waiter | undefined {
    const [network, [waiter, ...others] = []] = [...this.#lists].find(([name]) => name !== not) ?? [];
    if (network === undefined) return undefined;
    this.#lists.delete(network);
    if (others.length > 0) this.#lists.set(network, others);
    return waiter;
  }

  /** Throws `unavailable` if there is no place for one more of this network. */
  makeRoom(network: string, { waiting, waitingOfOne }: FairQueueLimits): void {
    const own = this.#lists.get(network)?.length ?? 0;
    if (own >= waitingOfOne) throw tooMany();
    const counts = [...this.#lists.values()].map((list) => list.length);
    if (counts.reduce((sum, count) => sum + count, 0) < waiting) return;
    const most = Math.max(...counts);
    const [greedy, list] = [...this.#lists].find(([, { length }]) => length === most) ?? [];
    const last = list?.at(-1);
    if (most <= own + 1 || greedy === undefined || last === undefined || last.hasBegun) throw tooMany();
    this.drop(greedy, last);
    last.refuse(tooMany());
  }
}

/**
 * Runs a few pieces of work at a time. Those who wait take turns by address, so that many requests of one
 * address delay those of another by one step each. If the queue is full, the address that waits with the
 * most gives up its last place.
 */
export function createFairQueue(limits: FairQueueLimits): InTurn {
  const waiting = new Waiting();
  let running = 0;

  function turnOf(network: string): Promise<void> {
    waiting.makeRoom(network, limits);
    return new Promise((resolve, reject) => {
      const settle = (how: () => void) => {
        clearTimeout(timer);
        how();
      };
      const waiter: Waiter = {
        hasBegun: false,
        start: () => settle(resolve),
        refuse: (error) => settle(() => reject(error)),
      };
      const timer = setTimeout(() => {
        waiting.drop(network, waiter);
        waiter.refuse(tooMany());
      }, limits.waitMs);
      waiting.add(network, waiter);
    });
  }

  /** Lets the next network have the place. Work that has begun goes on before work that has not. */
  async function pause(network: string): Promise<void> {
    if (!waiting.hasOther(network)) return;
    await new Promise<void>((resolve) => {
      const next = waiting.next(network);
      waiting.addFirst(network, { hasBegun: true, start: resolve, refuse: () => undefined });
      next?.start();
    });
  }

  return async (address, work) => {
    const network = address === undefined ? 'unknown' : networkOf(address);
    if (running >= limits.atOnce) await turnOf(network);
    else running++;
    try {
      return await work(() => pause(network));
    } finally {
      const next = waiting.next();
      if (next === undefined) running--;
      else next.start();
    }
  };
}

/** The error for a caller whose turn does not come. */
export function tooMany(): KeysError {
  return new KeysError('unavailable', 'too many first uses of imported keys at once', {
    retryAfterSeconds: 2,
  });
}
