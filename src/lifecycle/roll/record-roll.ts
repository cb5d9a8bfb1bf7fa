import type { Key } from '../../domain/key.js';
import type { Provider } from '../../domain/provider.js';
import { succeeded } from '../../domain/succeeded.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/**
 * Records that a person has rolled this key in the dashboard of its vendor. Returns the record of the old key
 * with its successor and its end: the vendor's grace counts from now, because the time of the roll is not
 * known. Without a roll at the vendor, the old key works until it is revoked.
 */
export async function recordRoll(
  old: Key,
  successor: string,
  { id, dashboard }: Pick<Provider, 'id' | 'dashboard'>,
  { ledger, clock }: Pick<LifecycleContext, 'ledger' | 'clock'>,
): Promise<Key> {
  const open = await ledger();
  const entry = await open.find({ provider: id, address: 'dashboard' }, old.id);
  const now = clock.now();
  const grace = dashboard?.roll?.grace ?? null;
  const seconds = grace?.kind === 'fixed' ? grace.seconds : 0;
  const rolled = succeeded(entry?.key ?? old, successor, grace === null ? null : seconds, now);
  if (entry !== null) await open.put({ ...entry, key: rolled, roll_by: null }, now);
  return rolled;
}
