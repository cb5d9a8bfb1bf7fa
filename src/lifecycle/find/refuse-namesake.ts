import type { Connection } from '../../connect/connection.js';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
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
  throw namesakeError([key], { name: key.name, version: version.id });
}

/** Most namesakes that an error names. */
const MOST_NAMED = 10;

/** The error for keys of a managed key's name that the ledger does not know. */
export function namesakeError(
  others: readonly Pick<Key, 'id'>[],
  { name, version }: { readonly name: string; readonly version: string },
): KeysError {
  const ids = others.slice(0, MOST_NAMED).map(({ id }) => id);
  const more = others.length > ids.length ? [`${others.length - ids.length} more`] : [];
  const [have, them] = others.length === 1 ? ['has', 'it'] : ['have', 'them'];
  return new KeysError(
    'refused',
    `${[...ids, ...more].join(', ')} ${have} the name of the managed key ${name} (${version}), and this ledger does not know ${them}`,
    {
      hint: 'was it rolled on another machine? nothing was sent; use its id to change it all the same',
      details: { key_id: version, other_id: ids[0] },
    },
  );
}
