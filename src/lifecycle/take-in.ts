import type { Connection } from '../connect/connection.js';
import type { Key } from '../domain/key.js';
import { exactName, type ManagedKey } from '../domain/managed-key.js';
import { NO_SCHEDULE, newManagedId } from '../storage/ledger/managed-keys.js';
import { accountOf } from './find/account-of.js';
import { refuseKnownElsewhere } from './find/one-address.js';
import type { Means } from './operation/means.js';

/** A key that the ledger did not know, as a managed key. Nothing is remembered of how it was created. */
export function takenIn(key: Key, connection: Connection, now: number): ManagedKey {
  return {
    id: newManagedId(),
    account: accountOf(connection),
    name: exactName(key.name),
    rights: null,
    schedule: NO_SCHEDULE,
    places: [],
    variable: null,
    versions: [{ id: key.id, generation: 1, record: key, state: 'active', ends_at: null }],
    created_at: now,
  };
}

/**
 * Writes such a key into the ledger. If another key of the account has its name, the id is added to the name.
 * Throws what `refuseKnownElsewhere` throws.
 */
export async function keepTakenIn(
  managed: ManagedKey,
  connection: Pick<Connection, 'isKeyService' | 'address' | 'target'>,
  { ledger, clock }: Pick<Means, 'ledger' | 'clock'>,
): Promise<void> {
  const [version] = managed.versions;
  if (version === undefined) return;
  await refuseKnownElsewhere(version.id, connection, ledger);
  const { provider, address } = managed.account;
  const entry = {
    provider,
    address,
    key: version.record,
    digests: [],
    secret_item: null,
    base_url: connection.target.baseUrl,
    roll_by: null,
  };
  await ledger.put(entry, clock.now());
  await ledger.managed.save(await withFreeName(managed, ledger), null);
}

/** Two keys of a vendor may have one name; the ledger tells them apart by the id. */
async function withFreeName(managed: ManagedKey, { managed: keys }: Means['ledger']): Promise<ManagedKey> {
  const other = await keys.byName(managed.account, managed.name);
  return other === null || other.id === managed.id
    ? managed
    : { ...managed, name: `${managed.name} (${managed.versions[0]?.id})` };
}
