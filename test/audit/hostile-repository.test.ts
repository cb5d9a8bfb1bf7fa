import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { createKeyFinder } from '../../src/audit/repository/find-keys.js';
import { gitLine, gitRecords } from '../../src/audit/repository/git.js';
import { installHook } from '../../src/audit/repository/hook.js';
import { scanHistory } from '../../src/audit/repository/scan-history.js';
import { scanStaged } from '../../src/audit/repository/scan-staged.js';
import { scanWorkTree } from '../../src/audit/repository/scan-work-tree.js';
import { generateSecret } from '../../src/domain/secret-format.js';
import { gitStanding } from '../../src/places/git-standing.js';
import { GIT_ENV, gitRepository } from '../support/git-repository.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Settings by which a repository has git run a program, or read something without an end. */
const PROGRAMS = [
  ...[
    'core.fsmonitor',
    'core.sshCommand',
    'core.askPass',
    'core.alternateRefsCommand',
    'core.pager',
    'core.editor',
  ],
  ...[
    'credential.helper',
    'diff.external',
    'diff.x.command',
    'diff.x.textconv',
    'gpg.program',
    'gpg.ssh.program',
  ],
  ...[
    'filter.x.clean',
    'filter.x.smudge',
    'filter.x.process',
    'uploadpack.packObjectsHook',
    'pager.diff',
    'pager.log',
  ],
];
const HOOKS = [
  'pre-commit',
  'post-checkout',
  'post-index-change',
  'fsmonitor-watchman',
  'reference-transaction',
  'pre-auto-gc',
];

const drain = async (results: AsyncIterable<unknown>) => {
  let count = 0;
  for await (const _ of results) count++;
  return count;
};

it('runs nothing of a hostile repository', async () => {
  const repository = gitRepository();
  repository.write('.gitattributes', '* filter=x diff=x\n');
  repository.commit('.env', 'A=1\n');
  repository.write('b', generateSecret('sk_live_'));
  repository.git('add', '-A');
  const marker = join(temporaryFolder(), 'ran');
  const script = join(temporaryFolder(), 'script');
  writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> ${marker}\nexit 1\n`);
  chmodSync(script, 0o755);
  for (const name of PROGRAMS) repository.git('config', name, script);
  repository.git('config', 'log.showSignature', 'true');
  repository.git('config', 'core.untrackedCache', 'true');
  for (const hook of HOOKS) {
    mkdirSync(join(repository.root, '.git/hooks'), { recursive: true });
    writeFileSync(join(repository.root, '.git/hooks', hook), `#!/bin/sh\necho ${hook} >> ${marker}\n`, {
      mode: 0o755,
    });
  }
  const options = { find: createKeyFinder(), env: GIT_ENV };
  expect(await drain(scanStaged(repository.root, options))).toBe(1);
  await drain(scanWorkTree(repository.root, options));
  await drain(scanHistory(repository.root, options));
  expect(await gitStanding(join(repository.root, '.env'), GIT_ENV)).toBe('tracked');
  expect(await gitStanding(join(repository.root, 'new'), GIT_ENV)).toBe('not ignored');
  await installHook(repository.root, { env: GIT_ENV }).catch(() => undefined);
  expect(existsSync(marker)).toBe(false);
});

it('has git fetch nothing that a partial clone lacks, by a program that the repository names', async () => {
  const { root, git, commit } = gitRepository();
  commit('folder/file', 'x\n');
  commit('top', 'x\n');
  git('sparse-checkout', 'set', '--cone', '--sparse-index', 'none');
  const tree = git('rev-parse', 'HEAD:folder');
  // Git asks the remote only for what an object from it names.
  const wanted = ['HEAD', 'HEAD^{tree}', 'HEAD:top'].map((name) => git('rev-parse', name)).join('\n');
  const pack = join(root, '.git/objects/pack/pack');
  const name = execFileSync('git', ['pack-objects', '-q', pack], { cwd: root, env: GIT_ENV, input: wanted });
  writeFileSync(`${pack}-${String(name).trim()}.promisor`, '');
  rmSync(join(root, '.git/objects', tree.slice(0, 2), tree.slice(2)));
  const marker = join(temporaryFolder(), 'ran');
  const settings = {
    ...{
      'extensions.partialClone': 'origin',
      'remote.origin.promisor': 'true',
      'protocol.file.allow': 'always',
    },
    ...{ 'remote.origin.url': `file://${root}`, 'remote.origin.uploadpack': `touch ${marker};` },
  };
  git('config', 'core.repositoryFormatVersion', '1');
  for (const [setting, value] of Object.entries(settings)) git('config', setting, value);
  await gitStanding(join(root, '.env'), GIT_ENV);
  const options = { find: createKeyFinder(), env: GIT_ENV };
  for (const scan of [scanStaged, scanWorkTree, scanHistory]) await drain(scan(root, options)).catch(() => 0);
  expect(existsSync(marker)).toBe(false);
  // Without the protection, git runs it.
  await execa('git', ['ls-files', '--error-unmatch', '.env'], { cwd: root, env: GIT_ENV, reject: false });
  expect(existsSync(marker)).toBe(true);
});

it('finds a key in a binary file, in UTF-16 without a mark, and in the target of a link', async () => {
  const repository = gitRepository();
  const secret = generateSecret('sk_live_');
  repository.write('cache.db', Buffer.from(`\0\u0001${secret}\0${secret}\0`));
  repository.write('notes.txt', Buffer.from(`${secret}\n`, 'utf16le'));
  symlinkSync(secret, join(repository.root, 'link'));
  symlinkSync('/dev/zero', join(repository.root, 'endless'));
  repository.git('add', '-A');
  const options = { find: createKeyFinder(), env: GIT_ENV };
  for (const scan of [scanStaged, scanWorkTree]) {
    const files: string[] = [];
    for await (const result of scan(repository.root, options)) files.push(`${result.file} ${result.kind}`);
    expect(files.sort()).toEqual(['cache.db ours', 'link ours', 'notes.txt ours']);
  }
});

it('waits only for a while where the configuration of a repository names a pipe', async () => {
  const repository = gitRepository();
  const pipe = join(repository.root, 'pipe');
  execFileSync('mkfifo', [pipe]);
  repository.git('config', 'include.path', pipe);
  await expect(gitLine(repository.root, GIT_ENV, ['rev-parse', '--git-dir'], 500)).rejects.toThrow(
    'git did not respond in 0.5 s',
  );
  await expect(drain(gitRecords(repository.root, GIT_ENV, ['ls-files', '-z'], 500))).rejects.toMatchObject({
    code: 'repository_unreadable',
  });
});

it('stops at a path without an end, in a tree that somebody else has made', async () => {
  const repository = gitRepository();
  const blob = repository.git('hash-object', '-w', '--stdin').trim();
  const entry = Buffer.concat([Buffer.from(`100644 ${'x'.repeat(3_000_000)}\0`), Buffer.from(blob, 'hex')]);
  repository.write('tree', entry);
  const tree = repository.git('hash-object', '-w', '-t', 'tree', '--literally', 'tree').trim();
  await expect(drain(gitRecords(repository.root, GIT_ENV, ['ls-tree', '-z', tree]))).rejects.toMatchObject({
    code: 'repository_unreadable',
    message: expect.stringContaining('more than 1000000 bytes'),
  });
  await expect(gitLine(repository.root, GIT_ENV, ['ls-tree', '-z', tree])).rejects.toThrow(/more than/);
});
