import { workingVersion } from '../../domain/managed-key.js';
import { existingLedger } from '../../storage/ledger/existing-ledger.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/** How many keys that work, and how many unfinished operations, the ledger has of a provider. */
export async function needing(
  provider: string,
  context: LifecycleContext,
): Promise<{ keys: number; operations: number }> {
  const ledger = await existingLedger(context);
  if (ledger === null) return { keys: 0, operations: 0 };
  const now = context.clock.now();
  const keys = (await ledger.managed.all()).filter(
    (key) => key.account.provider === provider && workingVersion(key, now) !== null,
  );
  const operations = (await ledger.operations()).filter(({ target }) => target.provider === provider);
  return { keys: keys.length, operations: operations.length };
}
