import { credentialDigests } from '../../domain/credential-digests.js';
import type { Key } from '../../domain/key.js';
import { exactName, type ManagedKey, ROLL_AFTER_MS } from '../../domain/managed-key.js';
import { openSavedSecrets, secretItem } from '../../storage/ledger/saved-secrets.js';
import { changeManaged } from '../change-managed.js';
import { leaseMeans } from '../find/find-managed.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { PlaceFlags } from '../places/delivery-plan.js';
import { checkPlaces } from '../places/key-places.js';
import { savedKeysPlace } from '../places/saved-keys-place.js';
import { recordRoll } from '../roll/record-roll.js';
import { remember } from './deliver-imported.js';
import type { ImportOrder } from './imported-key.js';
import { furtherPlaces } from './places-of-import.js';

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
