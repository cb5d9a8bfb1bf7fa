import { KeysError } from '../../domain/errors.js';
import { statusAt } from '../../domain/filter-keys.js';
import type { Key } from '../../domain/key.js';
import type { Provider } from '../../domain/provider.js';
import { succeeded } from '../../domain/succeeded.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';
import { dashboardOf, type GuidedOptions } from './take-in-key.js';

/** What every operation in a dashboard works with. */
export interface Guide extends GuidedOptions {
  readonly dashboard: NonNullable<Provider['dashboard']>;
}

/** The key with this id. Throws `not_found`. */
export async function entry({ ledger, provider }: Guide, id: string): Promise<LedgerKey> {
  const found = await ledger.find(dashboardOf(provider), id);
  if (found !== null) return found;
  throw new KeysError('not_found', `no such key: ${id}`, {
    next: 'list_or_import_keys',
    details: { key_id: id },
  });
}

/** The key with its status as it is now. */
export function current({ clock }: Guide, key: Key): Key {
  return { ...key, status: statusAt(key, clock.now()) };
}

/** Throws where the secret is to be saved and cannot be. */
export async function requireSafe({ saves, secrets }: Guide): Promise<void> {
  if (saves) await secrets.reserve();
}

/** Records the successor and the end of a key. Returns its record. */
export async function endAfter(
  { ledger, clock }: Guide,
  entry: LedgerKey,
  successor: string,
  seconds: number,
): Promise<Key> {
  const key = succeeded(entry.key, successor, seconds, clock.now());
  await ledger.put({ ...entry, key, roll_by: null }, clock.now());
  return key;
}
