import type { Connection } from '../../connect/connection.js';
import { hasNamesake } from '../../lifecycle/create/namesakes.js';
import { refuseNameElsewhere } from '../../lifecycle/find/one-address.js';
import type { LifecycleContext } from '../../lifecycle/lifecycle-context.js';
import type { Output } from '../../terminal/output.js';

/**
 * Warns if the service has a working key of this name that the ledger does not know. Throws `conflict` where
 * the ledger knows it at another address: nothing will be created, so the warning would mislead.
 */
export async function warnOfNamesake(
  name: string,
  connection: Connection,
  context: Pick<LifecycleContext, 'clock' | 'ledger'> & { readonly output: Pick<Output, 'warn'> },
): Promise<void> {
  const ledger = await context.ledger();
  if (!(await hasNamesake(name, connection, ledger))) return;
  await refuseNameElsewhere(name, connection, ledger, context.clock.now());
  context.output.warn(`another key is named ${name} too: use ids to tell them apart`);
}
