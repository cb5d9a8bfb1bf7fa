import { LONGEST_REQUEST_MS } from '../../domain/longest-request.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { Means } from './means.js';
import { LONGEST_PAUSE_MS } from './settling.js';
import type { Step } from './step.js';

/** The time by the clock that all machines of a ledger share, in epoch milliseconds. */
export function ledgerNow({ clock, ledger }: Pick<Means, 'clock' | 'ledger'>): number {
  return clock.now() - (ledger.shared?.ahead_ms ?? 0);
}

/**
 * Returns what an operation waits for while its last request may still reach the vendor: the program that
 * sent it may have been killed since, and nothing proves yet that the request was not done. Waits if few
 * seconds are left. Null: that time has passed.
 */
export async function waitForRequest(step: Step, means: Means): Promise<string | null> {
  const { sent_at, created_at } = step.operation;
  const now = ledgerNow(means);
  const sent = sent_at ?? created_at;
  // A clock was set back: the time counts from now.
  if (sent > now) await step.save({ sent_at: now });
  const left = Math.min(sent, now) + LONGEST_REQUEST_MS - now;
  if (left > LONGEST_PAUSE_MS) {
    return `its request may still reach the service until ${shownTime(means.clock.now() + left)}; try again after that`;
  }
  if (left > 0) await means.sleep(left);
  return null;
}
