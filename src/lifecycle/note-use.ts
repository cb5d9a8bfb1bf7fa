import type { LifecycleContext } from './lifecycle-context.js';
import type { SavedSecret } from './places/find-saved-secret.js';

/**
 * Notes that this program uses a saved key, if its vendor has only a dashboard: no endpoint says there when
 * it was last used.
 */
export async function noteUse(
  { managed: { account }, version }: SavedSecret,
  context: Pick<LifecycleContext, 'clock' | 'ledger'>,
): Promise<void> {
  if (account.address !== 'dashboard') return;
  const ledger = await context.ledger();
  await ledger.noteUse(
    { provider: account.provider, address: account.address },
    version.id,
    context.clock.now(),
  );
}
