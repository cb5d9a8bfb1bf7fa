import { readdirSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';

/** For the build: of a folder of its output, what an earlier build left there is removed, so that it is not packed. */
export function dropStale(folder = '') {
  return {
    name: 'drop-stale',
    writeBundle({ dir }, bundle) {
      const made = new Set(Object.keys(bundle));
      for (const entry of readdirSync(join(dir, folder), { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        if (!made.has(path.slice(dir.length + 1).replaceAll(sep, '/'))) rmSync(path);
      }
    },
  };
}
