import type { Credential, Key } from '../../domain/key.js';
import type { Provider } from '../../domain/provider.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';
import type { PlaceFlags } from '../places/delivery-plan.js';

/** A key that exists already, with its secret. */
export interface ImportOrder {
  readonly key: Key;
  readonly credential: Credential;
  readonly provider: Provider;
  /** Where the ledger says that keys of this account are: `dashboard`, `embedded`, or the base URL. */
  readonly address: string;
  readonly baseUrl: string | null;
  /** The key of the same name that it succeeds. */
  readonly previous: Key | null;
  /** The ledger's record of this key from an import that did not know its vendor's id. */
  readonly unidentified: LedgerKey | null;
  /** Where its secret goes. Without `to`: into the keychain. */
  readonly flags: PlaceFlags;
}
