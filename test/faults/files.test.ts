import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, execaSync } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missing } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { noteFault } from './fault-table.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A file system, as a folder in it; null where there is none here. */
const FILE_SYSTEMS: Readonly<Record<string, () => string | null>> = {
  'the disk': () => temporaryFolder(),
  tmpfs: () => (existsSync('/dev/shm') ? folderIn('/dev/shm') : null),
  'no hard links': () => temporaryFolder(),
};

function folderIn(parent: string): string {
  const folder = mkdtempSync(join(parent, 'keys-faults-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Row {
  readonly name: string;
  readonly call: string;
  readonly faults: number;
  /** How often the writer failed and the old file was there, or the new one; and how often it succeeded. */
  readonly old: number;
  readonly fresh: number;
  readonly done: number;
  readonly wrong: readonly string[];
}

/** The writers of `files.ts` with a fault at each of their calls to the file system. */
describe.skipIf(missing('cc') || process.platform !== 'linux')('every writer of files', () => {
  it.each(Object.keys(FILE_SYSTEMS))(
    'leaves the old file or the new one whatever call fails, on %s',
    async (where) => {
      const parent = FILE_SYSTEMS[where]?.();
      if (parent == null) return;
      const library = join(temporaryFolder(), 'fault-calls.so');
      execaSync('cc', ['-shared', '-fPIC', '-o', library, here('fault-calls.c'), '-ldl']);
      for (const owner of isRoot ? [0, NOBODY] : [process.getuid?.() ?? 0]) {
        const folder = join(parent, `of-${owner}`);
        mkdirSync(folder);
        if (isRoot) chownSync(folder, owner, owner);
        const { stdout } = await execa(process.execPath, [here('fault-writers.mjs'), folder, String(owner)], {
          env: {
            LD_PRELOAD: library,
            ...(where === 'no hard links' ? { KEYS_FAULT_NO_LINKS: '1' } : {}),
          },
        });
        const rows = stdout.split('\n').map((line) => JSON.parse(line) as Row);
        for (const { name, call, wrong, ...counts } of rows) {
          const whose = owner === NOBODY ? `${where}, root in another's folder` : where;
          noteFault({ where: whose, what: name, point: call, facts: { ...counts, wrong: wrong.length } });
        }
        expect(rows.flatMap(({ name, wrong }) => wrong.map((one) => `${name}: ${one}`))).toEqual([]);
        // Each writer was tried, with each kind of call that it makes.
        expect(new Set(rows.map(({ name }) => name)).size).toBe(7);
        expect(rows.reduce((sum, { faults }) => sum + faults, 0)).toBeGreaterThan(300);
      }
    },
    300_000,
  );
});
