/** Member of a key's metadata by which a key of ours is known again. */
export const MARK = 'keys_operation';

/**
 * Whether two values of a right mean the same: members have no order, lists are sets, and what is absent is null or empty. The mark
 * of an operation in the metadata does not count.
 */
export function isSameRight(a: unknown, b: unknown): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 0 ? null : value.map((one) => JSON.stringify(canonical(one))).sort();
  if (typeof value !== 'object' || value === null) return value ?? null;
  const members = Object.entries(value)
    .filter(([name]) => name !== MARK)
    .map(([name, member]) => [name, canonical(member)] as const)
    .filter(([, member]) => member !== null)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return members.length === 0 ? null : members;
}
