import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { hookSnippets, installHook } from '../../src/audit/repository/hook.js';
import { codeOf } from '../contract/key-service.js';
import { GIT_ENV, gitRepository, writeIn } from '../support/git-repository.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const install = (root: string, command?: string) =>
  installHook(root, { env: GIT_ENV, ...(command === undefined ? {} : { command }) });

it('is run by git, and stops a commit', async () => {
  const { root, git, write } = gitRepository();
  const program = join(temporaryFolder(), 'guard');
  writeIn(dirname(program), 'guard', '#!/bin/sh\ngit diff --cached --quiet -- bad\n');
  chmodSync(program, 0o755);
  const { path, change } = await install(root, `'${program}'`);
  expect([path, change]).toEqual([join(root, '.git/hooks/pre-commit'), 'written']);
  expect(statSync(path).mode & 0o111).toBe(0o111);
  write('good', '');
  git('add', 'good');
  git('commit', '--quiet', '-m', 'good');
  write('bad', 'x');
  git('add', 'bad');
  expect(() => git('commit', '--quiet', '-m', 'bad')).toThrow();
});

it('is written once, and brought up to date', async () => {
  const { root } = gitRepository();
  await install(root);
  expect(await install(root)).toMatchObject({ change: 'none' });
  expect(await install(root, 'npx --no-install keys guard')).toMatchObject({ change: 'written' });
  expect(readFileSync(join(root, '.git/hooks/pre-commit'), 'utf8')).toContain(
    '\nexec npx --no-install keys guard\n',
  );
  expect(readdirSync(join(root, '.git/hooks')).filter((name) => !name.endsWith('.sample'))).toEqual([
    'pre-commit',
  ]);
});

it('is written anew where it may not be run', async () => {
  const { root } = gitRepository();
  const { path } = await install(root);
  chmodSync(path, 0o644);
  expect(await install(root)).toMatchObject({ change: 'written' });
  expect(statSync(path).mode & 0o111).toBe(0o111);
});

it('is not ours any more once somebody has added to it, nor when it is a link', async () => {
  const { root } = gitRepository();
  const { path } = await install(root);
  const added = `${readFileSync(path, 'utf8')}make lint\n`;
  writeFileSync(path, added);
  await expect(install(root, 'keys guard --all')).rejects.toMatchObject({ code: 'conflict' });
  expect(readFileSync(path, 'utf8')).toBe(added);
  rmSync(path);
  symlinkSync('nowhere', path);
  await expect(install(root)).rejects.toMatchObject({ code: 'conflict' });
});

it("leaves another's alone, and says what to add", async () => {
  const { root, write } = gitRepository();
  write('.git/hooks/pre-commit', '#!/bin/sh\nmake lint\n');
  await expect(install(root)).rejects.toMatchObject({
    code: 'conflict',
    hint: 'it was left as it is: add a line to it: keys guard || exit 1',
  });
  expect(readFileSync(join(root, '.git/hooks/pre-commit'), 'utf8')).toBe('#!/bin/sh\nmake lint\n');
});

it('says what to do where there is no Node, and brings a hook up to date that did not', async () => {
  const { root } = gitRepository();
  const program = { path: import.meta.filename, node: '/no/such/node' };
  const { path } = await installHook(root, { env: GIT_ENV, program });
  const script = readFileSync(path, 'utf8');
  const { status, stderr } = spawnSync('/bin/sh', [path], {
    env: { PATH: temporaryFolder() },
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining('there is no Node to run this hook with')]);
  writeFileSync(path, script.replace(/^if ! command -v[\s\S]*?^fi\n/m, ''));
  expect(readFileSync(path, 'utf8')).not.toContain('no Node');
  expect(await installHook(root, { env: GIT_ENV, program })).toMatchObject({ change: 'written' });
  expect(readFileSync(path, 'utf8')).toBe(script);
});

it('goes where the repository has its hooks', async () => {
  const { root, git, commit, write } = gitRepository();
  commit('sub/a', '');
  git('config', 'core.hooksPath', 'tools/hooks');
  expect(await install(join(root, 'sub'))).toMatchObject({ path: join(root, 'tools/hooks/pre-commit') });
  git('config', 'core.hooksPath', '.husky/_');
  write('.husky/_/pre-commit', '#!/usr/bin/env sh\n. "$(dirname "$0")/h"');
  await expect(install(root)).rejects.toMatchObject({
    hint: expect.stringContaining('add a line to .husky/pre-commit: keys guard'),
  });
  git('config', '--unset', 'core.hooksPath');
  const linked = join(temporaryFolder(), 'linked');
  git('worktree', 'add', '--quiet', linked);
  expect((await install(linked)).path).toBe(join(root, '.git/hooks/pre-commit'));
});

it('is an error where there is no repository or no right', async () => {
  await expect(install(temporaryFolder())).rejects.toMatchObject({ code: 'repository_unreadable' });
  const { root, git } = gitRepository();
  writeIn(root, 'file', '');
  git('config', 'core.hooksPath', 'file/hooks');
  await expect(install(root)).rejects.toMatchObject({ code: 'data_unwritable' });
  expect(existsSync(join(root, '.git/hooks/pre-commit'))).toBe(false);
});

it('has its lines for pre-commit and husky', () => {
  const { preCommit, husky } = hookSnippets();
  expect(husky).toBe('keys guard\n');
  expect(preCommit).toMatch(/^ {8}entry: keys guard$/m);
  expect(preCommit).toMatch(/^ {8}pass_filenames: false$/m);
});

it('is not read where it is no regular file, as one that came with a repository can be', async () => {
  const { root } = gitRepository();
  const path = join(root, '.git/hooks/pre-commit');
  rmSync(path, { force: true });
  symlinkSync('/dev/zero', path);
  expect(await codeOf(install(root))).toBe('data_unwritable');
});
