/** Keys that a message names; the rest are counted. */
const MOST_NAMED = 20;

/** Such as `web (key_1), shop (key_2) and 3 more`. */
export function namedKeys(keys: ReadonlyArray<{ readonly id: string; readonly name: string }>): string {
  const named = keys.slice(0, MOST_NAMED).map(({ id, name }) => `${name} (${id})`);
  const more = keys.length > MOST_NAMED ? ` and ${keys.length - MOST_NAMED} more` : '';
  return `${named.join(', ')}${more}`;
}
