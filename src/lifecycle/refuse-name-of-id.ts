import { isEnded } from '../domain/ended-key.js';
import { KeysError } from '../domain/errors.js';
import { stateAt } from '../domain/managed-key.js';
import type { Lookup } from './find/resolved-key.js';

/**
 * Throws `conflict` for a new name that is the id of another key of the account. Every command takes an id or
 * a name, and an id comes first: the new name would mean the other key. `own`: the managed key that gets the
 * name, if there is one.
 */
export async function refuseNameOfId(
  name: string,
  own: string | null,
  account: Lookup['account'],
  { ledger, clock }: Pick<Lookup, 'ledger' | 'clock'>,
): Promise<void> {
  const other = await ledger.managed.byVersion(account, name);
  if (other === null || other.id === own) return;
  const version = other.versions.find(({ id }) => id === name);
  if (version === undefined || isEnded(stateAt(version, clock.now()))) return;
  throw new KeysError('conflict', `${name} is the id of another key of this account: ${other.name}`, {
    hint: 'commands would take the name for that key: take another name; nothing was changed',
    details: { key_id: name, name: other.name },
  });
}
