/**
 * What can happen to a key. `imported` is of a whole file of keys, and so of no single one. `new_address` and
 * `refused` are of live keys: the first use from an address, and the first refusal of a day for each reason.
 */
export const KEY_ACTIONS = [
  'created',
  'updated',
  'rolled',
  'superseded',
  'paused',
  'unpaused',
  'revoked',
  'imported',
  'new_address',
  'refused',
] as const;
export type KeyAction = (typeof KEY_ACTIONS)[number];

/** Who did what when to which key, in memory as on the wire. Nothing of a secret is in it. */
export interface AuditEvent {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The id of the key that asked for it; `owner` for whoever holds the database. */
  readonly actor: string;
  readonly action: KeyAction;
  /** Null for what was done to no single key. */
  readonly key_id: string | null;
  /** What it was then: a new key's name and scopes, what an update set, the key that came before or after. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface ListEvents {
  /** Most events in one page; 1 to 1000, default 100. */
  readonly limit?: number;
  /** Where the page before ended (`next_cursor`). */
  readonly cursor?: string;
  /** Of this key alone. */
  readonly key_id?: string;
}

/** Newest first. */
export interface EventPage {
  readonly events: readonly AuditEvent[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}
