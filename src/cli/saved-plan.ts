import { resolve } from 'node:path';
import { KeysError } from '../domain/errors.js';
import { actionText } from '../lifecycle/as-code/action.js';
import { keyText, type ShownActions } from '../lifecycle/as-code/apply.js';
import { isRecordAt, isTextAt, requireMember, wrongIn } from '../storage/stored-member.js';
import { readUserFile } from '../storage/user-files.js';
import type { Context } from './context.js';
import type { PlanDocument } from './show/show-plan.js';

/** Most bytes of a saved plan. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Returns a plan that `keys plan --out` wrote; null for a `keys.yaml`. Throws `usage` for a file that is
 * neither.
 */
export async function readSavedPlan(path: string, context: Context): Promise<PlanDocument | null> {
  if (!path.endsWith('.json')) return null;
  const bytes = await readUserFile(resolve(context.process.directory, path), MOST_BYTES);
  try {
    return checkPlan(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new KeysError('usage', `${path} is no plan that keys plan --out wrote${wrongIn(error)}`, {
      hint: 'make it again: keys plan --out FILE.json',
    });
  }
}

/** Each member that an apply reads. */
function checkPlan(value: unknown): PlanDocument {
  const { keys_plan, file, digest, actions } = isRecordAt('the whole', value);
  requireMember(keys_plan === 1, 'keys_plan', '1');
  isTextAt('file', file);
  isTextAt('digest', digest);
  requireMember(Array.isArray(actions), 'actions', 'a list');
  for (const [at, action] of (actions as unknown[]).entries()) {
    const { about, ...told } = isRecordAt(`actions[${at}]`, action);
    for (const name of ['action', 'account', 'key'] as const) isTextAt(`actions[${at}].${name}`, told[name]);
    const areTexts = Array.isArray(about) && about.every((one) => typeof one === 'string');
    requireMember(areTexts, `actions[${at}].about`, 'a list of texts');
  }
  return value as PlanDocument;
}

/** The actions of a saved plan: an apply of it does nothing else. */
export function shownBy({ actions }: PlanDocument): ShownActions {
  const shown = new Map<string, Set<string>>();
  for (const { account, key, action, about } of actions) {
    const of = keyText(account, key);
    shown.set(of, (shown.get(of) ?? new Set()).add(actionText({ kind: action, about })));
  }
  return shown;
}
