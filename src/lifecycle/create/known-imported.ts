import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import type { Credential, Key } from '../../domain/key.js';
import { exactName, type KeyVersion, type ManagedKey, stateAt } from '../../domain/managed-key.js';
import { clauses, option, words } from '../../domain/words.js';
import type { KeyAddress, LedgerKey } from '../../storage/ledger/ledger.js';
import { managedNamed } from '../find/stored-name.js';
import { isUnidentified } from '../find/unidentified.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { ImportOrder } from './imported-key.js';

/**
 * Throws `conflict` if the key of this name is for another service or environment: the imported key does not
 * revoke it.
 */
export function refuseOtherSlot(key: Key, before: Key): void {
  for (const member of ['environment', 'service'] as const) {
    if (key[member] === before[member]) continue;
    throw new KeysError(
      'conflict',
      `${key.name} is a key of another ${member}: ${before[member]}, not ${key[member]}`,
      {
        hint: clauses(words`import this key with another ${option('name')}`, 'nothing was changed'),
        details: { key_id: before.id },
      },
    );
  }
}

/**
 * The ledger's record of this key from an import that did not know its vendor's id; null: there is none.
 */
export async function unidentifiedRecord(
  credential: Credential,
  { ledger }: Pick<LifecycleContext, 'ledger'>,
): Promise<LedgerKey | null> {
  for (const digest of credentialDigests(credential)) {
    const known = await (await ledger()).byDigest(digest);
    if (known !== null && isUnidentified(known.key, known)) return known;
  }
  return null;
}

/** Throws `conflict` for a key whose secret is saved already. */
export async function refuseSaved(
  credential: Credential,
  context: Pick<LifecycleContext, 'ledger'>,
): Promise<void> {
  const ledger = await context.ledger();
  for (const digest of credentialDigests(credential)) {
    const known = await ledger.byDigest(digest);
    if (known === null || known.secret_item === null) continue;
    throw new KeysError('conflict', `this key is known already: ${known.key.name} (${known.key.id})`, {
      next: 'print_saved',
      details: { key_id: known.key.id },
    });
  }
}

/**
 * Throws `conflict` where the vendor's id of an imported key is that of another managed key, whose secret is
 * another one.
 */
export async function refuseOtherManaged(
  { id }: Key,
  at: KeyAddress,
  unidentified: LedgerKey | null,
  { ledger }: Pick<LifecycleContext, 'ledger'>,
): Promise<void> {
  if (unidentified === null) return;
  const managed = await (await ledger()).managed.byVersion(at, id);
  if (managed === null) return;
  throw new KeysError('conflict', `this key is managed already: ${managed.name} (${id})`, {
    hint: 'nothing was changed',
    next: 'deliver_again',
    details: { key_id: id, name: managed.name },
  });
}

/**
 * The record of a key whose secret the ledger knows in this account; null: it does not. Throws `conflict` if
 * it is to be imported under another name: one key would be two managed keys, and a roll of one would miss
 * the places of the other.
 */
export async function knownRecord(
  credential: Credential,
  {
    name,
    provider,
    address,
  }: { readonly name: string | undefined } & Pick<ImportOrder, 'address' | 'provider'>,
  context: Pick<LifecycleContext, 'ledger'>,
): Promise<Key | null> {
  const ledger = await context.ledger();
  for (const digest of credentialDigests(credential)) {
    const known = await ledger.byDigest(digest);
    if (known === null || known.provider !== provider.id || known.address !== address) continue;
    const managed = await ledger.managed.byVersion(known, known.key.id);
    const names = [known.key.name, ...(managed === null ? [] : [managed.name])].map(exactName);
    if (name === undefined || names.includes(exactName(name))) return known.key;
    const owner = managed?.name ?? known.key.name;
    throw new KeysError('conflict', `this key is managed already: ${owner} (${known.key.id})`, {
      hint: clauses(words`leave out ${option('name')}`, 'nothing was changed'),
      next: 'deliver_again',
      details: { key_id: known.key.id, name: owner },
    });
  }
  return null;
}

/**
 * Returns the managed key of this name and its active version; null: there is none. Importing another key
 * under the name then is a roll by hand, which must be said: it makes the imported key the active version,
 * and the other one is not used any more.
 */
export async function activeNamesake(
  { name, provider, address }: { readonly name: string } & Pick<ImportOrder, 'provider' | 'address'>,
  context: LifecycleContext,
): Promise<{ readonly managed: ManagedKey; readonly active: KeyVersion } | null> {
  const account = { provider: provider.id, address, context: {} };
  const named = await managedNamed(name, { account, ledger: await context.ledger(), provider });
  const now = context.clock.now();
  const active = named?.versions.find((version) => stateAt(version, now) === 'active');
  return named === null || active === undefined ? null : { managed: named, active };
}
