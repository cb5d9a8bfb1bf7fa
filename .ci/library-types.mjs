import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const IMPORTED = /(?:from |import\()["'](\.[^"']+)\.js["']/g;

/**
 * For the build: beside the library, the compiler's types of it, and of what these name in turn; the rest of the program's are
 * nobody's to import. `compiled` is the folder with the compiler's output.
 */
export function libraryTypes(compiled) {
  return {
    name: 'library-types',
    generateBundle() {
      const found = new Set([join(compiled, 'library.d.ts')]);
      for (const path of found) {
        const source = readFileSync(path, 'utf8');
        for (const [, specifier] of source.matchAll(IMPORTED))
          found.add(join(dirname(path), `${specifier}.d.ts`));
        this.emitFile({ type: 'asset', fileName: relative(compiled, path), source });
      }
    },
  };
}
