import { isEnded } from './ended-key.js';
import type { Key } from './key.js';
import type { CreateKey } from './key-service.js';

/**
 * States of a version. `creating`: its request may have been sent. `pending`: created, and not yet at every
 * place. At most one version of a key is `active`. `retiring` works on until its end.
 */
export type VersionState = 'creating' | 'pending' | 'active' | 'retiring' | 'revoked' | 'expired';

/** Whose keys: a provider at an address, with the context that tells its accounts apart (`--set`). */
export interface Account {
  readonly provider: string;
  /** `embedded`, `dashboard` or the base URL. */
  readonly address: string;
  /** Without the vendor's own options, which belong to a key. */
  readonly context: Readonly<Record<string, string>>;
}

/** Whether an address is that of an embedded service: in a shared ledger its machine follows. */
export function isEmbedded(address: string): boolean {
  return /^embedded( |$)/.test(address);
}

/** What a successor needs to be the same key; a member that is absent is unknown, null means none. */
export type Rights = Omit<CreateKey, 'name' | 'expires_at'> & {
  /** Milliseconds from creation to expiry. */
  readonly lifetime_ms?: number | null;
};

/** One place of a key, as data, and the version whose secret it has. */
export interface KeptPlace {
  /** The same for the same place, whatever order its options were given in. */
  readonly id: string;
  readonly label: string;
  readonly spec: Readonly<Record<string, unknown>>;
  /** Null: nothing was delivered there yet. */
  readonly delivered: DeliveredVersion | null;
}

interface DeliveredVersion {
  readonly id: string;
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** One secret that a key has or had. A roll that keeps the vendor's id makes a new generation of it. */
export interface KeyVersion {
  /** The vendor's id. */
  readonly id: string;
  readonly generation: number;
  readonly record: Key;
  readonly state: VersionState;
  /** Epoch milliseconds at which a retiring version ends; null: not known. */
  readonly ends_at: number | null;
}

export interface Schedule {
  /** Milliseconds after which a version is due; null: never. */
  readonly rotate_ms: number | null;
  /** Milliseconds for which the old version works on; null: the provider's window, else 12 h. */
  readonly grace_ms: number | null;
}

/**
 * Milliseconds after which a key without a schedule should be rolled. The audit reports keys that are older.
 */
export const ROLL_AFTER_MS = 90 * 24 * 3_600_000;

/** What a person names: one key with its rights, places, schedule and versions. Never its secret. */
export interface ManagedKey {
  readonly id: string;
  readonly account: Account;
  /** Unicode NFC; unique in its account. */
  readonly name: string;
  /** Null: how it was created is not known. */
  readonly rights: Rights | null;
  readonly schedule: Schedule;
  readonly places: readonly KeptPlace[];
  /**
   * Names of the environment variables for `keys run` and `keys env`; null: the provider's, or from the key's
   * name.
   */
  readonly variable: string | null;
  /** Newest first. */
  readonly versions: readonly KeyVersion[];
  /** Epoch milliseconds. */
  readonly created_at: number;
}

/**
 * The version that is in use: active, or the newest pending one where none is active. Null where all have
 * ended. As the ledger has it: one whose end has passed is still the current one. See `workingVersion`.
 */
export function currentVersion({ versions }: Pick<ManagedKey, 'versions'>): KeyVersion | null {
  return (
    versions.find(({ state }) => state === 'active') ??
    versions.find(({ state }) => state === 'pending') ??
    null
  );
}

/** The version that is in use at this time; null where all have ended: then the key's name is free. */
export function workingVersion({ versions }: Pick<ManagedKey, 'versions'>, now: number): KeyVersion | null {
  return currentVersion({ versions: versions.filter((version) => !hasEndedAt(version, now)) });
}

/** Whether a version was revoked, or its end has passed. */
export function hasEndedAt(version: KeyVersion, now: number): boolean {
  return isEnded(stateAt(version, now));
}

/** State of a version at this time: one whose end has passed has expired. */
export function stateAt({ state, record, ends_at }: KeyVersion, now: number): VersionState {
  if (isEnded(state)) return state;
  const end = ends_at ?? (record.expires_at ? Date.parse(record.expires_at) : null);
  return end !== null && end <= now ? 'expired' : state;
}

/** The version in this state, until then (epoch milliseconds); the record of one that was revoked says so. */
export function inState(version: KeyVersion, state: VersionState, ends_at: number | null): KeyVersion {
  const { record } = version;
  return {
    ...version,
    state,
    ends_at,
    record: state === 'revoked' ? { ...record, status: 'revoked' } : record,
  };
}

/** Name as it is stored and compared. */
export function exactName(name: string): string {
  return name.normalize('NFC');
}

/** Whether two contexts may be of one account: what one of them does not say is no difference. */
export function isCompatible(a: Account['context'], b: Account['context']): boolean {
  return Object.entries(a).every(([name, value]) => b[name] === undefined || b[name] === value);
}

/** Text that is the same for the same account. */
export function accountText({ provider, address, context }: Account): string {
  const members = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([provider, address, members]);
}
