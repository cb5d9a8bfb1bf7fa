import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { ActionResult, Applied } from '../../lifecycle/as-code/apply.js';
import type { AccountPlan } from '../../lifecycle/as-code/plan.js';
import { hintInFile } from './hint-in-file.js';
import { whyText, words } from './show-plan.js';

/** What became of one action, as `--json` prints it. */
export interface ReportLine {
  readonly action: Applied['action']['kind'];
  readonly account: string;
  readonly key: string;
  readonly result: ActionResult;
  /** Of the key that is in use now; null: none is known. */
  readonly id: string | null;
  readonly why: string;
  /** Why it is not done. */
  readonly message: string | null;
  /** The machines that must do it; absent: this one can. */
  readonly on?: string;
  /** The create or roll that is not finished, of a key that the file does not name. */
  readonly operation?: string;
  /** Of a roll: the old key, and until when it works. */
  readonly previous?: {
    readonly id: string;
    readonly works_until: string | null;
    readonly ended_by: 'vendor' | 'keys';
  };
}

/** What an apply did, and what is left. */
export interface ApplyReport {
  readonly file: string;
  readonly ended_at: string;
  readonly actions: readonly ReportLine[];
  /** Accounts that could not be read. */
  readonly unread: ReadonlyArray<{
    readonly account: string;
    readonly message: string;
    /** What helps; null: nothing is known. */
    readonly hint: string | null;
  }>;
  /** What a person must do, one sentence each. */
  readonly to_do: readonly string[];
}

export function applyReport(
  file: string,
  applied: readonly Applied[],
  plans: ReadonlyArray<Pick<AccountPlan, 'account' | 'error'>>,
  now: number,
): ApplyReport {
  const unread = plans.flatMap(({ account, error }) =>
    error === null
      ? []
      : [{ account: account.name, message: error.message, hint: hintInFile(error) ?? null }],
  );
  return {
    file,
    ended_at: shownTime(now),
    actions: applied.map(lineOf),
    unread,
    to_do: [
      ...applied.flatMap(toDo),
      ...unread.map(
        ({ account, message, hint }) =>
          `${account}: make the account readable (${message}${hint === null ? '' : `; ${hint}`}), then run keys apply again`,
      ),
    ],
  };
}

function lineOf({ account, name, action, result, message, outcome }: Applied): ReportLine {
  const id = outcome?.operation.key?.id ?? action.id;
  const old = outcome?.previous ?? null;
  const previous =
    old === null || old.id === id || outcome === null
      ? {}
      : {
          previous: {
            id: old.id,
            works_until: outcome.retired || outcome.retiresAt === null ? null : shownTime(outcome.retiresAt),
            ended_by: outcome.endsByLedger ? ('keys' as const) : ('vendor' as const),
          },
        };
  const { on, operation: unfinished } = action;
  return {
    action: action.kind,
    account,
    key: name,
    result,
    id,
    why: whyText(action),
    message,
    ...compact({ on, operation: unfinished }),
    ...previous,
  };
}

/** The sentence for what a person must do; none if nothing is left. */
function toDo(applied: Applied): string[] {
  const { account, name, action, result, message } = applied;
  const key = `${account}/${name}`;
  if (action.kind === 'conflict') return [`${key}: ${whyText(action)}`];
  if (action.kind === 'by_hand') return [`${key}: ${whyText(action)}`];
  if (result === 'pending')
    return [`${key}: fix the cause (${message ?? 'not finished'}), then run keys apply again`];
  if (result === 'skipped')
    return [
      `${key}: ${words(action.kind)} was not in the plan; look at keys plan, then run keys apply again`,
    ];
  if (result !== 'failed') return [];
  return [`${key}: ${words(action.kind)} failed: ${message ?? ''}${hintText(applied)}`];
}

/** What helps, after what has failed; nothing where that is not known. */
function hintText({ error }: Applied): string {
  const hint = error === null ? undefined : hintInFile(error);
  return hint === undefined ? '' : `; ${hint}`;
}

/** One sentence for a person who watches. */
export function progressLine(applied: Applied): string {
  const { action, result, key, account, id, message, on, previous } = lineOf(applied);
  const what = `${words(action)} ${account}/${key}${id === null ? '' : ` (${id})`}`;
  if (action === 'conflict' || action === 'by_hand') return `${what}: ${whyText(applied.action)}`;
  const until = previous?.works_until
    ? `; the old key ${previous.id} works until ${previous.works_until}`
    : '';
  if (action === 'unmanaged') return `${what}: ${whyText(applied.action)}`;
  if (on !== undefined) return `${what}: left to ${on}: ${applied.action.why}`;
  if (result === 'done') return `${what}: done${until}`;
  return `${what}: ${[result, message].filter((part) => part !== null).join(': ')}${hintText(applied)}${until}`;
}

/**
 * Throws what the exit code says: `refused` for a conflict, `unavailable` for an account, `pending` for the
 * rest.
 */
export function requireDone(
  applied: readonly Applied[],
  { to_do, unread }: ApplyReport,
  fileChanged: boolean,
): void {
  const conflicts = applied.filter(({ action }) => action.kind === 'conflict').length;
  const details = { to_do };
  if (conflicts > 0) {
    throw new KeysError(
      'refused',
      `${conflicts} ${conflicts === 1 ? 'key has' : 'keys have'} a conflict; apply did not touch them`,
      {
        hint: 'each is named above with what to do; then run keys apply again',
        details,
      },
    );
  }
  if (unread.length > 0) {
    throw new KeysError('unavailable', `could not read ${unread.map(({ account }) => account).join(', ')}`, {
      hint: [...new Set(unread.flatMap(({ message, hint }) => [message, hint ?? []].flat()))].join('; '),
      details,
    });
  }
  if (to_do.length > 0) {
    throw new KeysError(
      'pending',
      to_do.length === 1 ? '1 key is not finished' : `${to_do.length} keys are not finished`,
      {
        hint: 'run keys apply again when the cause is fixed',
        details,
      },
    );
  }
  if (!fileChanged) return;
  throw new KeysError('pending', 'the file has changed while apply ran', {
    hint: 'run keys apply again',
  });
}
