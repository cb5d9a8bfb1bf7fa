import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { resend } from '../providers/fixtures/resend.js';
import { BIN, type KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { missing } from '../support/needs.js';
import { shellScript } from '../support/shell-script.js';
import { vendorApi } from '../support/vendor-api.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

let keys: KeysProgram;
let folder: string;
beforeEach(async () => {
  keys = await keysInProcess();
  folder = join(keys.home, "o'brien's app");
  mkdirSync(folder);
  const bin = join(keys.home, 'bin');
  mkdirSync(bin);
  shellScript(join(bin, 'keys'), `exec '${process.execPath}' -- '${BIN}' "$@"`);
  // The jobs install keys first: it is on the PATH already.
  shellScript(join(bin, 'npm'), '[ "$1" = install ]');
  return () => keys.remove();
});

/** A file with an account of a vendor, and the variables that its job needs. */
async function file(every: string): Promise<Record<string, string>> {
  const { url } = await vendorApi(resend);
  writeFileSync(
    join(folder, 'keys.yaml'),
    `version: 1
defaults: { every: ${every} }
accounts:
  mail: { provider: resend, base_url: "${url}" }
  own: { provider: keys }
keys:
  - { name: web, account: mail, scopes: [sending_access], to: ["exec:cat > $HOME/web"] }
  - { name: job, account: own, to: ["exec:cat > $HOME/job"] }
`,
  );
  return {
    KEYS_API_KEY_MAIL: resend.credential,
    KEYS_BASE_URL_MAIL: url,
    KEYS_LEDGER_KEY: Buffer.from('a ledger key of tests only, 32 b').toString('base64'),
    KEYS_PACKAGE: 'keys.tgz',
  };
}

const schedule = async (...args: string[]) => (await keys.run(['schedule', ...args], { cwd: folder })).stdout;

/** Runs lines as the runner of a job does. */
async function runJob(lines: readonly string[], env: Record<string, string>): Promise<string> {
  const { home } = keys;
  const result = await execa('bash', ['-eo', 'pipefail', '-c', lines.join('\n')], {
    cwd: folder,
    env: { ...keys.env, ...env, PATH: `${join(home, 'bin')}${delimiter}${keys.env['PATH']}` },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
  expect([result.exitCode, result.stderr]).toEqual([0, expect.any(String)]);
  return result.stdout;
}

/** Runs lines as the runner of a job does, and expects both keys. */
async function runLines(lines: readonly string[], env: Record<string, string>): Promise<void> {
  const { home } = keys;
  expect(await runJob(lines, env)).toBe('');
  expect(readFileSync(join(home, 'web'), 'utf8')).toMatch(/^re_/);
  expect(readFileSync(join(home, 'job'), 'utf8')).toMatch(/^sk_live_/);
}

describe('a scheduled job applies the file', () => {
  it('on GitHub', async () => {
    const env = await file('1d');
    const text = await schedule('github');
    const { on, jobs } = parse(text);
    expect(on.schedule).toEqual([{ cron: '17 3 * * *' }]);
    const { KEYS_BASE_URL_MAIL, KEYS_API_KEY_MAIL, KEYS_LEDGER_KEY } = jobs.apply.env;
    expect(KEYS_BASE_URL_MAIL).toBe(env['KEYS_BASE_URL_MAIL']);
    expect(KEYS_API_KEY_MAIL).toBe('${{ secrets.KEYS_API_KEY_MAIL }}');
    expect(KEYS_LEDGER_KEY).toBe('${{ secrets.KEYS_LEDGER_KEY }}');
    expect(text).not.toContain(resend.credential);
    const summary = join(keys.home, 'summary.md');
    writeFileSync(summary, 'before\n');
    const steps = jobs.apply.steps as Array<{ readonly run?: string }>;
    const lines = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
    await runLines(lines, { ...env, CI: 'true', GITHUB_STEP_SUMMARY: summary });
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n## keys apply\n/);
  });

  it('on GitLab', async () => {
    const env = await file('6h');
    const text = await schedule('gitlab');
    expect(text).toContain('17 */6 * * *');
    const { script: lines, variables } = parse(text)['keys-apply'];
    const data = String(variables.KEYS_DATA_DIR).replace('$CI_PROJECT_DIR', keys.home);
    await runLines(lines, { ...env, CI: 'true', KEYS_DATA_DIR: data });
  });

  it('from cron', async () => {
    const env = await file('30m');
    const text = await schedule('cron');
    const line = /^\*\/30 \* \* \* \* {2}(.*)$/m.exec(text)?.[1] ?? '';
    mkdirSync(join(keys.home, '.config/keys'), { recursive: true });
    const variables = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(join(keys.home, '.config/keys/apply.env'), variables.join(''), { mode: 0o600 });
    await runLines([line], {});
    await runLines([line], {});
  });

  it('in Kubernetes', async () => {
    const env = await file('7d');
    const [, job] = parseAllDocuments(await schedule('k8s')).map((document) => document.toJS());
    expect(job.spec.schedule).toBe('17 3 * * 1');
    const [container] = job.spec.jobTemplate.spec.template.spec.containers;
    const [args] = container.args as string[];
    await runLines([(args ?? '').replace('cp /keys/keys.yaml', 'cp keys.yaml')], env);
  });

  it.skipIf(missing('systemd-analyze'))('by systemd, at times that it understands', async () => {
    for (const every of ['30m', '6h', '1d', '3d', '7d', '90d']) {
      await file(every);
      const text = await schedule('systemd');
      const time = /^OnCalendar=(.*)$/m.exec(text)?.[1] ?? '';
      const { exitCode } = await execa('systemd-analyze', ['calendar', time], { reject: false });
      expect([every, exitCode]).toEqual([every, 0]);
      expect(text).toMatch(/^ExecStart=\/usr\/bin\/env keys apply keys\.yaml --yes$/m);
      expect(text).toContain(`WorkingDirectory=${folder}`);
    }
  });
});

it('says what each credential of a job must be able to do, and what a job cannot reach', async () => {
  writeFileSync(
    join(folder, 'keys.yaml'),
    `version: 1
accounts:
  mail: { provider: resend }
  edge: { provider: cloudflare }
  shop: { provider: keys, base_url: "http://127.0.0.1:8787" }
keys:
  - { name: a, account: mail, scopes: [sending_access], to: ["github:acme/billing#A", "github:acme/web#A@production"] }
  - { name: b, account: edge, scopes: ["1"], to: ["github:acme#B"] }
`,
  );
  for (const scheduler of ['github', 'gitlab', 'cron', 'systemd', 'k8s']) {
    const { code, stdout, stderr } = await keys.run(['schedule', scheduler], { cwd: folder });
    expect(code).toBe(0);
    const comments = stdout
      .split('\n')
      .flatMap((line) => (line.startsWith('#') ? [line.replace(/^# */, '')] : []))
      .join(' ');
    expect(comments).toContain(
      'KEYS_API_KEY_MAIL is the credential that manages the keys of mail. Resend: A key that may only send cannot manage keys: log in with one of full_access.',
    );
    expect(comments).toContain(
      'KEYS_API_KEY_SHOP is the management key of shop: at its key service, keys create NAME --scope keys:read',
    );
    expect(comments).not.toContain('example.com');
    expect(comments).toMatch(/KEYS_API_KEY_EDGE is .*: keys provider show cloudflare, and https:/);
    expect(comments).toContain(
      'GH_TOKEN is a fine-grained token with the permission "Secrets: read and write" and "Environments: read and write" for acme/billing, acme/web, and with the organization permission "Secrets: read and write" for acme.',
    );
    const resend = JSON.parse((await keys.run(['provider', 'show', 'resend', '--json'])).stdout);
    expect(comments).toContain(`the keys of mail. Resend: ${resend.credential_needs}`);
    expect(resend.notes.join(' ')).not.toContain(resend.credential_needs);
    const isHere = scheduler === 'cron' || scheduler === 'systemd';
    expect(stderr.includes(`a job of ${scheduler} cannot reach shop at http://127.0.0.1:8787`)).toBe(!isHere);
    if (scheduler === 'github' || scheduler === 'gitlab') expect(() => parse(stdout)).not.toThrow();
  }
});

it('names the address of a shared ledger as a secret, and the machine of a job by its scheduler', async () => {
  await file('1d');
  const env = { KEYS_LEDGER_URL: 'postgres://keys:fake-pass@db.example/team' };
  const { stdout } = await keys.run(['schedule', 'github'], { cwd: folder, env });
  expect(parse(stdout).jobs.apply.env).toMatchObject({
    KEYS_LEDGER_URL: '${{ secrets.KEYS_LEDGER_URL }}',
    KEYS_LEDGER_KEY: '${{ secrets.KEYS_LEDGER_KEY }}',
    KEYS_MACHINE: 'github',
  });
  expect(stdout).not.toContain('fake-pass');
});

it('names where the places are, and what logs in to them', async () => {
  const { url } = await vendorApi(resend);
  writeFileSync(
    join(folder, 'keys.yaml'),
    `version: 1
accounts: { mail: { provider: resend, base_url: "${url}" } }
keys:
  - { name: web, account: mail, scopes: [sending_access], to: ["vault:secret/app#web"] }
`,
  );
  const env = { VAULT_ADDR: 'https://vault.example.com:8200' };
  const { stdout } = await keys.run(['schedule', 'github'], { cwd: folder, env });
  expect(parse(stdout).jobs.apply.env).toMatchObject({
    VAULT_ADDR: env.VAULT_ADDR,
    VAULT_TOKEN: expect.stringContaining('secrets.VAULT_TOKEN'),
  });
  const cron = await keys.run(['schedule', 'cron'], { cwd: folder, env });
  expect(cron.stdout).toContain(`VAULT_ADDR=${env.VAULT_ADDR}`);
});

it('says what the places need of a job, and which of them do not outlive its machine', async () => {
  writeFileSync(
    join(folder, 'keys.yaml'),
    `version: 1
accounts:
  own: { provider: keys }
keys:
  - name: web
    account: own
    to: [app.env#WEB, "k8s:prod/edge/purger#WEB", "k8s:arn:aws:eks:eu-west-1:1:cluster/b/ns/s#WEB", "gitlab:acme/web#WEB", "exec:cat"]
`,
  );
  const env = { GITLAB_HOST: 'git.example', KUBECONFIG: '/home/anna/kube', VAULT_NAMESPACE: 'team' };
  const of = async (scheduler: string) => await keys.run(['schedule', scheduler], { cwd: folder, env });
  for (const scheduler of ['github', 'gitlab', 'k8s']) {
    const { stdout, stderr } = await of(scheduler);
    const text = stdout.replace(/\n# +/g, ' ');
    expect(text).toContain(
      'a kubeconfig with prod, arn:aws:eks:eu-west-1:1:cluster/b: write it in a step before',
    );
    expect(text).toContain(
      scheduler === 'github' ? 'Install in the job: glab.' : 'Install in the job: kubectl, glab.',
    );
    expect(text).toMatch(/GITLAB_HOST.*git\.example/);
    expect(text).not.toContain('/home/anna');
    expect(stderr).toMatch(/gone after each run, and what was delivered there with it: app\.env#WEB\n/);
  }
  for (const scheduler of ['cron', 'systemd']) {
    const { stdout, stderr } = await of(scheduler);
    expect(stdout).toContain('#   KUBECONFIG=/home/anna/kube\n');
    expect(stdout).not.toContain('VAULT_NAMESPACE');
    expect(stderr).not.toContain('gone after each run');
  }
});

describe('a job adds the modules of the user that the file needs', () => {
  async function ownFile(): Promise<Record<string, string>> {
    const server = await vendorServer();
    const added = await keys.run(['provider', 'add', writeVendorProvider(folder, { keepsMetadata: true })]);
    expect(added.code, added.stderr).toBe(0);
    writeFileSync(
      join(folder, 'keys.yaml'),
      `version: 1
accounts: { v: { provider: vendor, base_url: "${server.url}" } }
keys: [{ name: web, account: v, to: ["exec:cat > $HOME/own"] }]
`,
    );
    return {
      ...{ KEYS_API_KEY_V: server.admin, KEYS_BASE_URL_V: server.url, KEYS_PACKAGE: 'keys.tgz' },
      KEYS_LEDGER_KEY: Buffer.from('a ledger key of tests only, 32 b').toString('base64'),
    };
  }

  it.each(['github', 'gitlab'])('on a fresh machine of %s', async (scheduler) => {
    const env = await ownFile();
    const text = await schedule(scheduler);
    expect(text).not.toContain(folder);
    const job = parse(text);
    const lines: string[] =
      scheduler === 'github'
        ? job.jobs.apply.steps.flatMap(({ run }: { run?: string }) => run ?? [])
        : job['keys-apply'].script;
    expect((await keys.run(['provider', 'remove', 'vendor'])).code).toBe(0);
    const summary = join(keys.home, 'summary.md');
    writeFileSync(summary, '');
    const own = { CI: 'true', GITHUB_STEP_SUMMARY: summary, KEYS_DATA_DIR: join(keys.home, 'kept') };
    await runJob(lines, { ...env, ...own });
    expect(readFileSync(join(keys.home, 'own'), 'utf8')).not.toBe('');
  });

  it('in Kubernetes from the map, not on this machine, and with a warning from outside', async () => {
    await ownFile();
    const text = await schedule('k8s');
    expect(text).toMatch(/--from-file=vendor\.mjs=\.\/\S+\.mjs$/m);
    expect(text).toContain('keys provider add "$HOME/keys-apply/vendor.mjs"');
    expect(await schedule('cron')).not.toContain('provider add');
    mkdirSync(join(folder, 'sub'));
    const { stderr } = await keys.run(['schedule', 'github', '../keys.yaml'], { cwd: join(folder, 'sub') });
    expect(stderr).toContain('outside of this folder');
  });
});
