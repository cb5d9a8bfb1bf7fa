import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withFileLock } from '../../src/storage/file-lock.js';
import { readWhole } from '../../src/storage/files/read-file.js';
import { appendToFile, changeFile, createFile, replaceFile, tryWrite } from '../../src/storage/files.js';
import { codeOf } from '../contract/key-service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const isRoot = process.getuid?.() === 0;
const to = (text: string) => () => Buffer.from(text);
const change = (path: string, text: string, secret = true) =>
  changeFile(path, { maxBytes: 1_000_000, secret }, to(text));
const modeOf = (path: string) => statSync(path).mode & 0o7777;

describe('reading', () => {
  it('refuses what is no regular file or too large, and waits for nobody', async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, 'pipe');
    execaSync('mkfifo', [pipe]);
    writeFileSync(join(folder, 'large'), 'x'.repeat(11));
    symlinkSync('/dev/zero', join(folder, 'link'));
    for (const path of [pipe, folder, '/dev/zero', join(folder, 'link'), join(folder, 'large')]) {
      expect(await codeOf((async () => readWhole(path, 10))()), path).toBe('refused');
    }
    expect(readWhole(join(folder, 'none'), 10)).toBeNull();
    expect(readWhole('/proc/self/status', 100_000)?.length).toBeGreaterThan(0);
  });
});

describe('writing', () => {
  it('creates for the owner alone, and keeps mode and link of what is there', async () => {
    const folder = temporaryFolder();
    const [fresh, shared, link] = ['fresh', 'shared', 'link'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(shared, 'old');
    chmodSync(shared, 0o640);
    symlinkSync('shared', link);
    await change(fresh, 'new');
    await change(link, 'new');
    expect([modeOf(fresh), modeOf(shared)]).toEqual([0o600, 0o640]);
    expect([readFileSync(shared, 'utf8'), lstatSync(link).isSymbolicLink()]).toEqual(['new', true]);
    expect(readdirSync(folder).toSorted()).toEqual(['fresh', 'link', 'shared']);
  });

  it('takes the rights of everybody from a file of secrets, and from no other', async () => {
    const folder = temporaryFolder();
    const paths = ['secret', 'plain'].map((name) => join(folder, name));
    for (const path of paths) {
      writeFileSync(path, 'old');
      chmodSync(path, 0o644);
    }
    const [secret = '', plain = ''] = paths;
    expect(tryWrite(secret, 10)).toEqual({ readableByOthers: true });
    await change(secret, 'new');
    await change(plain, 'new', false);
    expect([modeOf(secret), modeOf(plain)]).toEqual([0o600, 0o644]);
  });

  it('creates the file that a link leads to where it is missing, and never replaces the link', async () => {
    const folder = temporaryFolder();
    const [link, target] = [join(folder, 'link'), join(folder, 'later')];
    symlinkSync('later', link);
    await change(link, 'new');
    expect([lstatSync(link).isSymbolicLink(), readFileSync(target, 'utf8')]).toEqual([true, 'new']);
  });

  it('refuses pipes, devices and folders as targets', async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, 'pipe');
    execaSync('mkfifo', [pipe]);
    for (const path of [pipe, folder, '/dev/null', '/dev/full']) {
      expect(await codeOf(change(path, 'x')), path).toBe('refused');
      expect(await codeOf((async () => tryWrite(path, 1))()), path).toBe('refused');
      expect(await codeOf((async () => appendToFile(path, 'x'))()), path).toBe('refused');
    }
  });

  it('creates a file once: a second writer changes nothing', async () => {
    const path = join(temporaryFolder(), 'once');
    const made = await Promise.all(['a', 'b', 'c', 'd'].map((text) => createFile(path, text)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toMatch(/^[abcd]$/);
    expect(await createFile(path, 'later')).toBe(false);
  });

  it('appends on a line of its own, and follows no link of another user to a foreign file', async () => {
    const folder = temporaryFolder();
    const [path, trap] = [join(folder, 'file'), join(folder, 'trap')];
    writeFileSync(path, 'A=1');
    appendToFile(path, 'B=2\n');
    appendToFile(path, 'C=3\n');
    expect(readFileSync(path, 'utf8')).toBe('A=1\nB=2\nC=3\n');
    if (!isRoot) return;
    symlinkSync('file', trap);
    execaSync('chown', ['-h', '65534', trap]);
    expect(await codeOf((async () => appendToFile(trap, 'D=4\n'))())).toBe('refused');
  });

  it('leaves a hard link of the old file as it was', async () => {
    const folder = temporaryFolder();
    const [path, other] = [join(folder, 'file'), join(folder, 'other')];
    writeFileSync(path, 'old');
    linkSync(path, other);
    await change(path, 'new');
    expect([readFileSync(path, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['new', 'old']);
  });

  it('removes the drafts that killed programs left', async () => {
    const folder = temporaryFolder();
    const path = join(folder, '.env');
    writeFileSync(`${path}.0123456789ab.keys-new`, 'sk_live_fake');
    writeFileSync(`${path}.mine.keys-new`, 'not ours');
    await change(path, 'new');
    expect(readdirSync(folder).toSorted()).toEqual(['.env', '.env.mine.keys-new']);
  });

  it.runIf(isRoot)('keeps the owner, and follows no link of another user to a foreign file', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'theirs');
    writeFileSync(path, 'old');
    chownSync(path, 65534, 65534);
    await change(path, 'new');
    expect([statSync(path).uid, statSync(path).gid]).toEqual([65534, 65534]);
    const [ours, trap] = [join(folder, 'ours'), join(folder, 'trap')];
    writeFileSync(ours, 'of root');
    symlinkSync('ours', trap);
    execaSync('chown', ['-h', '65534', trap]);
    expect(await codeOf(change(trap, 'new'))).toBe('refused');
    expect(readFileSync(ours, 'utf8')).toBe('of root');
  });
});

describe('the lock', () => {
  it('lets one program in at a time, whatever killed programs left behind', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    const ended = execaSync('sh', ['-c', 'echo $$']).stdout;
    const host = Buffer.from(execaSync('hostname').stdout).toString('hex').slice(0, 24);
    writeFileSync(`${path}.keys-lock.0000000000.${host}.${ended}.00000000`, '');
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 12 }, () =>
        withFileLock(path, async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside--;
        }),
      ),
    );
    expect([most, inside, readdirSync(folder)]).toEqual([1, 0, []]);
  });

  it('counts right in eight processes that change one file', async () => {
    const path = join(temporaryFolder(), 'count');
    const program = `
      import { changeFile } from ${JSON.stringify(new URL('../../dist/storage/files.js', import.meta.url).href)};
      for (let i = 0; i < 5; i++)
        await changeFile(${JSON.stringify(path)}, { maxBytes: 99 }, (text) => Buffer.from(String(Number(text ?? 0) + 1)));`;
    await Promise.all(
      Array.from({ length: 8 }, () => execa(process.execPath, ['--input-type=module', '-e', program])),
    );
    expect(readFileSync(path, 'utf8')).toBe('40');
  });
});

/** Runs one change of a file in a process of its own and returns its exit code: 3 is a foreseen failure. */
async function changeIn(path: string, before: readonly string[], size = 20): Promise<number> {
  const program = `
    import { changeFile } from ${JSON.stringify(new URL('../../dist/storage/files.js', import.meta.url).href)};
    const done = changeFile(${JSON.stringify(path)}, { maxBytes: 1e7, secret: true }, () => Buffer.alloc(${size}, 'n'));
    await done.catch((error) => process.exit(error.code === 'refused' || error.code === 'disk_full' ? 3 : 4));`;
  const [command = '', ...args] = [...before, process.execPath, '--input-type=module', '-e', program];
  return (await execa(command, args, { reject: false })).exitCode ?? -1;
}

describe('failures of the system', () => {
  const strace = execaSync('strace', ['-V'], { reject: false }).exitCode === 0;

  it.runIf(strace)(
    'at each call leave the old file or the new one, and say which',
    async () => {
      const folder = temporaryFolder();
      const path = join(folder, 'file');
      const [NEW, KILLED] = ['n'.repeat(20), -1];
      const outcomes: ReadonlyArray<readonly [string, number, string]> = [
        ['fsync:error=EIO:when=1', 3, 'old'],
        ['rename:error=EIO:when=1', 3, 'old'],
        ['fchmod:error=EIO:when=1', 3, 'old'],
        // Only root gives a file away; others own it already.
        ['fchown:error=EPERM:when=1', isRoot ? 3 : 0, isRoot ? 'old' : NEW],
        ['fsync:error=ENOSPC:when=1', 3, 'old'],
        // The folder's own, after the file was replaced.
        ['fsync:error=EIO:when=2', 3, NEW],
        ['unlink:error=EIO:when=1+', 0, NEW],
        ['rename:signal=KILL:when=1', KILLED, 'old'],
        ['fsync:signal=KILL:when=1', KILLED, 'old'],
        ['fsync:signal=KILL:when=2', KILLED, NEW],
      ];
      for (const [fault, code, content] of outcomes) {
        writeFileSync(path, 'old');
        if (isRoot) chownSync(path, 65534, 65534);
        const inject = ['-f', '-qq', '-o', '/dev/null', '-e', `inject=${fault}`];
        expect([fault, await changeIn(path, ['strace', ...inject]), readFileSync(path, 'utf8')]).toEqual([
          fault,
          code,
          content,
        ]);
      }
      // What the killed ones left is gone after the next change.
      await change(path, 'last');
      expect(readdirSync(folder)).toEqual(['file']);
    },
    120_000,
  );

  it.runIf(strace)('of hard links are no failure: a file is created once all the same', async () => {
    const path = join(temporaryFolder(), 'once');
    const program = `
      import { createFile } from ${JSON.stringify(new URL('../../dist/storage/files.js', import.meta.url).href)};
      const made = [await createFile(${JSON.stringify(path)}, 'a'), await createFile(${JSON.stringify(path)}, 'b')];
      process.exit(made[0] && !made[1] ? 0 : 1);`;
    const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=link,linkat:error=EPERM'];
    await execa('strace', [...inject, process.execPath, '--input-type=module', '-e', program]);
    expect([readFileSync(path, 'utf8'), readdirSync(join(path, '..'))]).toEqual(['a', ['once']]);
  });

  it('of a limit on file sizes leave the old file', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, 'old');
    const code = await changeIn(path, ['sh', '-c', 'ulimit -f 8; exec "$@"', 'sh'], 100_000);
    expect([code, readFileSync(path, 'utf8')]).toEqual([3, 'old']);
  });

  it.runIf(isRoot)('of a full disk leave no part of what is appended', async ({ skip }) => {
    const folder = mounted(['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs']) ?? skip('cannot mount a tmpfs');
    const path = join(folder, 'file');
    writeFileSync(path, 'A=1\n');
    expect(await codeOf((async () => appendToFile(path, 'x'.repeat(100_000)))())).toBe('disk_full');
    expect(readFileSync(path, 'utf8')).toBe('A=1\n');
  });

  it.runIf(isRoot)('of a full disk leave the old file', async ({ skip }) => {
    const folder = mounted(['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs']) ?? skip('cannot mount a tmpfs');
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    expect(await codeOf((async () => replaceFile(path, 'x'.repeat(100_000)))())).toBe('disk_full');
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['old', ['file']]);
  });

  it.runIf(isRoot).for(['umask=077', 'umask=022'])(
    'do not come from a file system without links and modes (FAT, %s)',
    async (mask, { skip }) => {
      const image = join(temporaryFolder(), 'image');
      execaSync('truncate', ['-s', '4M', image]);
      if (execaSync('mkfs.vfat', [image], { reject: false }).exitCode !== 0)
        skip('dosfstools is not installed');
      const folder = mounted(['-o', `loop,${mask}`, image]) ?? skip('cannot mount a FAT image');
      const path = join(folder, 'file');
      if (mask === 'umask=022') {
        expect(await codeOf(change(path, 'new'))).toBe('refused');
        return;
      }
      await change(path, 'one');
      await change(path, 'two');
      expect([
        await createFile(join(folder, 'once'), 'a'),
        await createFile(join(folder, 'once'), 'b'),
      ]).toEqual([true, false]);
      expect([readFileSync(path, 'utf8'), readdirSync(folder).toSorted()]).toEqual(['two', ['file', 'once']]);
    },
  );
});

/** A mounted folder; null where mounting is not allowed. */
function mounted(what: readonly string[]): string | null {
  const folder = join(temporaryFolder(), 'mounted');
  mkdirSync(folder);
  if (execaSync('mount', [...what, folder], { reject: false }).exitCode !== 0) return null;
  onTestFinished(() => void execaSync('umount', [folder]));
  return folder;
}
