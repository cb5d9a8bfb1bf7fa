import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = join(import.meta.dirname, '../..');

interface Packages {
  [path: string]: { os?: string[]; cpu?: string[]; libc?: string[] };
}

/** Runs `npm run check:lock` on a copy of the manifest and the lock file, one of them changed. */
async function checkLock(file?: string, change: (json: ReturnType<typeof JSON.parse>) => void = () => {}) {
  const folder = temporaryFolder();
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(join(ROOT, name), join(folder, name));
  if (file !== undefined) {
    const json = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    change(json);
    writeFileSync(join(folder, file), JSON.stringify(json));
  }
  // npm needs the registry only to say which version is missing.
  // It looks once a week for a newer npm, and says so on stderr.
  const env = { npm_config_offline: 'true', npm_config_update_notifier: 'false' };
  return await execa('npm', ['run', '--silent', 'check:lock'], { cwd: folder, env, reject: false });
}

function packagesOf(lock: string): Packages {
  return JSON.parse(readFileSync(join(ROOT, lock), 'utf8')).packages;
}

it('is what `npm ci` accepts, without the registry', async () => {
  const { exitCode, stderr } = await checkLock();
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});

it('is rejected when the manifest asks for another version', async () => {
  const { exitCode } = await checkLock('package.json', (manifest) => {
    manifest.dependencies.chalk = '^4.0.0';
  });
  expect(exitCode).toBe(1);
});

it('is rejected when it lacks the binary of another platform', async () => {
  const { exitCode, stderr } = await checkLock('package-lock.json', (lock) => {
    delete lock.packages['node_modules/@biomejs/cli-darwin-arm64'];
  });
  expect(stderr).toContain('Missing: @biomejs/cli-darwin-arm64');
  expect(exitCode).toBe(1);
});

it.each([
  ['linux', 'x64', 'glibc'],
  ['linux', 'x64', 'musl'],
  ['linux', 'arm64', 'glibc'],
  ['linux', 'arm64', 'musl'],
  ['darwin', 'x64', undefined],
  ['darwin', 'arm64', undefined],
  ['win32', 'x64', undefined],
])('holds the binaries of %s %s %s', (os, cpu, libc) => {
  const packages = packagesOf('package-lock.json');
  for (const scope of ['@biomejs', '@napi-rs', '@oxc-parser', '@rolldown']) {
    const found = Object.entries(packages).filter(
      ([path, entry]) =>
        path.startsWith(`node_modules/${scope}/`) &&
        entry.os?.includes(os) &&
        entry.cpu?.includes(cpu) &&
        (libc === undefined || entry.libc?.includes(libc)),
    );
    expect(found, scope).not.toEqual([]);
  }
});
