import type { Connection } from '../../connect/connection.js';
import { CANNOT_TELL } from '../../domain/cannot-tell.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { currentVersion, exactName, type ManagedKey } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { shellWord } from '../../domain/shell-word.js';
import { clauses, option, words } from '../../domain/words.js';
import { accountOf } from '../find/account-of.js';
import { isUnidentified, unidentifiedError } from '../find/unidentified.js';
import type { Means } from '../operation/means.js';
import { placesHeld } from '../places/unknown-secrets.js';
import { successorName } from './plan-roll.js';

/**
 * Throws `refused` for a key that the ledger does not know, if a managed key of its name may have its secret
 * at its places: with a ledger from a backup, the key is the newest version of that one. A roll by its id
 * would deliver to none of those places, and then revoke what they hold.
 */
export async function refuseHeldByOther(key: Key, connection: Connection, means: Means): Promise<void> {
  const { provider } = connection;
  const account = accountOf(connection);
  for (const managed of await means.ledger.managed.all()) {
    const { provider: id, address } = managed.account;
    if (id !== account.provider || address !== account.address) continue;
    if (!mayBeVersionOf(key, managed, provider)) continue;
    const version = currentVersion(managed);
    if (version !== null && isUnidentified(version.record, account))
      throw unidentifiedError(managed, provider);
    const { unknown, unread } = await placesHeld(managed, means);
    if (unknown.length > 0) throw heldError(key, managed, unknown, 'a secret that this ledger does not know');
    if (unread.length === 0 || (await worksThere(managed, means))) continue;
    throw heldError(key, managed, unread, `what cannot be read, and ${managed.name} has ended at its vendor`);
  }
}

/** How many names of successors are compared, where every key needs a name of its own. */
const MOST_TURNS = 20;

/** Whether a key has the name of a managed key, or one that a successor of it gets. */
function mayBeVersionOf(key: Key, managed: ManagedKey, provider: Provider): boolean {
  const { name, versions } = managed;
  if (exactName(key.name) === name) return true;
  if (provider.names.rule !== 'unique') return false;
  const turns = Array.from({ length: MOST_TURNS }, (_, turn) => versions.length + turn);
  return turns.some((turn) => successorName(name, turn, provider) === key.name);
}

/** Whether the version that the ledger calls current still works; true where nothing says otherwise. */
async function worksThere(managed: ManagedKey, { service }: Means): Promise<boolean> {
  const version = currentVersion(managed);
  // The ledger has revoked it itself: what its places hold is known.
  if (version === null) return true;
  try {
    const { status = 'active' } = await service.get(version.id);
    return !isEnded(status);
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return false;
    if (error instanceof KeysError && CANNOT_TELL.has(error.code)) return true;
    throw error;
  }
}

function heldError(key: Key, { name }: ManagedKey, labels: readonly string[], what: string): KeysError {
  const hold = labels.length === 1 ? 'holds' : 'hold';
  const version = words`${option('successor')} ${option('name', shellWord(name))} ${option('from', 'PLACE')}`;
  const taken = words`an import with ${version} takes it in`;
  return new KeysError(
    'refused',
    `${key.id} may be the newest version of ${name}: ${labels.join(', ')} ${hold} ${what}`,
    {
      hint: clauses(
        'nothing was sent',
        words`if it is that version, ${taken}, and a roll of ${name} delivers to all its places`,
        `if not, remove those places of ${name} first`,
      ),
      details: { key_id: key.id, places: labels },
    },
  );
}
