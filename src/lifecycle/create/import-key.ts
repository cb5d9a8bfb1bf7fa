import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import type { Credential, Key } from '../../domain/key.js';
import {
  exactName,
  type KeptPlace,
  type KeyVersion,
  type ManagedKey,
  ROLL_AFTER_MS,
  stateAt,
} from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import type { KeyAddress, LedgerKey } from '../../storage/ledger/ledger.js';
import { openSavedSecrets, secretItem } from '../../storage/ledger/saved-secrets.js';
import { changeManaged } from '../change-managed.js';
import { leaseMeans } from '../find/find-managed.js';
import { managedNamed } from '../find/stored-name.js';
import { isUnidentified } from '../find/unidentified.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { ShownKey } from '../operation/means.js';
import type { PlaceFlags } from '../places/delivery-plan.js';
import {
  checkPlaces,
  openKeyPlace,
  type PlannedPlace,
  placesOf,
  refuseTaken,
  savedKeysPlace,
  variableIn,
} from '../places/key-places.js';
import { takeOverPlace } from '../places/take-over-place.js';
import { placesWith } from '../places/unknown-secrets.js';
import { recordRoll } from '../roll/record-roll.js';

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

/**
 * Tries the place where the secret is saved, before a person pastes it. Throws what `SavedSecrets.reserve`
 * throws.
 */
export async function reserveSavedSecret(
  { insecureStorage }: Pick<PlaceFlags, 'insecureStorage'>,
  context: LifecycleContext,
): Promise<void> {
  await openSavedSecrets(context, { insecureStorage }).reserve();
}

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
        hint: 'import this key with another --name; nothing was changed',
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
      hint: 'leave out --name; nothing was changed',
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

/**
 * Labels of the places that still have another version's secret than the imported key's, such as one that was
 * revoked.
 */
export async function outdatedPlaces(
  { key, provider, address }: Pick<ImportOrder, 'key' | 'provider' | 'address'>,
  context: LifecycleContext,
): Promise<string[]> {
  const { managed: keys } = await context.ledger();
  const managed = await keys.byVersion({ provider: provider.id, address }, key.id);
  if (managed === null) return [];
  const isRevoked = (id: string) => managed.versions.some((one) => one.id === id && one.state === 'revoked');
  const others = managed.places.filter(({ id, delivered }) => {
    if (delivered === null || delivered.id === key.id) return false;
    // A revoke removes the saved secret.
    return id !== 'keychain' || !isRevoked(delivered.id);
  });
  return others.map(({ label }) => label);
}

/**
 * Writes an existing key into the ledger and delivers its secret. Returns where the secret is, and the record
 * of the key that it succeeds. Everything that can be refused is refused before anything is written: see
 * `placesOf` and `refuseTaken`. Throws `delivery_failed` if a place fails afterwards; the key remembers that
 * place all the same.
 */
export async function importKey(
  order: ImportOrder,
  context: LifecycleContext,
): Promise<{ readonly storedIn: readonly string[]; readonly old: Key | null }> {
  const { key, credential, provider, address, baseUrl, previous, unidentified, flags } = order;
  const isSaved = (unidentified?.secret_item ?? null) !== null;
  const inKeychain = !isSaved && (flags.to === undefined || flags.to.includes('keychain'));
  const ledger = await context.ledger();
  const digests = credentialDigests(credential);
  const account = { provider: provider.id, address };
  const known = await ledger.managed.byVersion(account, unidentified?.key.id ?? key.id);
  const places = await furtherPlaces(order, known, context);
  const secrets = openSavedSecrets(context, { insecureStorage: flags.insecureStorage });
  if (inKeychain) await secrets.reserve();
  for (const warning of await checkPlaces(places, context)) context.output.warn(warning);
  const item = inKeychain ? secretItem({ provider: provider.id, address }, key.id) : null;
  const saved = item === null ? [] : [await secrets.save(item, credential)];
  if (unidentified !== null && known !== null) await giveId(known, unidentified.key.id, key, context);
  const now = context.clock.now();
  // The age of the key is not known, so the days count from now.
  const roll_by = now + ROLL_AFTER_MS;
  const entry = {
    provider: provider.id,
    address,
    key,
    digests,
    secret_item: item ?? unidentified?.secret_item ?? null,
    base_url: baseUrl,
    roll_by,
  };
  await ledger.put(entry, now);
  const byHand = address === 'dashboard' && previous !== null;
  const old = byHand ? await recordRoll(previous, key.id, provider, context) : previous;
  await ledger.takeInKnownKeys();
  const managed = await ledger.managed.byVersion(account, key.id);
  if (managed !== null) {
    const storage = flags.insecureStorage ? 'file' : undefined;
    const items = item === null ? [] : [{ place: savedKeysPlace(item, storage), remembered: true }];
    await remember([...items, ...places], managed, order, context);
  }
  const kept = isSaved ? (known?.places ?? []).filter(({ id }) => id === 'keychain') : [];
  const storedIn = [...saved, ...[...kept, ...places.map(({ place }) => place)].map(({ label }) => label)];
  return { storedIn, old };
}

/** Gives a key that was imported without its vendor's id that id, and the name that the vendor has. */
async function giveId(
  { id: managed }: ManagedKey,
  before: string,
  key: Key,
  context: LifecycleContext,
): Promise<void> {
  const means = await leaseMeans(context);
  await changeManaged(managed, means, async ({ account, places, versions }, save) => {
    await means.ledger.replaceId(account, before, key);
    const moved = places.map((place) =>
      place.delivered?.id === before ? { ...place, delivered: { ...place.delivered, id: key.id } } : place,
    );
    await save({
      name: exactName(key.name),
      places: moved,
      versions: versions.map((version) =>
        version.id === before ? { ...version, id: key.id, record: key } : version,
      ),
    });
  });
}

/** The places beside the keychain. Throws `refused` for one that holds another secret than this. */
async function furtherPlaces(
  order: ImportOrder,
  known: ManagedKey | null,
  context: LifecycleContext,
): Promise<readonly PlannedPlace[]> {
  const { key, credential, provider, flags } = order;
  const to = (flags.to ?? []).filter((text) => text !== 'keychain');
  if (to.length === 0) return [];
  // A place of the key that it succeeds may be named: that key's secret is replaced there, as by a roll.
  const owner = known ?? (await succeededKey(order, context));
  const bare = { id: owner?.id ?? '', name: owner?.name ?? key.name, places: [], variable: null };
  // For a guided connection, no secret is printed.
  const connection = { kind: 'guided', provider } as const;
  const places = await placesOf({ ...flags, to }, { managed: bare, name: bare.name }, connection, context);
  const rules = {
    ledger: await context.ledger(),
    replace: flags.replace === true,
    own: credentialDigests(credential),
  };
  await refuseTaken(places, bare, rules, connection, context);
  return places;
}

async function succeededKey(
  { previous, provider, address }: ImportOrder,
  context: LifecycleContext,
): Promise<ManagedKey | null> {
  const { managed } = await context.ledger();
  if (previous === null) return null;
  return await managed.byVersion({ provider: provider.id, address }, previous.id);
}

/** Remembers the places and delivers the secret to each. Throws `delivery_failed` for those that failed. */
async function remember(
  places: readonly PlannedPlace[],
  { id, name }: ManagedKey,
  order: ImportOrder,
  context: LifecycleContext,
): Promise<void> {
  const { key } = order;
  const failed: string[] = [];
  const means = await leaseMeans(context);
  await changeManaged(id, means, async ({ places: before, versions, variable }, save) => {
    const generation = versions.find((version) => version.id === key.id)?.generation ?? 1;
    const asked = places.filter(({ remembered }) => remembered).map(({ place }) => place);
    const isAsked = ({ id: other }: KeptPlace) => asked.some((place) => place.id === other);
    const others = await withDelivered(
      before.filter((one) => !isAsked(one)),
      { id, name, versions },
      order,
      context,
    );
    let kept: KeptPlace[] = [...others, ...asked.map((place) => ({ ...place, delivered: null }))];
    await save({ places: kept, variable: variable ?? variableIn(places) });
    for (const { place } of places) {
      try {
        // The keychain has it already.
        if (place.id !== 'keychain') await deliver(place, order, context);
      } catch (error) {
        failed.push(`${place.label}: ${error instanceof Error ? error.message : String(error)}`);
        continue;
      }
      const delivered = { id: key.id, generation, at: context.clock.now() };
      kept = kept.map((one) => (one.id === place.id ? { ...one, delivered } : one));
      await save({ places: kept });
      await takeOverPlace(place, id, { ...means, warn: (text) => context.output.warn(text) });
    }
  });
  if (failed.length === 0) return;
  throw new KeysError(
    'delivery_failed',
    `${name} is imported, but was not delivered to ${failed.join('; ')}`,
    {
      next: 'deliver_again',
      details: { name },
    },
  );
}

/** These places, those that hold the imported secret as places that have it: another ledger delivered it. */
async function withDelivered(
  places: readonly KeptPlace[],
  managed: Pick<ManagedKey, 'id' | 'name' | 'versions'>,
  { key, credential, provider }: ImportOrder,
  context: LifecycleContext,
): Promise<readonly KeptPlace[]> {
  const open = (place: KeptPlace, shown: ShownKey) => openKeyPlace(place, shown, { provider }, context);
  const having = await placesWith(credential, { ...managed, places }, open);
  const generation = managed.versions.find((version) => version.id === key.id)?.generation ?? 1;
  const delivered = { id: key.id, generation, at: context.clock.now() };
  return places.map((one) => (having.includes(one.id) ? { ...one, delivered } : one));
}

async function deliver(
  place: PlannedPlace['place'],
  { key, credential, provider }: ImportOrder,
  context: LifecycleContext,
): Promise<void> {
  const shown = { created: { key, credential }, previous: null, name: key.name };
  await (await openKeyPlace(place, shown, { provider }, context)).deliver(credential);
}
