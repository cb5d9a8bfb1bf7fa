import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import { currentVersion, isEmbedded, type ManagedKey, workingVersion } from '../../domain/managed-key.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { accountOf } from './account-of.js';
import type { ResolvedKey } from './resolved-key.js';

/** Most keys of one other address that are looked for. The first that the service knows or denies decides. */
const MOST_LOOKS = 3;

/**
 * Throws `conflict` if a key service is reached at an address that the ledger does not know, although it has
 * its keys at another one: the same key would become two managed keys, and a roll would miss the places of
 * the other. The ids of a key service are random, so one known id is proof. What the credential may not read
 * decides nothing. Sends a request only at a new address.
 */
export async function refuseOtherAddress(
  connection: Pick<Connection, 'isKeyService' | 'kind' | 'address' | 'provider' | 'service' | 'target'>,
  ledger: Ledger,
): Promise<void> {
  const { isKeyService, kind, address, service } = connection;
  if (!isKeyService || kind !== 'remote') return;
  const { provider } = accountOf(connection);
  if (await ledger.managed.isAt({ provider, address })) return;
  const others = (await ledger.managed.all()).filter(
    (key) => key.account.provider === provider && isRemote(key),
  );
  if (others.length === 0) return;
  if ((await ledger.operations()).some((one) => one.address === address)) return;
  for (const known of new Set(others.map((one) => one.account.address))) {
    const keys = others.filter((one) => one.account.address === known).slice(0, MOST_LOOKS);
    if (!(await hasOneOf(keys, service))) continue;
    throw otherAddress(address, known);
  }
}

/**
 * Throws `conflict` for a key of a key service that the ledger knows at another address: it would become two
 * managed keys, and a roll of one would miss the places of the other. The embedded service beside `keys
 * serve` on its data directory is such a case. Their ids are random, so one id is one key, whatever policy
 * the service is known by.
 */
export async function refuseKnownElsewhere(
  id: string,
  { isKeyService, address }: Pick<Connection, 'isKeyService' | 'address'>,
  ledger: Pick<Ledger, 'keys'>,
): Promise<void> {
  if (!isKeyService) return;
  const other = (await ledger.keys({ id })).find(
    (key) => key.address !== address && key.address !== 'dashboard',
  );
  if (other !== undefined) throw otherAddress(address, other.address);
}

/**
 * Throws as `refuseKnownElsewhere` does for each key that the ledger does not know at this address: the
 * record at the other address would still say that the key is as it was.
 */
export async function refuseKeysElsewhere(
  found: ReadonlyArray<Pick<ResolvedKey, 'key' | 'managed'>>,
  connection: Pick<Connection, 'isKeyService' | 'address'>,
  ledger: Pick<Ledger, 'keys'>,
): Promise<void> {
  for (const { key, managed } of found)
    if (managed === null) await refuseKnownElsewhere(key.id, connection, ledger);
}

/**
 * Throws `conflict` for a new key whose name a managed key has at another address of the same key service:
 * names are unique there, too. Sends a request only if the ledger has such a key.
 */
export async function refuseNameElsewhere(
  name: string,
  connection: Pick<Connection, 'isKeyService' | 'address' | 'provider' | 'service' | 'target'>,
  { managed }: Pick<Ledger, 'managed'>,
  now: number,
): Promise<void> {
  if (!connection.isKeyService) return;
  const { provider, address } = accountOf(connection);
  const named = await managed.named(provider, name);
  for (const key of named.filter(({ account }) => account.address !== address)) {
    if (workingVersion(key, now) === null || !(await hasOneOf([key], connection.service))) continue;
    const there = key.account.address;
    throw otherAddress(
      connection.address,
      there,
      `the key ${name} is managed at ${nameOf(there)} already, and ${connection.address} is the same service`,
    );
  }
}

/** An address in a message. */
const nameOf = (address: string) => (isEmbedded(address) ? 'the embedded service' : address);

function otherAddress(
  address: string,
  known: string,
  message = `${address} is the same service as ${nameOf(known)}, where this ledger has its keys`,
): KeysError {
  return new KeysError('conflict', message, {
    hint: 'nothing was changed',
    next: 'use_known_address',
    details: { known_address: known, base_url: address },
  });
}

const isRemote = ({ account }: ManagedKey) => URL.canParse(account.address);

/** Whether the service knows one of these keys. */
async function hasOneOf(
  keys: readonly ManagedKey[],
  service: Pick<Connection['service'], 'get'>,
): Promise<boolean> {
  for (const key of keys) {
    const version = currentVersion(key) ?? key.versions[0];
    if (version === undefined) continue;
    try {
      await service.get(version.id);
      return true;
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      // A credential that may not read keys, or a service that is down, tells nothing.
      if (error.code !== 'not_found') return false;
    }
  }
  return false;
}
