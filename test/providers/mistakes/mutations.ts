import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ACME = readFileSync(new URL('acme.mjs', import.meta.url), 'utf8');

/** A text of the definition, and what stands in its place. */
export type Change = readonly [find: string, put: string];

/** Node loads a file once: each mistake is in a file of its own. */
let files = 0;

/**
 * Writes the definition of Acme with these changes. Returns its path. Throws for a text that is not in it.
 */
export function acmeWith(folder: string, changes: readonly Change[]): string {
  let source = ACME;
  for (const [find, put] of changes) {
    if (!source.includes(find)) throw new Error(`acme.mjs has no ${find}`);
    source = source.replace(find, () => put);
  }
  files += 1;
  const path = join(folder, `acme-${files}.mjs`);
  writeFileSync(path, source, { mode: 0o600 });
  return path;
}

/** Writes the definition of Acme as an object `d` that a statement has changed. Returns its path. */
export function acmeChangedBy(folder: string, statement: string): string {
  return acmeWith(folder, [
    ['export default provider({', 'const d = {'],
    ['\n});\n', `\n};\n${statement};\nexport default provider(d);\n`],
  ]);
}
