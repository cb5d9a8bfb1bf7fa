import { credentialDigests } from '../../domain/credential-digests.js';
import type { Credential } from '../../domain/key.js';
import { currentVersion, type KeptPlace, type ManagedKey } from '../../domain/managed-key.js';
import type { DeliveryPlace, Means, ShownKey } from '../operation/means.js';

/** Labels of the places of a key by what they hold. */
interface PlacesHeld {
  /** They hold a secret that this ledger does not know. */
  readonly unknown: readonly string[];
  /** They got a secret once and cannot be read, as a command or a place on another machine. */
  readonly unread: readonly string[];
}

/** Opens a place; null: it cannot be opened in this call. */
type Open = (place: KeptPlace, shown: ShownKey) => Promise<DeliveryPlace | null>;

/** A key and where its secret is. */
type Placed = Pick<ManagedKey, 'name' | 'places' | 'versions'>;

/** Reads every place of a managed key that can be read. */
export async function placesHeld(
  managed: Placed,
  { open, ledger }: Pick<Means, 'open' | 'ledger'>,
): Promise<PlacesHeld> {
  const unknown: string[] = [];
  const unread: string[] = [];
  for (const place of managed.places) {
    const held = await heldBy(place, managed, open);
    if (held === null) {
      if (place.delivered !== null) unread.push(place.label);
      continue;
    }
    const known = await Promise.all(credentialDigests(held).map((digest) => ledger.byDigest(digest)));
    if (known.every((one) => one === null)) unknown.push(place.label);
  }
  return { unknown, unread };
}

/** Ids of the places of a managed key that hold this secret. */
export async function placesWith(
  credential: Credential,
  managed: Placed,
  open: Open,
): Promise<readonly string[]> {
  const wanted = credentialDigests(credential).join();
  const found: string[] = [];
  for (const place of managed.places) {
    const held = await heldBy(place, managed, open);
    if (held !== null && credentialDigests(held).join() === wanted) found.push(place.id);
  }
  return found;
}

/** The secret at a place; null if there is none, or it cannot be read. */
async function heldBy(place: KeptPlace, managed: Placed, open: Open): Promise<Credential | null> {
  const version = currentVersion(managed) ?? managed.versions[0];
  if (version === undefined) return null;
  const created = { key: version.record, credential: { secret: '' } };
  const opened = await open(place, { created, previous: null, name: managed.name }).catch(() => null);
  return (await opened?.holds?.().catch(() => null)) ?? null;
}
