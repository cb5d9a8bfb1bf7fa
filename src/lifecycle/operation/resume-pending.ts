import { reconnect } from '../../connect/open-connection.js';
import type { OperationTarget } from '../../storage/ledger/operation.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { pendingOf } from '../roll/abort-roll.js';
import { type LeftKey, leftByHand } from '../roll/left-by-hand.js';
import { openMeans } from './open-means.js';
import { type Resumed, resumeEach, withSecretPrinted } from './resume.js';

/** What one call of `keys resume` has done, and what it leaves. */
export interface ResumedRun {
  readonly resumed: readonly Resumed[];
  /** Old keys of dashboards that only a person can revoke. */
  readonly left: readonly LeftKey[];
}

/**
 * Continues every operation of the ledger, or those that `ids` name. An id may also be that of an old key
 * that is left for a person, because `keys pending` shows it so. `show`: prints pending secrets to stdout,
 * even if it is not a terminal. Throws what `pendingOf` throws, before anything is continued.
 */
export async function resumePending(
  ids: readonly string[],
  show: boolean,
  context: LifecycleContext,
): Promise<ResumedRun> {
  const ledger = await context.ledger();
  const all = await ledger.operations();
  const listLeft = async () => await leftByHand(ledger, await ledger.operations(), context.clock.now());
  const leftIds = ids.length === 0 ? [] : (await listLeft()).map(({ old }) => old.id);
  const named = ids.filter((id) => !leftIds.includes(id)).map((id) => pendingOf(id, all));
  const showSecrets = show || context.output.human;
  const options = {
    ledger,
    connect: async (target: OperationTarget) =>
      await openMeans(await reconnect(context, target), context, { showSecrets }),
    now: () => context.clock.now(),
    ...(show ? { change: withSecretPrinted } : {}),
  };
  const resumed: Resumed[] = [];
  for await (const one of resumeEach(ids.length === 0 ? all : named, options)) resumed.push(one);
  const left = (await listLeft()).filter(({ old }) => ids.length === 0 || ids.includes(old.id));
  return { resumed, left };
}
