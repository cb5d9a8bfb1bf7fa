import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
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

describe('under a Node that keeps none by itself', () => {
  /** Writes for each file of the program that is loaded whether its compiled code was found and taken. */
  const RECORD = `
    delete require('node:module').enableCompileCache;
    const vm = require('node:vm');
    const { appendFileSync } = require('node:fs');
    const { Script } = vm;
    vm.Script = class extends Script {
      constructor(source, options) {
        super(source, options);
        const taken = options.cachedData !== undefined && !this.cachedDataRejected;
        appendFileSync(process.env.TOLD, JSON.stringify([options.filename, taken]) + '\\n');
      }
    };`;

  /** What the program prints, and what it loaded: true for a file whose compiled code was taken. */
  async function run(...args: string[]): Promise<{ stdout: string; loaded: Record<string, boolean> }> {
    return await runWith({}, ...args);
  }

  async function runWith(env: Readonly<Record<string, string>>, ...args: string[]) {
    const told = join(temporaryFolder(), 'told');
    const preload = join(home, 'preload.cjs');
    writeFileSync(preload, RECORD);
    writeFileSync(told, '');
    const { stdout } = await execa(process.execPath, ['--require', preload, '--', BIN, ...args], {
      env: { PATH: process.env['PATH'] ?? '', HOME: home, TOLD: told, ...env },
      extendEnv: false,
      cwd: home,
    });
    const lines = readFileSync(told, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return { stdout, loaded: Object.fromEntries(lines.map((line) => JSON.parse(line))) };
  }

  /** The files that are kept. */
  function kept(): string[] {
    const folder = join(home, '.cache/keys');
    return readdirSync(folder).flatMap((name) =>
      readdirSync(join(folder, name)).map((file) => join(folder, name, file)),
    );
  }

  const all = (loaded: Record<string, boolean>) => [...new Set(Object.values(loaded))];

  it('is taken by the next call, and no other user can read it', async () => {
    const first = await run('create', '--help');
    expect(all(first.loaded)).toEqual([false]);
    const second = await run('create', '--help');
    expect(all(second.loaded)).toEqual([true]);
    expect(second.stdout).toBe(first.stdout);
    expect(kept()).toHaveLength(Object.keys(first.loaded).length);
    for (const file of kept()) expect([mode(file), mode(join(file, '..'))]).toEqual([0o600, 0o700]);
  });

  it('is kept of the files of the program alone', async () => {
    const { loaded } = await run('list', '--json');
    const dist = join(BIN, '../../dist/');
    expect(Object.keys(loaded).filter((file) => !file.startsWith(dist))).toEqual([]);
  });

  it("is no hindrance to a provider file of the user's", async () => {
    await run('provider', 'new', 'acme');
    await run('provider', 'add', join(home, 'acme.mjs'));
    const [first, second] = [await run('provider', 'show', 'acme'), await run('provider', 'show', 'acme')];
    expect(second.stdout).toBe(first.stdout);
    expect(all(second.loaded)).toEqual([true]);
  });

  it('is not kept if the user has turned that off', async () => {
    const { loaded } = await runWith({ NODE_DISABLE_COMPILE_CACHE: '1' }, '--help');
    expect([loaded, kept()]).toEqual([{}, []]);
  });

  it('is compiled again where a byte of it has changed, or it is cut', async () => {
    const { stdout } = await run('--help');
    for (const damage of [
      (bytes: Buffer) => bytes.fill(0xff, bytes.length - 100, bytes.length - 99),
      (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
      (bytes: Buffer) => bytes.subarray(0, 3),
    ]) {
      for (const file of kept()) writeFileSync(file, damage(readFileSync(file)));
      const damaged = await run('--help');
      expect(all(damaged.loaded)).toEqual([false]);
      expect(damaged.stdout).toBe(stdout);
      expect(all((await run('--help')).loaded)).toEqual([true]);
    }
  });

  it('is compiled again where it is that of another source', async () => {
    const { stdout } = await run('--help');
    const [one = '', other = ''] = kept();
    copyFileSync(one, other);
    const { loaded, stdout: again } = await run('--help');
    expect(Object.values(loaded).sort()).toEqual([false, true]);
    expect(again).toBe(stdout);
  });

  it('is whole after several calls at once', async () => {
    await Promise.all([run('--help'), run('--help'), run('--help')]);
    expect(all((await run('--help')).loaded)).toEqual([true]);
    expect(kept().filter((file) => !/cjs-[0-9a-f]+$/.test(file))).toEqual([]);
  });
});
