import { KeysError } from '../../domain/errors.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { Action } from '../../lifecycle/as-code/action.js';
import type { AccountPlan } from '../../lifecycle/as-code/plan.js';
import type { Column, Output } from '../../terminal/output.js';
import { hintOf } from '../hints.js';
import type { OpenKeysFile } from '../keys-file.js';
import { hintInFile } from './hint-in-file.js';

/** A line of a plan, as `--json` prints it. */
interface PlanLine {
  readonly action: Action['kind'];
  readonly account: string;
  readonly key: string;
  readonly id: string | null;
  readonly why: string;
  /** The same for the same action: an apply of a saved plan does nothing else. */
  readonly about: readonly string[];
  /** Whether apply does it, or a person must. */
  readonly to_do: boolean;
  /** The machines that must do it; null: this one can. */
  readonly on: string | null;
}

/** A plan, as `--json` prints it and `--out` writes it. */
export interface PlanDocument {
  readonly keys_plan: 1;
  readonly file: string;
  readonly digest: string;
  readonly created_at: string;
  readonly to_do: number;
  readonly actions: readonly PlanLine[];
  readonly notes: ReadonlyArray<{ readonly account: string; readonly key: string; readonly note: string }>;
  readonly unread: ReadonlyArray<{
    readonly account: string;
    readonly code: string;
    readonly message: string;
    /** What helps; null: nothing is known. */
    readonly hint: string | null;
  }>;
}

export async function planDocument(
  { path, digest }: Pick<OpenKeysFile, 'path' | 'digest'>,
  plans: readonly AccountPlan[],
  now: number,
): Promise<PlanDocument> {
  const { isToDo } = await import('../../lifecycle/as-code/action.js');
  const keys = plans.flatMap((plan) => plan.keys);
  const actions = keys.flatMap(({ account, name, actions: all }) =>
    all.map(
      (one): PlanLine => ({
        ...{ action: one.kind, account, key: name, id: one.id, why: whyText(one), about: one.about },
        ...{ to_do: isToDo(one), on: one.on ?? null },
      }),
    ),
  );
  return {
    keys_plan: 1,
    file: path,
    digest,
    created_at: shownTime(now),
    to_do: actions.filter(({ to_do }) => to_do).length,
    actions,
    notes: keys.flatMap(({ account, name, notes }) => notes.map((note) => ({ account, key: name, note }))),
    unread: plans.flatMap(({ account, error }) =>
      error === null
        ? []
        : [
            {
              account: account.name,
              code: error.code,
              message: error.message,
              hint: hintInFile(error) ?? null,
            },
          ],
    ),
  };
}

/** Why an action is planned, and the command that helps. */
export function whyText({ why, next }: Pick<Action, 'why' | 'next'>): string {
  if (next === undefined) return why;
  return `${why}: ${hintOf(new KeysError('conflict', why, { next })) ?? ''}`;
}

const text = (id: 'account' | 'key' | 'id' | 'why', title: string): Column<PlanLine> => ({
  id,
  title,
  human: (line) => line[id] ?? '-',
  plain: (line) => line[id] ?? '',
});

const COLUMNS: ReadonlyArray<Column<PlanLine>> = [
  { id: 'action', title: 'action', human: ({ action }) => words(action), plain: ({ action }) => action },
  text('account', 'account'),
  text('key', 'key'),
  { ...text('id', 'id'), spare: 1 },
  text('why', 'why'),
];

export function words(action: Action['kind']): string {
  return action.replaceAll('_', ' ');
}

/** Prints a plan: one line an action; notes and accounts that could not be read on stderr. */
export async function showPlan(plan: PlanDocument, output: Output): Promise<void> {
  for (const { account, message, hint } of plan.unread) {
    output.warn(`${account} could not be read: ${message}${hint === null ? '' : ` (${hint})`}`);
  }
  if (output.format === 'json') return await output.record(plan, []);
  const { actions } = plan;
  if (actions.length > 0) {
    await output.list(
      (async function* () {
        yield* actions;
      })(),
      COLUMNS,
    );
  }
  for (const { account, key, note } of plan.notes) output.say(`note: ${account}/${key}: ${note}`);
  output.say(summary(plan));
}

/** What is to do, and who does it: apply, a person, or another machine. */
function summary({ actions, to_do, unread }: PlanDocument): string {
  const all = unread.length === 0 ? '' : ' in the accounts that could be read';
  const byPerson = actions.filter(({ action }) => action === 'conflict' || action === 'by_hand').length;
  const others = actions.flatMap(({ on }) => on ?? []);
  const there = others.length === 0 ? '' : `; ${others.length} for ${[...new Set(others)].join(', ')}`;
  if (to_do === 0) return `nothing to do${there === '' ? '' : ' here'}${all}${there}`;
  const toApply = to_do - byPerson;
  const parts = [
    ...(toApply === 0 ? [] : [`${toApply} to do${all}: keys apply`]),
    ...(byPerson === 0 ? [] : [`${byPerson} for a person${toApply === 0 ? all : ''}: see why above`]),
  ];
  return `${parts.join('; ')}${there}`;
}
