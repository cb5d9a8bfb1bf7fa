import { KeysError } from '../../domain/errors.js';
import type { Delivery } from '../../storage/ledger/operation.js';
import type { LeaseMeans } from '../operation/lease.js';
import type { Means } from '../operation/means.js';
import { removePlace } from './remove-place.js';
import { shares } from './shared-places.js';

/**
 * Removes a place from every other managed key that remembers it: `--replace` gave it to this key. A roll of
 * the former owner would otherwise overwrite the secret. Warns of each, and of one that another program works
 * on.
 */
export async function takeOverPlace(
  place: Delivery['place'],
  managedId: string,
  means: LeaseMeans & Pick<Means, 'ledger' | 'warn'>,
): Promise<void> {
  for (const other of await means.ledger.managed.byPlace(place)) {
    if (!shares(other, place, managedId)) continue;
    try {
      await removePlace(other, place.id, means);
      means.warn(`${place.label} is no longer a place of ${other.name}: another key has it now`);
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      means.warn(`${place.label} is still a place of ${other.name} too: ${error.message}`);
    }
  }
}
