/** The first name that comes twice among these pairs; undefined: none does. */
export function repeatedName(
  pairs: ReadonlyArray<readonly [name: string, value: string]>,
): string | undefined {
  const seen = new Set<string>();
  for (const [name] of pairs) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
