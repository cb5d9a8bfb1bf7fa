import { newSince, unknownOf } from './census.js';
import type { Means } from './means.js';
import type { Step } from './step.js';

/** The longest time for which a command waits between two requests, in milliseconds. */
export const LONGEST_PAUSE_MS = 5_000;

/** Milliseconds between two lists that prove that nothing was created: the vendor's settling time. */
export function settlingMs({ provider }: Pick<Means, 'provider'>): number {
  return provider.settling.listed * 1000;
}

/** Whether a command waits for the second list. Otherwise a later call takes it. */
export function settlesAtOnce(means: Pick<Means, 'provider'>): boolean {
  return settlingMs(means) <= LONGEST_PAUSE_MS;
}

/** Waits until the vendor's list shows what was created. */
export async function settle(means: Pick<Means, 'provider' | 'sleep'>): Promise<void> {
  await means.sleep(Math.max(settlingMs(means), 1));
}

/**
 * Whether two full lists, apart by the settling time, show no key since the census but those that this ledger
 * knows. False if that takes too long or a list fails.
 */
export async function isAbsentAtOnce(
  { managed: { account } }: Pick<Step, 'managed'>,
  census: readonly string[],
  means: Pick<Means, 'clock' | 'provider' | 'service' | 'sleep' | 'ledger'>,
): Promise<boolean> {
  if (!settlesAtOnce(means)) return false;
  const isEmpty = async () => (await unknownOf(await newSince(means, census), means, account)).length === 0;
  try {
    if (!(await isEmpty())) return false;
    await settle(means);
    return await isEmpty();
  } catch {
    return false;
  }
}
