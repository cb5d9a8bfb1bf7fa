import type { CreatedKey, Key } from '../../domain/key.js';

/** The key of an operation with its secret, or why there is none. */
export interface Obtained {
  readonly created: CreatedKey | null;
  /** Keys that were revoked because their secret was lost. */
  readonly revoked: readonly string[];
  /** Whether the key was created again. */
  readonly anew: boolean;
  /** Keys that have appeared since the request and may be this operation's; nothing was done to them. */
  readonly unproven: readonly Key[];
  /** What the operation waits for; null: nothing. */
  readonly waiting: string | null;
  /** Why the operation is closed without its key; null: it is not. */
  readonly dropped: string | null;
}

export const NOTHING: Obtained = {
  created: null,
  revoked: [],
  anew: false,
  unproven: [],
  waiting: null,
  dropped: null,
};
