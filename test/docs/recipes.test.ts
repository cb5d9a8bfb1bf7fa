import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GIT_ENV, gitRepository } from '../support/git-repository.js';
import { readGuide } from '../support/guides.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN, keysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';
import { shellScript } from '../support/shell-script.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

const PAGE = readGuide('man/keys-ci.7.md');
const SECTION = /\n## Audit every night[^\n]*\n([\s\S]*?)\n## /.exec(PAGE)?.[1] ?? '';
const block = (language: string, containing: string) =>
  [...SECTION.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))]
    .map(([, text]) => text ?? '')
    .find((text) => text.includes(containing)) ?? '';
const all = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, found]) => found ?? '');

/** The first step of each recipe. */
const INSTALL = 'npm install --global "$KEYS_PACKAGE"';
const GITHUB = all(/^ *(?:- )?run: (?!npm install)(.*)$/gm, block('yaml', 'actions/checkout'));
const GITLAB = all(/^ {4}- (keys .*)$/gm, block('yaml', 'CI_PIPELINE_SOURCE'));
const CRONTAB = all(/^(?:\S+ ){4}\S+ {2}(.*)$/gm, block('crontab', 'keys'));

/** A machine with `keys` and `gh` on its PATH, and a repository to work in. */
async function machine(extra: Readonly<Record<string, string>> = {}) {
  const bin = temporaryFolder();
  const script = (name: string, text: string) => shellScript(join(bin, name), text);
  script('keys', `exec '${process.execPath}' -- '${BIN}' "$@"`);
  script('gh', `printf '%s ' "$@" > '${join(bin, 'gh-arguments')}'; cat > '${join(bin, 'gh-stdin')}'`);
  const program = await keysProgram({ ...GIT_ENV, PATH: `${bin}${delimiter}${GIT_ENV.PATH}`, ...extra });
  onTestFinished(() => program.remove());
  const { root, commit } = gitRepository();
  commit('src/a.ts', 'nothing of note\n');
  const shell = async (command: string, by = 'bash') =>
    await execa(by, ['-e', '-c', command], {
      cwd: root,
      env: program.env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
  return { bin, root, shell, program };
}

it('keys-ci(7) has as many recipes as are run here', () => {
  expect([GITHUB.length, GITLAB.length, CRONTAB.length]).toEqual([4, 1, 3]);
});

it('every job in keys-ci(7) installs keys first', () => {
  for (const [yaml] of PAGE.matchAll(/```yaml\n[\s\S]*?```/g)) {
    const jobs = yaml
      .split(/^ {2}(?!env:)\w+:$/m)
      .filter((job) => /\bkeys (?:audit|roll|create|resume)/.test(job));
    expect(jobs.length).toBeGreaterThan(0);
    for (const job of jobs) {
      expect(job).toContain(INSTALL);
      expect(job.indexOf(INSTALL)).toBeLessThan(job.search(/\bkeys (?:audit|roll|create|resume)/));
    }
  }
});

describe('a recipe of keys-ci(7)', () => {
  it('for CI audits every night, and rolls with delivery every month', async () => {
    const { url, managementKey } = await startTestService();
    const { service } = testClient(url, managementKey);
    const { key: old } = await service.create(
      { name: 'web' },
      { idempotencyKey: Buffer.alloc(32, 1).toString('base64url') },
    );
    const summary = join(temporaryFolder(), 'summary');
    const { root, bin, shell } = await machine({
      KEYS_BASE_URL: url,
      KEYS_API_KEY: managementKey,
      GITHUB_STEP_SUMMARY: summary,
    });
    for (const command of [...GITHUB, ...GITLAB]) {
      const { exitCode, stderr } = await shell(command);
      expect(exitCode, `${command}: ${stderr}`).toBe(0);
    }
    expect(JSON.parse(readFileSync(join(root, 'audit.sarif'), 'utf8')).version).toBe('2.1.0');
    expect(readFileSync(summary, 'utf8')).toContain('## keys audit');
    expect(existsSync(join(root, 'audit.html'))).toBe(true);
    expect(readFileSync(join(bin, 'gh-arguments'), 'utf8')).toBe('secret set WEB_API_KEY ');
    const delivered = readFileSync(join(bin, 'gh-stdin'), 'utf8').trim();
    expect(await service.verify({ key: delivered })).toMatchObject({
      valid: true,
      key: { rolled_from: old.id },
    });
  });

  it('for CI fails where a key is in the repository', async () => {
    const { url, managementKey } = await startTestService();
    const { root, shell } = await machine({ KEYS_BASE_URL: url, KEYS_API_KEY: managementKey });
    writeFileSync(join(root, 'config.txt'), managementKey);
    const { exitCode, stdout } = await shell(GITLAB[0] ?? '');
    expect([exitCode, stdout]).toEqual([8, expect.stringContaining('high\tin-repository')]);
    expect(stdout).not.toContain(managementKey);
    // The report is there for the job to keep.
    expect(readFileSync(join(root, 'audit.html'), 'utf8')).toContain('config.txt');
  });

  it('for cron prints nothing if all is well, and reports what is not', async () => {
    const { program, root, shell } = await machine();
    const [audit = '', roll = '', resume = ''] = CRONTAB;
    await program.run(['create', '--name', 'web', '--json']);
    expect(await shell(audit, 'sh')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    const rolled = await shell(roll, 'sh');
    expect(rolled.exitCode, rolled.stderr).toBe(0);
    expect(readFileSync(join(root, 'web.env'), 'utf8')).toMatch(/^\w+=sk_live_\w{39}$/m);
    expect(rolled.stdout).not.toMatch(/sk_live_\w/);
    expect((await shell(resume, 'sh')).exitCode).toBe(0);
    const { url, managementKey } = await startTestService();
    await program.run(
      ['login', '--base-url', url, '--profile', 'team', '--insecure-storage', '--with-token'],
      {
        stdin: managementKey,
      },
    );
    expect((await shell(audit, 'sh')).stdout).toContain('high\tplaintext-credential');
  });

  it.skipIf(missing('shellcheck'))('has shell that shellcheck accepts', async () => {
    for (const [shell, commands] of [
      ['bash', [...GITHUB, ...GITLAB]],
      ['sh', CRONTAB],
    ] as const) {
      for (const input of commands) {
        const { stdout } = await execa('shellcheck', [`--shell=${shell}`, '-'], {
          input: `${input}\n`,
          reject: false,
        });
        expect(stdout).toBe('');
      }
    }
  });
});
