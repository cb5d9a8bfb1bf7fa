import { resolve } from 'node:path';
import { KeysError } from '../domain/errors.js';
import { actionText } from '../lifecycle/as-code/action.js';
import { keyText, type ShownActions } from '../lifecycle/as-code/apply.js';
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
    const read: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (isPlan(read)) return read;
  } catch {
    // The error below says what is wrong.
  }
  throw new KeysError('usage', `${path} is no plan that keys plan --out wrote`);
}

function isPlan(value: unknown): value is PlanDocument {
  if (typeof value !== 'object' || value === null) return false;
  const { keys_plan, file, digest, actions } = value as Partial<Record<keyof PlanDocument, unknown>>;
  return keys_plan === 1 && typeof file === 'string' && typeof digest === 'string' && Array.isArray(actions);
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
