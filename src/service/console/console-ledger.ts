import type { KeysError } from '../../domain/errors.js';
import type { CreatedKey, Key } from '../../domain/key.js';
import type { CreateKey, RollKey, UpdateKey } from '../../domain/key-service.js';
import type { Wording } from '../../domain/words.js';

/** An old key that a person deletes in a dashboard. `hint`: the end of its secret; null: not known. */
interface OldKey {
  readonly id: string;
  readonly hint: string | null;
}

/** A create or roll that is not finished. */
export interface PendingOperation {
  readonly id: string;
  readonly kind: 'create' | 'roll';
  readonly name: string;
  /** Null until it is known that the key was created. */
  readonly keyId: string | null;
  /** ISO 8601. */
  readonly since: string;
  /** Places that wait for the secret. */
  readonly places: readonly string[];
  /** Whether a person must still save the secret. */
  readonly unsaved: boolean;
  /** When the old key ends, ISO 8601, where nothing else is left to do; null: there is more to do. */
  readonly oldKeyEnds: string | null;
  /**
   * The old key of a dashboard, where nothing is left to do but to revoke that key there. Such an entry is no
   * operation of the ledger: `id` is this key's, and it cannot be resumed.
   */
  readonly oldKey: OldKey | null;
}

/** A key's versions and places, as the ledger has them. */
export interface ManagedFacts {
  readonly name: string;
  readonly versions: ReadonlyArray<{
    readonly id: string;
    readonly state: string;
    /** ISO 8601; null: not known, or never. */
    readonly endsAt: string | null;
  }>;
  /** `version`: id of the version whose secret it has; null: none. */
  readonly places: ReadonlyArray<{
    readonly id: string;
    readonly label: string;
    readonly version: string | null;
  }>;
  readonly pending: readonly PendingOperation[];
}

/** What became of a create, a roll or a resume. */
export interface Delivered {
  /** What the key is called; empty: the operation is not known any more. */
  readonly name: string;
  /** Null where it is not known whether the key was created. */
  readonly key: Key | null;
  /** The secret for a person to save; null: the places have it. */
  readonly shown: CreatedKey | null;
  /** What happens to the old key, as a sentence; null: there is none. */
  readonly oldKey: string | null;
  /** `problem`: why a place has no secret yet. */
  readonly places: ReadonlyArray<{ readonly label: string; readonly problem: string | null }>;
  /** What else holds it up; null: nothing. */
  readonly waiting: string | null;
  /** Keys that have come since the request and may be this operation's; nothing was done to them. */
  readonly candidates: ReadonlyArray<{ readonly id: string; readonly name: string }>;
  /** The operation to resume; null: it is finished. */
  readonly operation: string | null;
  /** Warnings, and what a place has said. */
  readonly said: readonly Wording[];
}

/** Places that a form names. */
export interface NewPlaces {
  /** Each as `--to` takes it. */
  readonly to: readonly string[];
  /** Whether a value of another key or program there may be lost. */
  readonly replace: boolean;
}

/** What a form says of places. */
export interface PlaceChoices {
  /** Where relative paths begin. */
  readonly directory: string;
  /** Places that this machine knows, each as `--to` takes it. */
  readonly suggestions: readonly string[];
  readonly kinds: ReadonlyArray<{
    readonly title: string;
    readonly syntax: string;
    readonly example: string;
  }>;
}

/** Which key places are for. `id`: of a version; null: of a new key. */
export interface PlaceOwner {
  readonly id: string | null;
  readonly name: string;
}

/**
 * The places of managed keys. `add` and `remove` return warnings, and what a place has said. Every method
 * throws a `KeysError`.
 */
export interface ConsolePlaces {
  choices(): Promise<PlaceChoices>;
  /**
   * Why a delivery there would be refused, with nothing written; null: it would not. `free` in its details: a
   * place beside one that another key has.
   */
  check(key: PlaceOwner, wanted: NewPlaces): Promise<KeysError | null>;
  /**
   * `now`: deliver the secret that there is; else the next roll delivers there. `id`: of a version of the
   * key.
   */
  add(id: string, wanted: NewPlaces, now: boolean): Promise<readonly Wording[]>;
  /** `place`: its id. `erase`: remove the secret there, too. */
  remove(id: string, place: string, erase: boolean): Promise<readonly Wording[]>;
}

/**
 * Changes of keys that the ledger's record of them follows. Each returns warnings, and throws a `KeysError`.
 * `givenUpWith` changes nothing: it says what becomes of the old key of each unfinished roll that revoking
 * this key gives up.
 */
export interface ConsoleChanges {
  update(id: string, changes: UpdateKey): Promise<readonly Wording[]>;
  pause(id: string): Promise<readonly Wording[]>;
  unpause(id: string): Promise<readonly Wording[]>;
  givenUpWith(id: string): Promise<readonly string[]>;
  revoke(id: string): Promise<readonly Wording[]>;
}

/**
 * The ledger of this machine, for one account: it writes each step down first, so that nothing is lost.
 * `form` is the same for a form that is sent twice. Every method throws a `KeysError`.
 */
export interface ConsoleLedger {
  /** Null: the ledger does not know this key. */
  of(id: string): Promise<ManagedFacts | null>;
  pending(): Promise<readonly PendingOperation[]>;
  /** Without places, the page shows the secret. */
  create(request: CreateKey, places: NewPlaces, form: string): Promise<Delivered>;
  roll(id: string, request: RollKey, form: string): Promise<Delivered>;
  resume(operation: string): Promise<Delivered>;
  /** A person has saved the secret of this key: its operation goes on. Null: no operation waits for that. */
  saved(id: string): Promise<Delivered | null>;
  readonly changes: ConsoleChanges;
  readonly places: ConsolePlaces;
}
