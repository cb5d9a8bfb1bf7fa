import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import { clauses, joined, setting, words } from '../../domain/words.js';

/**
 * Groups keys by the settings (`--set`) that their rolls need: those of the call, and from each key's account
 * those that the call leaves open. A key whose account contradicts the call stays with the call's:
 * `requireSameSettings` refuses it.
 */
export function bySettings<One extends { readonly managed: Pick<ManagedKey, 'account'> | null }>(
  keys: readonly One[],
  said: Readonly<Record<string, string>>,
): ReadonlyArray<{ readonly set: Readonly<Record<string, string>>; readonly keys: readonly One[] }> {
  const groups = new Map<string, { readonly set: Readonly<Record<string, string>>; readonly keys: One[] }>();
  for (const key of keys) {
    const set = { ...key.managed?.account.context, ...said };
    const id = JSON.stringify(Object.entries(set).sort());
    const group = groups.get(id) ?? { set, keys: [] };
    groups.set(id, { ...group, keys: [...group.keys, key] });
  }
  return [...groups.values()];
}

/**
 * Throws `missing_answer` if a key belongs to an account whose settings (`--set`) this call does not have.
 */
export function requireSameSettings(
  { account, name }: Pick<ManagedKey, 'account' | 'name'>,
  set: Readonly<Record<string, string>>,
): void {
  const other = Object.entries(account.context).filter(([field, value]) => set[field] !== value);
  if (other.length === 0) return;
  const said = joined(
    other.map(([field, value]) => words`${setting(field, value)}`),
    ' ',
  );
  throw new KeysError('missing_answer', words`${name} was created with ${said}`, {
    hint: clauses(words`say it again: ${said}`, 'nothing was changed'),
  });
}
