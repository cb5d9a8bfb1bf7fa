import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resend } from '../providers/fixtures/resend.js';
import { BIN, type KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { shellScript } from '../support/shell-script.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { vendorApi } from '../support/vendor-api.js';

/**
 * The jobs that `keys schedule` prints, on a stand-in for a runner that begins each run with an empty home
 * and treats caches as GitHub and GitLab do.
 */
let keys: KeysProgram;
let folder: string;
beforeEach(async () => {
  keys = await keysInProcess();
  folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  script('keys', `exec '${process.execPath}' -- '${BIN}' "$@"`);
  script('npm', '[ "$1" = install ]');
  return () => keys.remove();
});

const script = (name: string, text: string) => shellScript(join(folder, 'bin', name), text);

/** The one place of the file accepts no secret until `open` is there. */
const open = () => writeFileSync(join(folder, 'open'), '');
const delivered = () => join(folder, 'web');

/** A file with one key, and the variables of its job. */
async function file(every = '1d'): Promise<Record<string, string>> {
  const { url } = await vendorApi(resend);
  writeFileSync(
    join(folder, 'keys.yaml'),
    `version: 1
defaults: { every: ${every} }
accounts:
  mail: { provider: resend, base_url: "${url}" }
keys:
  - { name: web, account: mail, scopes: [sending_access], to: ["exec:test -e ${folder}/open && cat > ${delivered()}"] }
`,
  );
  return {
    KEYS_API_KEY_MAIL: resend.credential,
    KEYS_BASE_URL_MAIL: url,
    KEYS_LEDGER_KEY: Buffer.from('a ledger key of tests only, 32 b').toString('base64'),
    KEYS_PACKAGE: 'keys.tgz',
  };
}

const schedule = async (scheduler: string, env: Record<string, string> = {}) =>
  (await keys.run(['schedule', scheduler], { cwd: folder, env })).stdout;

/** Runs lines as a job does: it stops at the first that fails. Returns the exit code. */
async function shell(lines: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const { exitCode = 1 } = await execa('bash', ['-eo', 'pipefail', '-c', lines.join('\n')], {
    cwd: folder,
    env: { ...env, CI: 'true', PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}` },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
  return exitCode;
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, string>>;
}

/** What a repository has at GitHub: its caches, the newest last, and how often the workflow ran. */
interface Repository {
  readonly caches: Map<string, string>;
  runs: number;
}

/** Runs the job of a workflow in an empty home. Returns the exit code of the step that failed, or 0. */
async function runOnGithub(
  text: string,
  repository: Repository,
  env: Record<string, string>,
  { newLedger = false } = {},
): Promise<number | 'no ledger'> {
  const home = temporaryFolder();
  const run = ++repository.runs;
  const filled = (value = '') =>
    value
      .replace('${{ github.run_id }}', `${run}0`)
      .replace('${{ github.run_attempt }}', '1')
      .replace(
        '${{ github.run_number > 1 && !inputs.new_ledger }}',
        String(repository.runs > 1 && !newLedger),
      );
  let result: number | 'no ledger' = 0;
  for (const step of parse(text).jobs.apply.steps as Step[]) {
    if (result !== 0 && step.if !== 'always()') continue;
    const path = filled(step.with?.['path']).replace('~', home);
    const key = filled(step.with?.['key']);
    if (step.uses === 'actions/cache/restore@v4') {
      const prefix = step.with?.['restore-keys'] ?? '';
      const found = [...repository.caches].findLast(([name]) => name === key || name.startsWith(prefix));
      if (found !== undefined) cpSync(found[1], path, { recursive: true });
      else if (filled(step.with?.['fail-on-cache-miss']) === 'true') result = 'no ledger';
    } else if (step.uses === 'actions/cache/save@v4') {
      // It warns where there is nothing to save, and changes no cache that is there.
      if (!existsSync(path) || repository.caches.has(key)) continue;
      const saved = temporaryFolder();
      cpSync(path, saved, { recursive: true });
      repository.caches.set(key, saved);
    } else if (step.run !== undefined) {
      const summary = join(home, 'summary.md');
      result = await shell([step.run], { ...env, HOME: home, GITHUB_STEP_SUMMARY: summary });
    } else expect(step.uses).toBe('actions/checkout@v4');
  }
  return result;
}

describe('the job on GitHub', () => {
  it('keeps the ledger of a run that failed: the next one delivers what is pending', async () => {
    const env = await file();
    const text = await schedule('github');
    const repository: Repository = { caches: new Map(), runs: 0 };
    expect(await runOnGithub(text, repository, env)).toBe(9);
    expect(existsSync(delivered())).toBe(false);
    open();
    expect(await runOnGithub(text, repository, env)).toBe(0);
    expect(readFileSync(delivered(), 'utf8')).toMatch(/^re_/);
    expect(await runOnGithub(text, repository, env)).toBe(0);
    expect(repository.caches.size).toBe(3);
  });

  it('stops where the ledger is gone, and saves no empty one', async () => {
    const env = await file();
    open();
    const text = await schedule('github');
    const repository: Repository = { caches: new Map(), runs: 4 };
    expect(await runOnGithub(text, repository, env)).toBe('no ledger');
    expect([existsSync(delivered()), repository.caches.size]).toEqual([false, 0]);
    expect(await runOnGithub(text, repository, env, { newLedger: true })).toBe(0);
    expect(await runOnGithub(text, repository, env)).toBe(0);
  });

  it('runs only on the branch whose caches the schedule reads', async () => {
    await file();
    expect(parse(await schedule('github')).jobs.apply.if).toBe(
      "github.event_name == 'schedule' || github.ref_name == github.event.repository.default_branch",
    );
  });

  it.each([
    ['6h', '17 */6 * * *'],
    ['3d', '17 3 */3 * *'],
    ['4d', '17 3 */3 * *'],
    ['7d', '17 3 */3 * *'],
    ['90d', '17 3 */3 * *'],
  ])('with every: %s reads its cache before it is deleted', async (every, cron) => {
    await file(every);
    for (const scheduler of ['github', 'gitlab']) {
      const text = await schedule(scheduler);
      expect(text).toContain(cron);
      const isOftener = /^# It runs every 3 days, more often than the file asks for/m.test(text);
      expect(isOftener).toBe(Number.parseInt(every, 10) > 3 && every.endsWith('d'));
    }
  });

  it('has no cache, and the times of the file, where the ledger is shared', async () => {
    await file('7d');
    const env = { KEYS_LEDGER_URL: 'postgres://db.example/team' };
    for (const scheduler of ['github', 'gitlab']) {
      const text = await schedule(scheduler, env);
      expect(text).toContain('17 3 * * 1');
      expect(text).not.toContain('cache');
    }
  });
});

it('the job on GitLab keeps the ledger of a run that failed', async () => {
  const env = await file();
  const job = parse(await schedule('gitlab'))['keys-apply'];
  const [kept = ''] = job.cache.paths as string[];
  let cache: string | undefined;
  // The paths are the same in each run, and what is there is gone.
  const [home, checkout] = [temporaryFolder(), temporaryFolder()];
  const run = async () => {
    for (const path of [home, checkout]) {
      rmSync(path, { recursive: true });
      mkdirSync(path);
    }
    const data = join(checkout, kept);
    if (cache !== undefined) cpSync(cache, data, { recursive: true });
    expect(String(job.variables.KEYS_DATA_DIR)).toBe('$CI_PROJECT_DIR/.keys-ledger');
    const exitCode = await shell(job.script, { ...env, HOME: home, KEYS_DATA_DIR: data.replace(/\/$/, '') });
    if (job.cache.when === 'always' || exitCode === 0) {
      cache = temporaryFolder();
      cpSync(data, cache, { recursive: true });
    }
    return exitCode;
  };
  expect(await run()).toBe(9);
  open();
  expect(await run()).toBe(0);
  expect(readFileSync(delivered(), 'utf8')).toMatch(/^re_/);
});
