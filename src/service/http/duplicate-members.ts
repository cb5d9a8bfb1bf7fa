/**
 * The first member that comes twice in an object of a JSON text, or null. Parsers differ in which of the two
 * counts, so what one before us has judged would not be what we do. The text must be JSON.
 */
export function duplicateMember(json: string): string | null {
  const objects: Array<Set<string> | null> = [];
  let expectsName = false;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (token === '{' || token === '[') objects.push(token === '{' ? new Set() : null);
    if (token === '}' || token === ']') objects.pop();
    const names = objects.at(-1);
    if (token.startsWith('"') && expectsName && names) {
      const name = JSON.parse(token) as string;
      if (names.has(name)) return name;
      names.add(name);
    }
    expectsName = token === '{' || (token === ',' && Boolean(names));
  }
  return null;
}
