import type { NextStep } from '../../domain/errors.js';
import type { UpdateKey } from '../../domain/key-service.js';
import type { PlannedPlace } from '../places/key-places.js';
import type { FileKey, FileRights } from './keys-file.js';

/**
 * What apply does with a key, or what it only reports: `by_hand`, `conflict`, `unmanaged`, and some of
 * `drift`.
 */
export type ActionKind =
  | 'create'
  | 'roll'
  | 'update'
  | 'deliver'
  | 'revoke'
  | 'forget'
  | 'adopt'
  | 'by_hand'
  | 'conflict'
  | 'drift'
  | 'unmanaged';

/** How an action is done. */
export type Doing =
  | { readonly type: 'nothing' }
  | { readonly type: 'create' }
  | { readonly type: 'roll'; readonly rights: FileRights }
  /** Continues an operation, with the places of the file beside its own. */
  | { readonly type: 'resume'; readonly operation: string }
  | {
      readonly type: 'update';
      /** At the vendor; null: nothing there changes. */
      readonly changes: UpdateKey | null;
      readonly renamed: boolean;
      /** Places whose command changed. */
      readonly places: readonly PlannedPlace[];
      /** Places that get the secret with the next roll. */
      readonly remembered: readonly PlannedPlace[];
    }
  | { readonly type: 'deliver'; readonly places: readonly PlannedPlace[] }
  | { readonly type: 'forget'; readonly places: readonly string[] }
  | { readonly type: 'revoke' }
  | { readonly type: 'adopt'; readonly id: string };

/** One line of the plan. */
export interface Action {
  readonly kind: ActionKind;
  /** Id of the key at the vendor; null: it has none yet. */
  readonly id: string | null;
  readonly why: string;
  /** What the action is about, the same text for the same action: ids, fields, places. */
  readonly about: readonly string[];
  readonly doing: Doing;
  /** The machines that must do it, such as `anna@laptop`; absent: this one can. */
  readonly on?: string;
  /** The operation that is not finished, of a key that the file does not name. */
  readonly operation?: string;
  /** What helps; absent: `why` says all. */
  readonly next?: NextStep;
}

/** A key of an account, and what is planned for it. Nothing: it is as the file says. */
export interface KeyPlan {
  readonly account: string;
  readonly name: string;
  /** Null: the file does not name the key. */
  readonly entry: FileKey | null;
  readonly actions: readonly Action[];
  /** What a person should know and apply does not change. */
  readonly notes: readonly string[];
}

/** Whether apply does something, or a person must. */
export function isToDo({ kind, doing }: Action): boolean {
  return doing.type !== 'nothing' || kind === 'conflict' || kind === 'by_hand';
}

/** Text that is the same for the same action. */
export function actionText({ kind, about }: Pick<Action, 'kind' | 'about'>): string {
  return JSON.stringify([kind, ...about]);
}
