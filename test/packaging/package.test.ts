import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

it('is a package that works when it is installed into an empty place, with nothing but what runs in it', async () => {
  const { stdout, exitCode } = await execa('node', [join(import.meta.dirname, 'try-package.mjs'), '--one'], {
    reject: false,
    timeout: 240_000,
    // A package manager above would tell the one below what it was asked itself.
    env: Object.fromEntries(
      Object.keys(process.env)
        .filter((name) => name.startsWith('npm_'))
        .map((name) => [name, undefined]),
    ),
  });
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toContain('all of it works');
}, 250_000);
