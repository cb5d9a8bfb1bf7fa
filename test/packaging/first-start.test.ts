import { copyFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = join(import.meta.dirname, '../..');

/**
 * The checkout's tracked files, or those of them that are named, with the installed dependencies and nothing
 * built.
 */
async function freshCheckout(...sources: readonly string[]): Promise<string> {
  const folder = join(temporaryFolder(), 'checkout');
  const { stdout } = await execa(
    'git',
    ['ls-files', '-z', ...(sources.length > 0 ? sources : ['src']), '.ci', 'bin', '*.json', '*.config.js'],
    {
      cwd: ROOT,
    },
  );
  for (const name of stdout.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(join(ROOT, name), join(folder, name));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  // Older than what npm has installed.
  utimesSync(join(folder, 'package-lock.json'), 0, 0);
  return folder;
}

const environment = (home: string) => ({ PATH: process.env['PATH'] ?? '', HOME: home });

it('says that it builds, then prints the key and nothing of the tools', async () => {
  const folder = await freshCheckout();
  const home = temporaryFolder();
  const run = () =>
    execa('npm', ['start', '--silent', '--', 'create', '--name', 'my-first-key', '--raw'], {
      cwd: folder,
      env: environment(home),
      extendEnv: false,
      reject: false,
    });
  const first = await run();
  expect(first.stderr.split('\n').filter((line) => !line.startsWith('these are keys for'))).toEqual([
    'building',
  ]);
  expect(first.stdout).toMatch(/^sk_live_\w+$/);
  expect(first.exitCode).toBe(0);
  expect((await run()).stderr).not.toContain('building');
}, 400_000);

it('shows the output of a build that fails', async () => {
  // The compiler fails at this file alone, and need not read the others first.
  const folder = await freshCheckout('src/tsconfig.json', 'src/main.ts');
  writeFileSync(join(folder, 'src/main.ts'), 'const broken: number = "text";\n');
  const { stderr, exitCode } = await execa('node', ['.ci/prepare.mjs'], { cwd: folder, reject: false });
  expect(stderr).toContain('src/main.ts(1,7): error TS2322');
  expect(stderr).toContain('failed: npm run --silent build');
  expect(exitCode).toBe(1);
}, 400_000);
