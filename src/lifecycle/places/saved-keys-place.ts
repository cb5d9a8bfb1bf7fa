import { compact } from '../../domain/compact.js';
import type { Delivery } from '../../storage/ledger/operation.js';
import { readPlan } from './read-plan.js';

/** The keychain, with the secret under this item. `storage`: `file` for the 0600 file. */
export function savedKeysPlace(item: string, storage?: 'file'): Delivery['place'] {
  const spec = { kind: 'keychain', target: compact({ item, storage }), names: [], address: 'keychain' };
  return { id: 'keychain', label: storage === 'file' ? 'keychain (0600 file)' : 'keychain', spec };
}

/** The keychain's item at a place of the keychain. */
export function itemOf(place: Delivery['place']): string {
  const plan = readPlan(place);
  const item = 'address' in plan ? plan.target['item'] : undefined;
  if (item !== undefined) return item;
  throw new TypeError('a place of the keychain has an item');
}
