import { canonicalJson } from '../../domain/canonical-json.js';

/** Member of a key's metadata by which a key of ours is known again. */
export const OPERATION_MARK = 'keys_operation';

/**
 * Whether two values of a right mean the same: members have no order, lists are sets, and what is absent is
 * null or empty. The mark of an operation in the metadata does not count.
 */
export function isSameRight(a: unknown, b: unknown): boolean {
  return canonicalJson(meant(a)) === canonicalJson(meant(b));
}

/**
 * A value without what has no meaning for a right: the order of a list, empty members, and the mark. Null if
 * nothing is left.
 */
function meant(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 0 ? null : value.map((one) => canonicalJson(meant(one))).sort();
  if (typeof value !== 'object' || value === null) return value ?? null;
  const members = Object.entries(value)
    .filter(([name]) => name !== OPERATION_MARK)
    .map(([name, member]) => [name, meant(member)] as const)
    .filter(([, member]) => member !== null);
  return members.length === 0 ? null : Object.fromEntries(members);
}
