import { reconnect } from '../../connect/open-connection.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { openMeans } from '../operation/open-means.js';
import { abortRoll, pendingOf } from './abort-roll.js';

/**
 * Undoes the pending operation of each key with `abortRoll`, at the service where it was begun. Says what was
 * done, a sentence each. Throws `not_found` and `ambiguous_key` before anything is undone.
 */
export async function* abortRolls(
  references: readonly string[],
  context: LifecycleContext,
): AsyncGenerator<string> {
  const operations = await (await context.ledger()).operations();
  for (const operation of references.map((reference) => pendingOf(reference, operations))) {
    const means = await openMeans(await reconnect(context, operation.target), context);
    yield* await abortRoll(operation, means);
  }
}
