import { chmodSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createKeyFinder } from '../../src/audit/repository/find-keys.js';
import { scanStaged } from '../../src/audit/repository/scan-staged.js';
import { generateSecret } from '../../src/domain/secret-format.js';
import { GIT_ENV, type GitRepository, gitRepository } from '../support/git-repository.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const [old, fresh] = [generateSecret('sk_live_'), generateSecret('sk_live_')];

async function staged(root: string, env: Record<string, string> = GIT_ENV) {
  const results: string[] = [];
  for await (const result of scanStaged(root, { find: createKeyFinder(), env, maxFileBytes: 20_000 })) {
    const { file } = result;
    results.push(
      result.kind === 'skipped'
        ? `${file}: ${result.reason}`
        : `${file}:${result.line}:${result.column} ${result.masked}`,
    );
  }
  return results;
}
const at = (place: string, secret: string) => `${place} sk_live_…${secret.slice(-4)}`;
const stage = ({ write, git }: GitRepository, file: string, content: string | Buffer) => {
  write(file, content);
  git('add', '--force', '--', file);
};

it('is what will be committed, not what is in the folder', async () => {
  const repository = gitRepository();
  stage(repository, 'a', `x\n${fresh}`);
  repository.write('a', 'fixed, but not staged');
  repository.write('b', old);
  expect(await staged(repository.root)).toEqual([at('a:2:1', fresh)]);
  repository.git('add', 'a');
  expect(await staged(repository.root)).toEqual([]);
});

it('is what is added, in a new file or an old one', async () => {
  const repository = gitRepository();
  repository.commit('sub/a', `one\n${old}\ntwo\n`);
  stage(repository, 'sub/a', `new line\none\n  ${old}\n${old}\n${fresh}`);
  stage(repository, 'sub/b', `\r\nkey: ${fresh}\r\n`);
  const expected = [at('sub/a:5:1', fresh), at('sub/b:2:6', fresh)];
  expect(await staged(repository.root)).toEqual(expected);
  expect(await staged(join(repository.root, 'sub'))).toEqual(expected);
});

it('is not what was there before under another name', async () => {
  const repository = gitRepository();
  const text = Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n');
  repository.git('config', 'diff.renames', 'false');
  repository.commit('before', `${text}\n${old}`);
  repository.git('mv', 'before', 'after');
  expect(await staged(repository.root)).toEqual([]);
  stage(repository, 'after', `${text}\n${fresh}\n${old}`);
  expect(await staged(repository.root)).toEqual([at('after:41:1', fresh)]);
  stage(repository, 'elsewhere', old);
  expect(await staged(repository.root)).toEqual([at('after:41:1', fresh), at('elsewhere:1:1', old)]);
});

it('may be in a file of any name, encoding and size', async () => {
  const repository = gitRepository();
  const names = ['a\nb', 'a "quoted" name', 'é🔑', 'tab\t', '-p', ':100644 100644 x', 'commit x'];
  for (const name of names) stage(repository, name, fresh);
  stage(repository, 'utf16', Buffer.from(`\uFEFF\n${fresh}`, 'utf16le'));
  stage(repository, 'binary', `\0${fresh}`);
  stage(repository, 'large', fresh.repeat(1_000));
  stage(repository, 'large binary', `\0${fresh.repeat(1_000)}`);
  stage(repository, 'empty', '');
  expect((await staged(repository.root)).toSorted()).toEqual(
    [
      ...names.map((name) => at(`${name}:1:1`, fresh)),
      at('utf16:2:1', fresh),
      at('binary:1:2', fresh),
      'large: large',
      'large binary: binary',
    ].toSorted(),
  );
});

it('is neither a deletion nor a submodule, but may be the target of a link', async () => {
  const repository = gitRepository();
  repository.commit('a', old);
  repository.git('rm', '--quiet', 'a');
  symlinkSync(fresh, join(repository.root, 'link'));
  repository.git('add', 'link');
  const head = repository.git('rev-parse', 'HEAD');
  repository.git('update-index', '--add', '--cacheinfo', `160000,${head},sub`);
  expect(await staged(repository.root)).toEqual([at('link:1:1', fresh)]);
});

it("is read from a hook's own index", async () => {
  const repository = gitRepository();
  repository.commit('a', 'a');
  stage(repository, 'a', fresh);
  const other = { ...GIT_ENV, GIT_INDEX_FILE: join(temporaryFolder(), 'index') };
  repository.git('read-tree', `--index-output=${other.GIT_INDEX_FILE}`, 'HEAD');
  expect(await staged(repository.root, other)).toEqual([]);
});

it('does not depend on settings, and runs none of them', async () => {
  const repository = gitRepository();
  const ran = join(repository.root, 'ran');
  repository.write('run.sh', `#!/bin/sh\ntouch '${ran}'\ncat "$1" 2>/dev/null\n`);
  chmodSync(join(repository.root, 'run.sh'), 0o755);
  const program = join(repository.root, 'run.sh');
  for (const [name, value] of [
    ['color.ui', 'always'],
    ['diff.noprefix', 'true'],
    ['diff.relative', 'true'],
    ['diff.renames', 'false'],
    ['diff.external', program],
    ['diff.own.textconv', program],
    ['core.fsmonitor', program],
    ['core.quotePath', 'false'],
  ] as const) {
    repository.git('config', name, value);
  }
  repository.write('.gitattributes', '* diff=own -text\n');
  stage(repository, 'sub/é', fresh);
  // What git itself ran while the test staged.
  repository.git('clean', '--force', '--quiet', 'ran');
  expect(await staged(join(repository.root, 'sub'))).toEqual([at('sub/é:1:1', fresh)]);
  expect(existsSync(ran)).toBe(false);
});

it('outside a repository is an error that says so', async () => {
  await expect(staged(temporaryFolder())).rejects.toMatchObject({
    code: 'repository_unreadable',
    message: 'not in a git repository',
  });
  await expect(staged(temporaryFolder(), { PATH: '/nowhere' })).rejects.toMatchObject({
    message: 'git could not be run',
  });
});
