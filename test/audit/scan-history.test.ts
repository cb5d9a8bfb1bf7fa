import { expect, it } from 'vitest';
import { createKeyFinder } from '../../src/audit/repository/find-keys.js';
import { scanHistory } from '../../src/audit/repository/scan-history.js';
import { generateSecret } from '../../src/domain/secret-format.js';
import { GIT_ENV, gitRepository } from '../support/git-repository.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const secret = () => generateSecret('sk_live_');

async function history(root: string) {
  const results: string[] = [];
  const seen: string[] = [];
  const options = {
    find: createKeyFinder(),
    env: GIT_ENV,
    maxFileBytes: 20_000,
    onFile: (file: string) => seen.push(file),
  };
  for await (const result of scanHistory(root, options)) {
    const what =
      result.kind === 'skipped' ? result.reason : `${result.line}:${result.column} ${result.masked}`;
    results.push(`${result.commit} ${result.file} ${what}`);
  }
  return { results, seen };
}

it('names the commit that brought a key, also one that is gone since', async () => {
  const { root, git, commit } = gitRepository();
  const [a, b, c] = [secret(), secret(), secret()];
  commit('first', 'nothing');
  const brought = commit('dir/a\n"b"', `x\n${a}`);
  const both = commit('c', `${b}\n${c}`);
  git('rm', '--quiet', '-r', 'dir', 'c');
  git('commit', '--quiet', '-m', 'gone');
  expect((await history(root)).results).toEqual([
    `${brought} dir/a\n"b" 2:1 sk_live_…${a.slice(-4)}`,
    `${both} c 1:1 sk_live_…${b.slice(-4)}`,
    `${both} c 2:1 sk_live_…${c.slice(-4)}`,
  ]);
});

it('names a key of a file once, however often the file was changed', async () => {
  const { root, commit } = gitRepository();
  const [old, late] = [secret(), secret()];
  const brought = commit('a', `${old}\n${old}`);
  commit('a', `new first line\n${old}`);
  const more = commit('a', `${late}\n${old}`);
  commit('a', 'gone');
  commit('a', `back\n${old}\n${late}`);
  const copied = commit('b', `copy: ${old}`);
  expect((await history(root)).results).toEqual([
    `${brought} a 1:1 sk_live_…${old.slice(-4)}`,
    `${brought} a 2:1 sk_live_…${old.slice(-4)}`,
    `${more} a 1:1 sk_live_…${late.slice(-4)}`,
    `${copied} b 1:7 sk_live_…${old.slice(-4)}`,
  ]);
});

it('looks into each content once, however often it was committed', async () => {
  const { root, git, commit } = gitRepository();
  const [key, text] = [secret(), 'the same'];
  const brought = commit('a', key);
  commit('copy', key);
  commit('a', text);
  commit('b', text);
  commit('a', key);
  git('mv', 'copy', 'renamed');
  git('commit', '--quiet', '-m', 'renamed');
  const { results, seen } = await history(root);
  expect(results).toEqual([`${brought} a 1:1 sk_live_…${key.slice(-4)}`]);
  expect(seen).toEqual(['a', 'a']);
});

it('goes through every branch, tag, stash and merge', async () => {
  const { root, git, write, commit } = gitRepository();
  const [onBranch, onTag, inMerge, inStash] = [secret(), secret(), secret(), secret()];
  commit('conflict', 'base');
  git('checkout', '--quiet', '-b', 'side');
  const branch = commit('conflict', onBranch);
  git('checkout', '--quiet', '--detach', 'main');
  const tag = commit('tagged', onTag);
  git('tag', 'v1');
  git('checkout', '--quiet', 'main');
  commit('conflict', 'main');
  git('merge', '--quiet', '--no-commit', '--strategy=ours', 'side');
  const merge = commit('conflict', `both\n${inMerge}`);
  write('conflict', inStash);
  git('stash', '--quiet');
  const stash = git('rev-parse', 'stash@{0}');
  expect((await history(root)).results.toSorted()).toEqual(
    [
      `${branch} conflict 1:1 sk_live_…${onBranch.slice(-4)}`,
      `${tag} tagged 1:1 sk_live_…${onTag.slice(-4)}`,
      `${merge} conflict 2:1 sk_live_…${inMerge.slice(-4)}`,
      `${stash} conflict 1:1 sk_live_…${inStash.slice(-4)}`,
    ].toSorted(),
  );
});

it('says what it did not look into', async () => {
  const { root, commit } = gitRepository();
  const binary = commit('binary', '\0nothing');
  const large = commit('large', 'text '.repeat(100_000));
  const [key, name] = [secret(), 'after'];
  const after = commit(name, key);
  expect((await history(root)).results).toEqual([
    `${binary} binary binary`,
    `${large} large large`,
    `${after} after 1:1 sk_live_…${key.slice(-4)}`,
  ]);
});

it('fetches nothing that a partial clone lacks', async () => {
  const origin = gitRepository();
  origin.git('config', 'uploadpack.allowFilter', 'true');
  origin.commit('a', secret());
  const { root, git } = gitRepository();
  git('remote', 'add', 'origin', `file://${origin.root}`);
  git('fetch', '--quiet', '--filter=blob:none', 'origin', 'main');
  const objects = () => git('count-objects', '-v');
  const before = objects();
  // Older gits end here, later ones say that the content is missing.
  const { results } = await history(root).catch((error) => ({ results: [String(error.code)] }));
  expect(results.join()).toMatch(/^repository_unreadable$|^\w+ a unreadable$/);
  expect(objects()).toBe(before);
});

it('is empty where nothing was committed, and an error where nothing can be', async () => {
  expect((await history(gitRepository().root)).results).toEqual([]);
  await expect(history(temporaryFolder())).rejects.toMatchObject({ code: 'repository_unreadable' });
});

it('works where there is no work tree', async () => {
  const { root, git, commit } = gitRepository();
  const key = secret();
  const brought = commit('a', key);
  const bare = temporaryFolder();
  git('clone', '--quiet', '--bare', root, bare);
  expect((await history(bare)).results).toEqual([`${brought} a 1:1 sk_live_…${key.slice(-4)}`]);
});
