import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Installing asks the registry for what the package depends on. */
const online =
  execaSync('npm', ['view', 'commander', 'version', '--fetch-retries=0', '--fetch-timeout=10000'], {
    reject: false,
    timeout: 30_000,
    shell: process.platform === 'win32',
  }).exitCode === 0;

it.skipIf(!online)(
  'is a package that works when it is installed into an empty place, with nothing but what runs in it',
  async () => {
    const { stdout, exitCode } = await execa(
      'node',
      [join(import.meta.dirname, 'try-package.mjs'), '--one'],
      { reject: false, timeout: 240_000 },
    );
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain('all of it works');
  },
  250_000,
);

it('has the licence of each package that the bundle holds, with its text', () => {
  const notices = readFileSync(join(ROOT, 'dist/THIRD-PARTY-LICENSES'), 'utf8');
  for (const name of ['commander', 'undici', 'zod', 'pg-types', '@inquirer/core']) {
    const { version, license } = JSON.parse(
      readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'),
    ) as { version: string; license: string };
    expect(notices).toContain(`\n${name} ${version} (${license})\n`);
  }
  expect(notices.split('Permission is hereby granted').length).toBeGreaterThan(50);
});
