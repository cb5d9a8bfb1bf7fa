import type { Clock } from '../domain/clock.js';

/** Failures that an address may have at once. */
const BURST = 20;
/** Then one in so many milliseconds. */
const EVERY_MS = 3_000;
/** Most addresses that are remembered; past that, those that failed longest ago are forgotten. */
const MOST = 10_000;

/** Counts keys that were refused, by the address they came from. */
export interface FailedAttempts {
  /** Notes a failure; seconds to wait where the address has had too many, else 0. */
  fail(address: string | undefined): number;
}

/**
 * A leaky bucket for each address (GCRA: one number each), in this process's memory. It is asked only once a
 * key has turned out to be no good, so nobody is ever kept out by others' failures, be they behind the same
 * address.
 */
export function createFailedAttempts(clock: Clock): FailedAttempts {
  /** When each bucket is empty again, epoch milliseconds; in the order of their last failures. */
  const emptyAt = new Map<string, number>();

  return {
    fail(address) {
      const name = address === undefined ? 'unknown' : networkOf(address);
      const now = clock.now();
      const next = Math.max(now, emptyAt.get(name) ?? 0) + EVERY_MS;
      const waitMs = next - now - BURST * EVERY_MS;
      // A refused attempt does not count: a caller that waits for this long is let in.
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      emptyAt.delete(name);
      if (emptyAt.size >= MOST) emptyAt.delete(emptyAt.keys().next().value ?? '');
      emptyAt.set(name, next);
      return 0;
    },
  };
}

/** One customer has a whole /64 of IPv6 addresses, and so counts as one. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}

/** A network as people write it: an IPv4 address, or a /64 such as `2001:db8::/64`. */
export function networkName(network: string): string {
  if (!network.includes(':')) return network;
  const groups = network.split(':').map((group) => Number.parseInt(group, 16).toString(16));
  while (groups.at(-1) === '0') groups.pop();
  return `${groups.join(':')}::/64`;
}
