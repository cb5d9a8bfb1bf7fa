import { IMPORTED_AT } from '../../connect/guided/take-in-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { Account, ManagedKey } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { titleInSentence } from '../../domain/systems.js';

/** An id of our own; see `dashboardRecord`. */
const OWN_ID = /^key_[0-9A-Za-z]{20}$/;

/**
 * Whether a key was imported from a vendor that does not say which of its keys a secret belongs to: then its
 * id is one of our own, and nothing can be asked or changed by it. In a dashboard a person knows the key by
 * its name.
 */
export function isUnidentified(
  { id, metadata }: Pick<Key, 'id' | 'metadata'>,
  { address }: Pick<Account, 'address'>,
): boolean {
  return address !== 'dashboard' && OWN_ID.test(id) && metadata?.[IMPORTED_AT] !== undefined;
}

/** The error for such a key, where a command would look for it at its vendor. */
export function unidentifiedError(
  { name }: Pick<ManagedKey, 'name'>,
  provider: Pick<Provider, 'title'>,
): KeysError {
  return new KeysError(
    'refused',
    `${titleInSentence(provider)} does not say which of its keys ${name} is: it was imported without an id`,
    { hint: 'nothing was changed', next: 'identify_key', details: { name } },
  );
}
