import type { Connection } from '../../connect/connection.js';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { workingVersion } from '../../domain/managed-key.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { accountOf } from './account-of.js';
import type { ResolvedKey } from './resolved-key.js';
import { isUnidentified, unidentifiedError } from './unidentified.js';

/**
 * Throws `refused` for a key that was found by its name, that the ledger does not know, and whose name a
 * managed key has: the name means the managed key. The other may be a stranger's, or another machine may have
 * rolled the managed key.
 */
export async function refuseNamesake(
  { key, managed, by }: Pick<ResolvedKey, 'key' | 'managed' | 'by'>,
  connection: Pick<Connection, 'provider' | 'address' | 'target'>,
  { ledger, clock }: { readonly ledger: Pick<Ledger, 'managed'>; readonly clock: Clock },
): Promise<void> {
  if (managed !== null || by === 'id') return;
  const named = await ledger.managed.byName(accountOf(connection), key.name);
  const version = named === null ? null : workingVersion(named, clock.now());
  if (version === null) return;
  if (isUnidentified(version.record, connection)) throw unidentifiedError(named ?? key, connection.provider);
  throw new KeysError(
    'refused',
    `${key.id} has the name of the managed key ${key.name} (${version.id}), and this ledger does not know it`,
    {
      hint: 'was it rolled on another machine? nothing was sent; use its id to change it all the same',
      details: { key_id: version.id, other_id: key.id },
    },
  );
}
