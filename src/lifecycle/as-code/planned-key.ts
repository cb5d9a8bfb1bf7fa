import type { Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { leftText } from '../ledger/left-keys.js';
import type { PlannedPlace } from '../places/key-places.js';
import type { Action, ActionKind, Doing } from './action.js';
import type { FileKey } from './keys-file.js';

/** What is known of one key of the file: from the ledger, the vendor and its places. */
export interface KeyFacts {
  readonly entry: FileKey;
  readonly managed: ManagedKey | null;
  /** Its operations that are not finished. */
  readonly operations: readonly Operation[];
  /** Active and retiring keys of the account, as the vendor lists them. */
  readonly listed: readonly Key[];
  /**
   * The active version as the vendor returns it; null if the vendor does not have it, or if there is none.
   */
  readonly record: Key | null;
  /** Active keys with the name of the entry that nobody here created. */
  readonly strangers: readonly Key[];
  /** Ids of those, and of the key to adopt, that only this machine has in its ledger: it was not moved. */
  readonly left: readonly string[];
  /** Those that this machine delivers to: see `placesHere`. */
  readonly places: readonly PlannedPlace[] | 'unknown';
  /** Places on other machines, or these machines, that a roll leaves to `keys resume` there. */
  readonly skip: readonly string[];
  /** Whether the ledger has seen the secret of the active version. */
  readonly secretKnown: boolean;
  /** Whether a place has the secret of the active version and can be read. */
  readonly inHand: boolean;
  /**
   * Ids of places that hold something else than the secret of the active version, and of places that hold
   * nothing.
   */
  readonly changedPlaces: readonly string[];
  readonly emptiedPlaces: readonly string[];
  readonly provider: Pick<Provider, 'title' | 'names' | 'updates' | 'options' | 'supersedes'>;
  /** Whether a person creates and rolls its keys, in a dashboard. */
  readonly byHand: boolean;
  readonly now: number;
  /** Epoch milliseconds of the next run of apply. */
  readonly nextRun: number;
}

export interface PlannedKey {
  readonly actions: readonly Action[];
  readonly notes: readonly string[];
}

export const DO_NOTHING: Doing = { type: 'nothing' };

export function action(
  kind: ActionKind,
  id: string | null,
  why: string,
  about: readonly string[],
  doing: Doing,
): Action {
  return { kind, id, why, about, doing };
}

/** `others`: further active keys of this name that the ledger does not know. */
export function strangeConflict(
  name: string,
  id: string,
  left: KeyFacts['left'],
  others: readonly Pick<Key, 'id'>[] = [],
): Action {
  // To adopt it would lose its places and its schedule.
  if (left.includes(id))
    return { ...action('conflict', id, leftText(id), [name, id], DO_NOTHING), next: 'move_ledger' };
  const why = `${id} is active, has this name, and is not in the ledger: adopt: ${JSON.stringify(id)} takes it in`;
  const more = others.length === 0 ? '' : `; so are ${others.map((other) => other.id).join(', ')}`;
  return action('conflict', id, `${why}${more}`, [name, id], DO_NOTHING);
}

export function labels(places: readonly PlannedPlace[]): string {
  return places.map(({ place }) => place.label).join(', ');
}
