import { type KeysError, keysErrorOf } from '../../domain/errors.js';
import { accountText } from '../../domain/managed-key.js';
import { withLease } from '../operation/lease.js';
import { isFinished, type Outcome } from '../operation/outcome.js';
import type { OpenAccount } from './account.js';
import { type Action, actionText, type KeyPlan } from './action.js';
import { type ActionChoices, doAction, rememberSchedule } from './do-action.js';
import { inFileWords } from './in-file-words.js';
import { type At, keyFacts } from './key-facts.js';
import type { KeysFile } from './keys-file.js';
import type { AccountPlan } from './plan.js';
import { planWithRolls } from './plan-rolls.js';

/**
 * What became of an action. `unneeded`: another program has done it meanwhile. `skipped`: it is another one
 * than was shown. `reported`: a person must do it, or nothing is to be done.
 */
export type ActionResult = 'done' | 'pending' | 'unneeded' | 'skipped' | 'failed' | 'reported';

export interface Applied {
  readonly account: string;
  readonly name: string;
  readonly action: Action;
  readonly result: ActionResult;
  /** Why it is not done. */
  readonly message: string | null;
  readonly error: KeysError | null;
  readonly outcome: Outcome | null;
}

/** How long to wait for another apply that works on the same key. */
const OTHER_APPLY_MS = 120_000;

export interface ApplyOptions {
  readonly file: KeysFile;
  /** The actions that were shown, by account and name; see `shownIn`. */
  readonly shown: ShownActions;
  /** Deliver also to places that hold another secret, which is lost there. */
  readonly replace: boolean;
  /** Places on other machines, or these machines: a roll leaves them to `keys resume` there. */
  readonly skip: readonly string[];
  readonly now: () => number;
  readonly onApplied: (applied: Applied) => void;
}

/** For a key: the texts of its actions. */
export type ShownActions = ReadonlyMap<string, ReadonlySet<string>>;

export function shownIn(plans: ReadonlyArray<Pick<AccountPlan, 'keys'>>): ShownActions {
  const all = plans.flatMap(({ keys }) => keys);
  return new Map(
    all.map(({ account, name, actions }) => [keyText(account, name), new Set(actions.map(actionText))]),
  );
}

export function keyText(account: string, name: string): string {
  return JSON.stringify([account, name]);
}

/**
 * Does what the plans say: accounts side by side, the keys of one account in the order of the file. What
 * fails for one key stops no other. Running it again is always right.
 */
export async function applyPlans(plans: readonly AccountPlan[], options: ApplyOptions): Promise<Applied[]> {
  const applied = await Promise.all(plans.map((plan) => applyAccount(plan, options)));
  return applied.flat();
}

/** Whether there is something for `applyPlans` to do. */
export function hasWork(plans: readonly AccountPlan[]): boolean {
  return plans.some(({ keys }) => keys.some(({ actions }) => !actions.every(isNothing)));
}

function isNothing({ doing }: Action): boolean {
  return doing.type === 'nothing';
}

async function applyAccount(plan: AccountPlan, options: ApplyOptions): Promise<Applied[]> {
  const { opened, keys } = plan;
  if (opened === null) return [];
  const all: Applied[] = [];
  for (const key of keys) {
    for (const one of await applyKey(key, plan, opened, options)) {
      all.push(one);
      options.onApplied(one);
    }
    // A ledger that another program holds must not undo what was done.
    if (key.entry !== null) await rememberSchedule(key.entry, opened).catch(() => undefined);
  }
  return all;
}

async function applyKey(
  key: KeyPlan,
  plan: AccountPlan,
  opened: OpenAccount,
  options: ApplyOptions,
): Promise<Applied[]> {
  const { entry } = key;
  if (entry === null || key.actions.every(isNothing)) {
    return key.actions.map((action) => result(key, action, 'reported', action.why));
  }
  const resource = `apply ${accountText(opened.account)} ${key.name}`;
  try {
    return await withLease(resource, opened.means, () => applyAgain(key, plan, opened, options), {
      waitMs: OTHER_APPLY_MS,
    });
  } catch (error) {
    return key.actions.map((action) => failed(key, action, error));
  }
}

/** Computes the actions again, and does those that were shown. */
async function applyAgain(
  key: KeyPlan,
  { listed }: AccountPlan,
  opened: OpenAccount,
  { file, shown, now, replace, skip }: ApplyOptions,
): Promise<Applied[]> {
  const { entry } = key;
  if (entry === null) return [];
  const allowed = shown.get(keyText(key.account, key.name)) ?? new Set();
  const at = { now: now(), every_ms: file.every_ms, skip };
  const planned = planWithRolls(await keyFacts(entry, opened, { listed }, at), opened).actions;
  const texts = new Set(planned.map(actionText));
  const gone = key.actions.filter((action) => !isNothing(action) && !texts.has(actionText(action)));
  const all = gone.map((action) =>
    result(key, action, 'unneeded', 'another program has done it, or it is not needed any more'),
  );
  let known = listed;
  for (const action of planned) {
    if (isNothing(action)) {
      all.push(result(key, action, 'reported', action.why));
      continue;
    }
    if (!allowed.has(actionText(action))) {
      all.push(result(key, action, 'skipped', NOT_SHOWN));
      continue;
    }
    const one = await applyOne(key, action, opened, { listed: known, at, replace, skip });
    all.push(one);
    // What follows builds on it.
    if (one.result !== 'done') break;
    // The vendor's record is read again: a successor must have what the key has now.
    if (action.doing.type === 'update') known = known.filter(({ id }) => id !== action.id);
  }
  const isResumed = all.some(
    ({ action, result: became }) =>
      action.doing.type === 'resume' && action.kind !== 'revoke' && became === 'done',
  );
  return isResumed ? [...all, ...(await unseen(key, all, opened, { listed: known, at }))] : all;
}

/**
 * What a key still needs after its operation was finished: the file may have changed since that began. It is
 * left to the next apply, because nobody has seen it in a plan.
 */
async function unseen(
  key: KeyPlan,
  done: readonly Applied[],
  opened: OpenAccount,
  { listed, at }: { readonly listed: AccountPlan['listed']; readonly at: At },
): Promise<Applied[]> {
  if (key.entry === null) return [];
  const facts = await keyFacts(key.entry, opened, { listed }, at);
  const told = new Set(done.map(({ action }) => actionText(action)));
  return planWithRolls(facts, opened)
    .actions.filter((action) => !isNothing(action) && !told.has(actionText(action)))
    .map((action) => result(key, action, 'skipped', NOT_SHOWN));
}

const NOT_SHOWN = 'this was not in the plan that was shown';

async function applyOne(
  key: KeyPlan,
  action: Action,
  opened: OpenAccount,
  { listed, at, ...choices }: { listed: AccountPlan['listed']; at: At } & ActionChoices,
): Promise<Applied> {
  try {
    if (key.entry === null) return result(key, action, 'reported', action.why);
    // An action before this one may have changed the key.
    const facts = await keyFacts(key.entry, opened, { listed }, at);
    const outcome = await doAction(action.doing, facts, opened, choices);
    if (outcome === null || isFinished(outcome)) return { ...result(key, action, 'done', null), outcome };
    return { ...result(key, action, 'pending', reasonOf(outcome)), outcome };
  } catch (error) {
    return failed(key, action, error);
  }
}

/** Why an operation is not finished. */
function reasonOf({ pending, waiting, unproven, dropped }: Outcome): string {
  return [
    ...pending.map(({ label, reason }) => `not delivered to ${label}: ${reason}`),
    ...(waiting === null ? [] : [waiting]),
    ...unproven.map(({ id, name }) => `a new key may be of this operation: ${id} (${name})`),
    ...(dropped === null ? [] : [dropped]),
  ].join('; ');
}

function result(
  { account, name }: KeyPlan,
  action: Action,
  outcome: ActionResult,
  message: string | null,
): Applied {
  return { account, name, action, result: outcome, message, error: null, outcome: null };
}

function failed(key: KeyPlan, action: Action, thrown: unknown): Applied {
  const error = keysErrorOf(thrown);
  const pending = error.code === 'pending';
  const message = inFileWords(error.wording.message);
  return { ...result(key, action, pending ? 'pending' : 'failed', message), error };
}
