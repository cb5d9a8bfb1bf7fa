import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, it } from 'vitest';
import { BIN } from '../support/keys.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const OTHER_USER = 54_321;

let home: string;
beforeEach(() => {
  home = temporaryFolder();
});

/**
 * The folder in which Node is asked to keep the compiled program; null: none. A stand-in for Node's function
 * records it, because Node 20 has none.
 */
async function folderUsed(env: Readonly<Record<string, string>> = {}, standIn = ''): Promise<string | null> {
  const told = join(home, 'told');
  const preload = join(home, 'preload.cjs');
  const record = `require('node:module').enableCompileCache = (folder) => require('node:fs').writeFileSync(${JSON.stringify(told)}, folder);`;
  writeFileSync(preload, `${record}\n${standIn}`);
  await execa(process.execPath, ['--require', preload, '--', BIN, '--help'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env },
    extendEnv: false,
  });
  return existsSync(told) ? readFileSync(told, 'utf8') : null;
}

const mode = (path: string) => statSync(path).mode & 0o777;

it('is kept in a folder of the user alone', async () => {
  expect(await folderUsed()).toBe(join(home, '.cache/keys'));
  expect(mode(join(home, '.cache/keys'))).toBe(0o700);
});

it('is kept below XDG_CACHE_HOME, unless that is no whole path', async () => {
  expect(await folderUsed({ XDG_CACHE_HOME: join(home, 'cached') })).toBe(join(home, 'cached/keys'));
  expect(await folderUsed({ XDG_CACHE_HOME: 'cached' })).toBe(join(home, '.cache/keys'));
});

it.each([
  ['the folder', '.cache/keys'],
  ['a folder above it', '.cache'],
])('is kept nowhere if others may write to %s', async (_, open) => {
  mkdirSync(join(home, '.cache/keys'), { recursive: true, mode: 0o700 });
  for (const bits of [0o770, 0o777]) {
    chmodSync(join(home, open), bits);
    expect(await folderUsed()).toBeNull();
  }
});

it('is kept nowhere if a sticky folder lets others add files', async () => {
  mkdirSync(join(home, '.cache/keys'), { recursive: true, mode: 0o700 });
  chmodSync(join(home, '.cache/keys'), 0o1777);
  expect(await folderUsed()).toBeNull();
});

it('is kept nowhere if the folder is a link to one that others may write to', async () => {
  const shared = join(home, 'shared');
  mkdirSync(join(shared, 'keys'), { recursive: true });
  mkdirSync(join(home, '.cache'));
  symlinkSync(join(shared, 'keys'), join(home, '.cache/keys'));
  chmodSync(shared, 0o777);
  expect(await folderUsed()).toBeNull();
  chmodSync(shared, 0o700);
  expect(await folderUsed()).toBe(join(shared, 'keys'));
});

it("is kept nowhere in another user's folder", async () => {
  expect(await folderUsed({}, `process.getuid = () => ${OTHER_USER};`)).toBeNull();
});

it('is kept nowhere without a home folder, and the program works', async () => {
  writeFileSync(join(home, 'file'), '');
  expect(await folderUsed({ HOME: join(home, 'file') })).toBeNull();
});
