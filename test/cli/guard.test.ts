import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { generateSecret } from '../../src/domain/secret-format.js';
import { GIT_ENV, gitRepository } from '../support/git-repository.js';
import { BIN, keysProgram } from '../support/keys.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A repository with the program on the PATH as `keys`, as a hook finds it. */
async function guarded() {
  const bin = temporaryFolder();
  writeFileSync(join(bin, 'keys'), `#!/bin/sh\nexec '${process.execPath}' -- '${BIN}' "$@"\n`);
  chmodSync(join(bin, 'keys'), 0o755);
  const program = await keysProgram({ ...GIT_ENV, PATH: `${bin}${delimiter}${GIT_ENV.PATH}` });
  onTestFinished(() => program.remove());
  const repository = gitRepository();
  const run = async (command: string, ...args: string[]) =>
    await execa(command, args, {
      cwd: repository.root,
      env: program.env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
  const stage = (file: string, text: string) => {
    repository.write(file, text);
    repository.git('add', '--', file);
  };
  return { ...repository, program, run, stage };
}

it('stops a commit with a key, says where it is and how to end it, and lets the others pass', async () => {
  const { run, stage, program, git } = await guarded();
  const created = JSON.parse((await program.run(['create', '--name', 'web', '--json'])).stdout);
  expect((await run('keys', 'guard', 'install')).stderr).toMatch(
    /^wrote .*pre-commit\nit runs .*bin\/keys\.js$/,
  );
  stage('a.txt', 'nothing of note\n');
  expect((await run('git', 'commit', '-m', 'good')).exitCode).toBe(0);
  stage('src/b.ts', `\n  '${created.secret}'\n`);
  const stopped = await run('git', 'commit', '-m', 'bad');
  expect(stopped.exitCode).not.toBe(0);
  const said = stopped.stdout + stopped.stderr;
  expect(said).toContain(`src/b.ts:2:4\tkey in the ledger sk_live_…${created.hint}\tweb`);
  expect(said).toContain(`keys roll ${created.id} --now`);
  expect(said).toContain('keys: error: a key is staged');
  expect(said).not.toContain(created.secret);
  expect(git('rev-list', '--count', 'HEAD')).toBe('1');
  stage('src/b.ts', 'process.env.KEY\n');
  expect((await run('git', 'commit', '-m', 'fixed')).exitCode).toBe(0);
});

it('tells what it found by its exit code and as JSON, and says nothing where there is nothing', async () => {
  const { run, stage, root } = await guarded();
  expect(await run('keys', 'guard')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect((await run('keys', 'guard', '--json')).stdout).toBe('[]');
  stage('a', `${generateSecret('sk_live_')}\n${generateSecret('sk_test_')}`);
  const found = await run('keys', 'guard', '--json');
  expect(found.exitCode).toBe(8);
  expect(JSON.parse(found.stdout).map(({ location }: { location: unknown }) => location)).toEqual([
    { file: 'a', line: 1, column: 1 },
    { file: 'a', line: 2, column: 1 },
  ]);
  writeFileSync(
    join(root, 'keys-audit.json'),
    JSON.stringify({
      ignore: [{ rule: 'in-repository', file: 'a', reason: 'made up', expires: '2999-01-01' }],
    }),
  );
  expect((await run('keys', 'guard')).exitCode).toBe(0);
});

it('works on without a ledger that can be read, and says so', async () => {
  const { run, stage, program } = await guarded();
  stage('a', generateSecret('sk_live_'));
  await run('keys', 'guard');
  writeFileSync(join(program.home, '.local/share/keys/ledger.db'), 'not a database, whatever it is called');
  const found = await run('keys', 'guard');
  expect(found.exitCode).toBe(8);
  expect(found.stderr).toContain("keys: warning: the ledger's keys cannot be searched for");
});

it('prints what to add to other tools, and leaves another hook alone', async () => {
  const { run, write, root } = await guarded();
  expect((await run('keys', 'guard', 'install', '--print', 'pre-commit')).stdout).toContain(
    'entry: keys guard',
  );
  expect((await run('keys', 'guard', 'install', '--print', 'husky')).stdout).toBe('keys guard');
  write('.git/hooks/pre-commit', '#!/bin/sh\nmake lint\n');
  const refused = await run('keys', 'guard', 'install');
  expect([refused.exitCode, refused.stderr]).toEqual([
    6,
    expect.stringContaining(`add a line to it: '${BIN}' guard || exit 1`),
  ]);
  expect(readFileSync(join(root, '.git/hooks/pre-commit'), 'utf8')).toContain('make lint');
});

it('installs a hook that needs no `keys` on the PATH, and that says what to do if its program is gone', async () => {
  const { program, stage, root } = await guarded();
  const env = { ...program.env, PATH: GIT_ENV.PATH };
  const commit = (message: string) =>
    execa('git', ['commit', '-m', message], { cwd: root, env, extendEnv: false, reject: false });
  await execa(process.execPath, ['--', BIN, 'guard', 'install'], { cwd: root, env, extendEnv: false });
  stage('a.txt', 'nothing of note\n');
  expect((await commit('good')).exitCode).toBe(0);
  stage('b.txt', `${generateSecret('sk_live_')}\n`);
  expect((await commit('bad')).stderr).toContain('a key is staged');
  const hook = join(root, '.git/hooks/pre-commit');
  writeFileSync(hook, readFileSync(hook, 'utf8').replace(BIN, '/no/such/keys.js'));
  const stopped = await commit('bad');
  expect(stopped.exitCode).toBe(1);
  expect(stopped.stderr).toContain('the program that this hook runs is gone: /no/such/keys.js');
  expect(stopped.stderr).toContain('run: keys guard install');
  // Such a hook is still ours: it is repaired.
  await execa(process.execPath, ['--', BIN, 'guard', 'install'], { cwd: root, env, extendEnv: false });
  expect(readFileSync(hook, 'utf8')).toContain(BIN);
});

it.each([
  [['guard', '--print', 'husky'], 2, '--print goes with guard install'],
  [['guard', 'remove'], 2, 'remove'],
])('refuses %j', async (args, code, message) => {
  const { run } = await guarded();
  const refused = await run('keys', ...args);
  expect([refused.exitCode, refused.stderr]).toEqual([code, expect.stringContaining(message)]);
});

it('outside a repository says so', async () => {
  const { program } = await guarded();
  const { code, stderr } = await program.run(['guard'], { env: { GIT_DIR: join(program.home, 'nowhere') } });
  expect([code, stderr]).toEqual([1, expect.stringContaining('not in a git repository')]);
});
