import { isEnded } from '../../domain/ended-key.js';
import { type ManagedKey, stateAt } from '../../domain/managed-key.js';
import { existingLedger } from '../../storage/ledger/existing-ledger.js';
import { ledgerAddress } from '../../storage/ledger/ledger-address.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/** Returns the unfinished operations of the ledger. Creates no ledger. */
export async function unfinishedOperations(context: LifecycleContext): Promise<readonly Operation[]> {
  return (await (await existingLedger(context))?.operations()) ?? [];
}

/**
 * Returns the keys that work and have a saved secret: those of the account that the call names, or of every
 * account if it names none. Creates no ledger.
 */
export async function savedKeys(context: LifecycleContext): Promise<readonly ManagedKey[]> {
  const ledger = await existingLedger(context);
  if (ledger === null) return [];
  const [{ ofAccount }, { hasSavedSecret }] = await Promise.all([
    import('./managed-here.js'),
    import('../places/find-saved-secret.js'),
  ]);
  const all = await ofAccount(await ledger.managed.all(), context);
  const now = context.clock.now();
  const working = all.filter(({ versions }) => versions.some((version) => !isEnded(stateAt(version, now))));
  const saved = await Promise.all(
    working.map(async (key) => ((await hasSavedSecret(key, ledger)) ? key : null)),
  );
  return saved.flatMap((key) => key ?? []);
}

/** Whether this machine shares its ledger with others. Opens nothing. */
export function sharesLedger({ env, settings }: Pick<LifecycleContext, 'env' | 'settings'>): boolean {
  return ledgerAddress(env, settings()) !== null;
}
