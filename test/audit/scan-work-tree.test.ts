import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKeyFinder } from '../../src/audit/repository/find-keys.js';
import type { FoundSecret, Skipped } from '../../src/audit/repository/found.js';
import { scanWorkTree, type WorkTreeOptions } from '../../src/audit/repository/scan-work-tree.js';
import { generateSecret } from '../../src/domain/secret-format.js';
import { FAKE_SECRETS } from '../support/fake-secrets.js';
import { GIT_ENV, gitRepository, writeIn } from '../support/git-repository.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const secret = generateSecret('sk_live_');
const utf16be = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();

async function scan(root: string, options: Partial<WorkTreeOptions> = {}) {
  const results: Array<FoundSecret | Skipped> = [];
  for await (const result of scanWorkTree(root, { find: createKeyFinder(), env: GIT_ENV, ...options })) {
    results.push(result);
  }
  expect(JSON.stringify(results)).not.toContain(secret.slice(8, -4));
  return results.map((result) =>
    result.kind === 'skipped'
      ? `${result.file}: ${result.reason}`
      : `${result.file}:${result.line}:${result.column}`,
  );
}

/** A folder's content that is the same in git and outside. */
function fill(write: (file: string, content: string | Buffer) => void) {
  write('.gitignore', '*.log\n/dist\n');
  write('a.log', secret);
  write('dist/a.js', secret);
  write('src/dist/a.js', `\n  ${secret}`);
  write('src/.gitignore', '!kept.log\n.env\n');
  write('src/kept.log', secret);
  write('src/.env', secret);
  write('.env', `KEY=${secret}\r\nOTHER="${FAKE_SECRETS['github']?.()}"`);
}

const FILLED = ['.env:1:5', '.env:2:8', 'src/dist/a.js:2:3', 'src/kept.log:1:1'];

describe('the files', () => {
  it('are those of git, tracked or not, less those that are ignored', async () => {
    const { root, git, write } = gitRepository();
    fill(write);
    write('tracked.log', secret);
    git('add', '--force', 'tracked.log');
    expect((await scan(root)).toSorted()).toEqual([...FILLED, 'tracked.log:1:1']);
  });

  it('are those of a folder in it, named from there', async () => {
    const { root, write } = gitRepository();
    fill(write);
    expect((await scan(join(root, 'src'))).toSorted()).toEqual(['dist/a.js:2:3', 'kept.log:1:1']);
  });

  it('are, outside git, those that ignore files leave', async () => {
    const root = temporaryFolder();
    fill((file, content) => writeIn(root, file, content));
    expect(await scan(root)).toEqual(FILLED);
    expect(await scan(root, { env: { PATH: '/nowhere' } })).toEqual(FILLED);
  });

  it('are not fewer for an ignore file that makes no sense', async () => {
    const root = temporaryFolder();
    writeIn(root, '.gitignore', '[\n\\\n!\na[z-a]\n/\n..\n\xff\nA*\n');
    for (const name of ['a', 'b/.gitignore/c', '..x', '[']) writeIn(root, name, secret);
    expect(await scan(root)).toEqual(['..x:1:1', '[:1:1', 'a:1:1', 'b/.gitignore/c:1:1']);
  });

  it('are all of them when asked, but for what is in .git', async () => {
    const { root, write } = gitRepository();
    fill(write);
    write('.git/description', secret);
    expect(await scan(root, { includeIgnored: true })).toEqual(
      [...FILLED, 'a.log:1:1', 'dist/a.js:1:1', 'src/.env:1:1'].toSorted(),
    );
  });

  it('may have any name', async () => {
    const { root, write } = gitRepository();
    const names = ['a\nb', 'a "quoted" \'name\'', '-rf', 'é🔑', 'tab\t', ' ', '$(id)', 'back\\slash'];
    for (const name of names) write(name, secret);
    expect((await scan(root)).toSorted()).toEqual(names.map((name) => `${name}:1:1`).toSorted());
    write('.git/info/exclude', '*');
    expect((await scan(root, { includeIgnored: true })).toSorted()).toEqual(
      names.map((name) => `${name}:1:1`).toSorted(),
    );
  });

  it('are not what a link leads to, nor what is gone', async () => {
    const outside = temporaryFolder();
    writeIn(outside, 'secret', secret);
    const { root, git, commit } = gitRepository();
    for (const [target, name] of [
      [join(outside, 'secret'), 'file'],
      [outside, 'folder'],
      [root, 'loop'],
    ] as const) {
      symlinkSync(target, join(root, name));
    }
    commit('gone', secret);
    git('add', '--all');
    git('rm', '--quiet', '--cached', 'gone');
    git('add', 'gone');
    git('mv', 'gone', 'moved');
    git('mv', 'moved', 'gone');
    expect(await scan(root)).toEqual(['gone:1:1']);
    expect(await scan(root, { includeIgnored: true })).toEqual(['gone:1:1']);
  });

  it('that are not there are an error', async () => {
    await expect(scan(join(temporaryFolder(), 'none'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a file', () => {
  const limit = { maxFileBytes: 20_000 };
  const padding = 'x'.repeat(9_000);

  it.each([
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${secret}`), 'a:1:1'],
    ['UTF-16, little-endian', Buffer.from(`\uFEFFé\r\n ${secret}`, 'utf16le'), 'a:2:2'],
    ['UTF-16, big-endian', utf16be(`🔑\n🔑${secret}`), 'a:2:3'],
    ['UTF-16 with half a character at its end', Buffer.concat([utf16be(secret), Buffer.from('x')]), 'a:1:1'],
    ['not UTF-8', Buffer.concat([Buffer.from([0xe9, 0x20]), Buffer.from(secret)]), 'a:1:3'],
    ['one long line', `${'x '.repeat(9_000)}${secret}`, 'a:1:18001'],
    ['with a NUL after its head', `${padding}\0${secret}`, 'a:1:9002'],
    ['binary', `\0${secret}`, 'a:1:2'],
    ['binary, without a key', '\0nothing', 'a: binary'],
    ['too large', secret + padding.repeat(3), 'a: large'],
    ['too large, but binary', `\0${secret}${padding.repeat(3)}`, 'a: binary'],
  ])('%s', async (_, content, expected) => {
    const root = temporaryFolder();
    writeIn(root, 'a', content);
    expect(await scan(root, limit)).toEqual([expected]);
  });

  it('empty', async () => {
    const root = temporaryFolder();
    writeIn(root, 'a', '');
    expect(await scan(root)).toEqual([]);
  });

  it('that may not be read is said', async () => {
    const root = temporaryFolder();
    writeIn(root, 'a', secret);
    chmodSync(join(root, 'a'), 0);
    // Root may read everything.
    expect(await scan(root)).toEqual([process.getuid?.() === 0 ? 'a:1:1' : 'a: unreadable']);
  });

  it('of another repository in this one is said', async () => {
    const { root } = gitRepository();
    const inner = gitRepository();
    inner.commit('a', secret);
    writeIn(root, 'a', '');
    symlinkSync(inner.root, join(root, 'link'));
    const sub = join(root, 'sub');
    writeIn(sub, 'a', secret);
    inner.git('init', '--quiet', sub);
    inner.git('-C', sub, 'add', '--all');
    inner.git('-C', sub, 'commit', '--quiet', '-m', 'sub');
    expect(await scan(root)).toEqual(['sub: repository']);
  });
});

it('runs nothing that a repository has in its settings', async () => {
  const { root, git, write, commit } = gitRepository();
  commit('a', 'a');
  write('run.sh', '#!/bin/sh\ntouch ran\n');
  chmodSync(join(root, 'run.sh'), 0o755);
  git('config', 'core.fsmonitor', join(root, 'run.sh'));
  write('a', secret);
  expect(await scan(root)).toEqual(['a:1:1']);
  expect(await scan(root)).toEqual(['a:1:1']);
  git('config', '--unset', 'core.fsmonitor');
  expect(git('status', '--porcelain')).not.toContain('ran');
});

it('stops when its reader does', async () => {
  const { root, write } = gitRepository();
  for (let i = 0; i < 50; i++) write(`${i}`, secret);
  let files = 0;
  const scanning = scanWorkTree(root, { find: createKeyFinder(), env: GIT_ENV, onFile: () => files++ });
  for await (const { kind } of scanning) {
    expect(kind).toBe('ours');
    break;
  }
  expect(files).toBe(1);
});

it('finds nothing in a large tree of dependencies', async () => {
  const root = join(import.meta.dirname, '../../node_modules');
  let files = 0;
  const results = scanWorkTree(root, {
    find: createKeyFinder(),
    env: GIT_ENV,
    includeIgnored: true,
    onFile: () => files++,
  });
  for await (const result of results) expect(result.kind).toBe('skipped');
  expect(files).toBeGreaterThan(1_000);
});
