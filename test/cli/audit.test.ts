import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import type { AuditSummary } from '../../src/audit/tally.js';
import { summaryLines } from '../../src/cli/audit/audit-summary.js';
import { isoTime } from '../../src/domain/clock.js';
import { generateSecret } from '../../src/domain/secret-format.js';
import { openLedger } from '../../src/storage/ledger/ledger.js';
import { idempotent } from '../contract/key-service.js';
import { GIT_ENV, gitRepository, writeIn } from '../support/git-repository.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { inDays } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

const ROOT = join(import.meta.dirname, '../..');

async function program() {
  const keys = await keysInProcess(GIT_ENV);
  onTestFinished(() => keys.remove());
  const create = async (...flags: string[]): Promise<{ id: string; secret: string }> => {
    const { code, stdout, stderr } = await keys.run(['create', '--json', ...flags]);
    expect(stderr + code).toMatch(/0$/);
    return JSON.parse(stdout);
  };
  const audit = async (...flags: string[]) => {
    const { code, stdout, stderr } = await keys.run(['audit', '--json', ...flags]);
    expect(stdout, stderr).not.toBe('');
    return { code, stderr, ...(JSON.parse(stdout) as Audit) };
  };
  return { ...keys, create, audit };
}

interface Audit {
  readonly findings: ReadonlyArray<{
    rule: string;
    severity: string;
    message: string;
    fix: string | null;
    key: { id: string; name: string; profile: string | null } | null;
    location: { file: string; line: number; commit?: string } | null;
  }>;
  readonly summary: {
    keys: number;
    ignored: number;
    findings: Record<string, number>;
    keys_by_worst: Record<string, number>;
    sources: ReadonlyArray<{
      profile: string | null;
      address: string | null;
      keys: number;
      error: { code: string } | null;
    }>;
    cannot_tell: ReadonlyArray<{ rule: string; keys: number }>;
  };
}
const rules = ({ findings }: Pick<Audit, 'findings'>) => findings.map(({ rule }) => rule).toSorted();

it('says of each key what should not be so, and exits 8 only where asked to', async () => {
  const { run, create } = await program();
  const { id } = await create('--name', 'test');
  const scoped = ['--scope', 'invoices:read', '--expires', '60d'];
  await create('--name', 'web shop', ...scoped);
  const found = await run(['audit']);
  expect(found.stderr).toBe('');
  expect(found.stdout.split('\n').map((line) => line.split('\t').slice(0, 4).join(' '))).toEqual([
    `low no-expiry ${id} test`,
    `low over-broad ${id} test`,
    `low unnamed ${id} test`,
    '',
  ]);
  expect(found.code).toBe(0);
  expect((await run(['audit', '--fail-on', 'medium'])).code).toBe(0);
  const failed = await run(['audit', '--fail-on', 'low']);
  expect([failed.code, failed.stdout]).toEqual([8, found.stdout]);
  expect(failed.stderr).toContain('keys: error: 3 findings of severity low or above');
  expect((await run(['audit', '--max-age', '0', '--fail-on', 'medium'])).code).toBe(8);
  await run(['revoke', id, '--yes']);
  expect(await run(['audit', '--fail-on', 'low'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('prints JSON as its schema says, and no secret', async () => {
  const { run, create } = await program();
  const { secret } = await create('--name', 'key1');
  const ajv = new Ajv({ strict: false });
  addFormats.default(ajv);
  const validate = ajv.compile(
    JSON.parse(readFileSync(join(ROOT, 'src/audit/reports/audit-report.schema.json'), 'utf8')),
  );
  const { stdout, stderr, code } = await run(['audit', '--json', '--fail-on', 'low', '--ledger']);
  validate(JSON.parse(stdout));
  expect(validate.errors).toBe(null);
  expect(code).toBe(8);
  expect(JSON.parse(stderr).error.code).toBe('audit_found');
  expect(stdout + stderr).not.toContain(secret);
});

it('writes every report in one run, each where it was asked to', async () => {
  const { run, create, home } = await program();
  await create('--name', 'key1');
  const at = (name: string) => join(home, name);
  writeFileSync(at('summary'), 'before\n');
  const { code, stdout, stderr } = await run(
    [
      'audit',
      '--json',
      '--sarif',
      at('a.sarif'),
      '--markdown',
      at('a.md'),
      '--html',
      at('a.html'),
      '--step-summary',
    ],
    { env: { GITHUB_STEP_SUMMARY: at('summary') } },
  );
  expect(code).toBe(0);
  expect(stderr).toContain(`wrote ${at('a.sarif')}\n`);
  expect(stderr).toContain(`wrote ${at('a.html')}: open it in a browser\n`);
  const { findings } = JSON.parse(stdout);
  expect(JSON.parse(readFileSync(at('a.sarif'), 'utf8')).runs[0].results).toHaveLength(findings.length);
  const markdown = readFileSync(at('a.md'), 'utf8');
  expect(readFileSync(at('summary'), 'utf8')).toBe(`before\n${markdown}`);
  expect(readFileSync(at('a.html'), 'utf8')).toMatch(/<\/html>\n$/);
  expect(JSON.parse((await run(['audit', '--sarif'])).stdout).version).toBe('2.1.0');
  expect((await run(['audit', '--markdown'])).stdout).toBe(markdown);
});

it.each([
  [['--json', '--sarif'], '--json and --sarif cannot both go to stdout'],
  [['--markdown', '--sarif'], '--sarif and --markdown cannot both go to stdout'],
  [['--step-summary'], 'GITHUB_STEP_SUMMARY is not set'],
  [['--max-age', 'old'], 'not a duration'],
  [['--config', '/nowhere.json'], 'cannot read /nowhere.json'],
  [['--all-profiles', '--profile', 'x'], '--all-profiles excludes --profile'],
  [['--fail-on', 'all'], 'argument'],
])('refuses %j', async (flags, message) => {
  const { run } = await program();
  const { code, stderr, stdout } = await run(['audit', ...flags]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

it('leaves no half a report, and none that was there is lost', async () => {
  const { run, home } = await program();
  const path = join(home, 'audit.html');
  writeFileSync(path, 'before');
  const failed = await run(['audit', '--html', path, '--repo', join(home, 'nowhere')]);
  expect(failed.code).toBe(3);
  expect(readFileSync(path, 'utf8')).toBe('before');
  expect(readdirSync(home).filter((name) => name.includes('audit'))).toEqual(['audit.html']);
  expect((await run(['audit', '--html', join(home, 'no/audit.html')])).code).toBe(6);
});

it('looks at every service that is known here, and passes none that it could not look at', async () => {
  const { run, create, audit, home } = await program();
  const { url, managementKey } = await startTestService();
  const remote = testClient(url, managementKey).service;
  const elsewhere = await remote.create(
    { name: 'made elsewhere' },
    { idempotencyKey: Buffer.alloc(32, 1).toString('base64url') },
  );
  await create('--name', 'here');
  await run(['login', '--base-url', url, '--profile', 'team', '--insecure-storage', '--with-token'], {
    stdin: managementKey,
  });
  await run(['profile', 'add', 'pay', '--policy', 'jahuty']);
  const all = await audit('--all-profiles', '--ledger', '--fail-on', 'high');
  expect(all.summary.sources.map(({ profile, error }) => [profile, error])).toEqual([
    ['team', null],
    ['pay', null],
    [null, null],
  ]);
  expect(all.code).toBe(8);
  // Its fix depends on whether this machine has a keychain.
  expect(all.findings.find(({ rule }) => rule === 'plaintext-credential')?.severity).toBe('high');
  const owner = all.findings.filter(({ rule, key }) => rule === 'unknown-owner' && key?.profile === 'team');
  expect(owner.map(({ key }) => key?.name)).toContain('made elsewhere');
  expect(owner.find(({ key }) => key?.id === elsewhere.key.id)?.fix).toBe(
    `keys revoke ${elsewhere.key.id} --profile team`,
  );
  expect(all.findings.filter(({ rule, key }) => rule === 'unknown-owner' && key?.name === 'here')).toEqual(
    [],
  );
  await run(['profile', 'add', 'dead', '--base-url', 'http://127.0.0.1:9']);
  const some = await run(['audit', '--all-profiles', '--html', join(home, 'all.html')]);
  expect(some.code).toBe(5);
  expect(some.stderr).toContain('keys: warning: dead could not be audited');
  expect(readFileSync(join(home, 'all.html'), 'utf8')).toContain('dead could not be audited');
  // One alone, whatever the others are like.
  expect((await audit('--profile', 'pay')).summary.sources).toHaveLength(1);
});

it('finds the keys of a repository, with the command that ends each', async () => {
  const { run, create, audit } = await program();
  const web = await create('--name', 'web shop', '--scope', 'a:b', '--expires', '60d');
  const foreign = generateSecret('sk_live_');
  const repository = gitRepository();
  const commit = repository.commit('old.txt', foreign);
  repository.commit('old.txt', 'gone');
  repository.commit('src/config.ts', `\nconst key = '${web.secret}';\n`);
  repository.write('.gitignore', '.env*\n');
  for (const file of ['.env', '.env.test', '.env.example', 'node_modules/x/.env']) {
    writeIn(repository.root, file, `KEY=${web.secret}\n`);
  }
  const there = `'${repository.root}/.env.test#KEY'`;
  const found = await audit('--repo', repository.root, '--history', '--fail-on', 'high');
  expect(found.code).toBe(8);
  expect(
    found.findings.map(({ rule, location, fix }) => [rule, location?.file, location?.commit, fix]),
  ).toEqual([
    ['in-repository', 'src/config.ts', undefined, `keys roll ${web.id} --now`],
    ['shared', '.env.test', undefined, `keys create --name NAME --to ${there} --replace`],
    [
      'live-key-in-test',
      '.env.test',
      undefined,
      `keys create --name NAME --environment test --to ${there} --replace`,
    ],
    ['in-repository', 'old.txt', commit, null],
  ]);
  // A key in a file is no key without a finding.
  expect(found.summary.keys_by_worst).toEqual({ high: 1, medium: 0, low: 0, none: 0 });
  expect(JSON.stringify(found.findings)).not.toContain(foreign.slice(-8));
  expect(JSON.stringify(found.findings)).not.toContain(web.secret.slice(-8));
  // The command does what it says, and then the key is harmless.
  const [, ...command] = (found.findings[0]?.fix ?? '').split(' ');
  expect((await run([...command, '--yes', '--json'])).code).toBe(0);
  const after = await audit('--repo', repository.root);
  expect(after.findings.find(({ rule }) => rule === 'in-repository')).toMatchObject({
    severity: 'low',
    message: expect.stringContaining('which no longer works'),
    fix: null,
  });
  // A key of the right environment in its place settles both findings of the env file.
  const replaced = (found.findings[2]?.fix ?? '').replaceAll("'", '').replace('NAME', 'tests').split(' ');
  expect((await run([...replaced.slice(1), '--yes'])).code).toBe(0);
  const last = await audit('--repo', repository.root);
  expect(last.findings.filter(({ location }) => location?.file === '.env.test')).toEqual([]);
});

it('recommends what works for a key in a file that keys delivers to', async () => {
  const { run, audit } = await program();
  const { root, write, commit } = gitRepository();
  write('.gitignore', 'node_modules\n');
  const at = (file: string) => join(root, file);
  for (const [name, file] of [
    ['web', 'web.env'],
    ['shop', 'shop.env'],
  ] as const)
    expect((await run(['create', name, '--to', `${at(file)}#KEY`])).code).toBe(0);
  commit('web.env', readFileSync(at('web.env'), 'utf8'));
  const found = async () =>
    (await audit('--repo', root)).findings.filter(({ rule }) => rule === 'in-repository');
  const shell = async (command: string) =>
    execFileSync('bash', ['-c', command.replace(/&& keys .*/, '')], { cwd: root });
  const [shop, web] = (await found()).toSorted((a, b) =>
    String(a.location?.file).localeCompare(String(b.location?.file)),
  );
  expect(shop).toMatchObject({
    message: expect.stringContaining('in a file that git does not ignore'),
    fix: `echo /shop.env >> ${root}/.gitignore`,
  });
  expect(web).toMatchObject({
    message: expect.stringContaining('in a file that git tracks'),
    fix: `git -C ${root} rm --quiet --cached -- web.env && keys roll ${web?.key?.id} --now`,
  });
  const roll = ['roll', 'web', '--now', '--yes'];
  expect((await run(roll)).code).toBe(6);
  for (const one of [shop, web]) await shell(one?.fix ?? '');
  // What git said is kept for a run.
  expect(await run(roll)).toMatchObject({ code: 0 });
  const left = await found();
  expect(left.map(({ fix }) => fix)).toEqual([`echo /web.env >> ${root}/.gitignore`]);
  await shell(left[0]?.fix ?? '');
  expect(await found()).toEqual([]);
});

it('names a file that is there for what is in no file, in SARIF', async () => {
  const { create, env } = await program();
  await create('--name', 'web');
  const folder = temporaryFolder();
  const uris = () => {
    const args = ['--', BIN, 'audit', '--sarif'];
    const text = execFileSync(process.execPath, args, { cwd: folder, env: { ...env }, encoding: 'utf8' });
    return new Set(
      JSON.parse(text).runs[0].results.map(
        (one: { locations: Array<{ physicalLocation: { artifactLocation: { uri: string } } }> }) =>
          one.locations[0]?.physicalLocation.artifactLocation.uri,
      ),
    );
  };
  expect(uris()).toEqual(new Set(['keys-audit.json']));
  writeIn(folder, 'README.md', '');
  expect(uris()).toEqual(new Set(['README.md']));
});

it('knows a key that only the service has by how it begins and ends', async () => {
  const { audit, run } = await program();
  const { url, managementKey } = await startTestService();
  const { key, credential } = await testClient(url, managementKey).service.create(
    { name: 'made elsewhere' },
    { idempotencyKey: Buffer.alloc(32, 1).toString('base64url') },
  );
  const { root, write } = gitRepository();
  write('a', 'secret' in credential ? credential.secret : '');
  await run(['login', '--base-url', url, '--profile', 'team', '--insecure-storage', '--with-token'], {
    stdin: managementKey,
  });
  const { findings } = await audit('--repo', root, '--profile', 'team');
  expect(findings.find(({ rule }) => rule === 'in-repository')).toMatchObject({
    key: { id: key.id, profile: 'team' },
    fix: `keys roll ${key.id} --now --profile team`,
  });
});

it('has no finding in its own dependencies', async () => {
  const { audit } = await program();
  // A copy: where they are, git leaves them out.
  const copy = temporaryFolder();
  for (const name of ['zod', 'undici', 'hono', 'execa', 'conf', '@inquirer']) {
    cpSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name), { recursive: true });
  }
  const { findings, summary } = await audit('--repo', copy);
  expect([findings, summary.keys]).toEqual([[], 0]);
});

it('leaves out what is ignored, and says which ignores are stale', async () => {
  const { create, audit, run, home } = await program();
  await create('--name', 'ci-1');
  const config = join(home, 'audit.json');
  const ignore = (rule: string, name: string, expires: string) => ({
    rule,
    name,
    reason: 'for the test',
    expires,
  });
  const tomorrow = isoTime(Date.now() + 86_400_000).slice(0, 10);
  writeFileSync(
    config,
    JSON.stringify({
      thresholds: { max_age: '0' },
      ignore: [
        ignore('no-expiry', 'ci-*', tomorrow),
        ignore('over-broad', 'ci-*', '2020-01-01'),
        ignore('unused', '*', tomorrow),
      ],
    }),
  );
  const found = await audit('--config', config);
  expect(rules(found)).toEqual(['over-broad', 'stale-ignore', 'stale-ignore', 'too-old']);
  expect(found.summary.ignored).toBe(1);
  expect(found.findings.filter(({ rule }) => rule === 'stale-ignore').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^entry 2 of ignore, of over-broad, expired \d+ days ago$/),
    'entry 3 of ignore, of unused, matches nothing',
  ]);
  // A flag wins over the file.
  expect(rules(await audit('--config', config, '--max-age', '1d'))).not.toContain('too-old');
  writeFileSync(
    config,
    JSON.stringify({ ignore: [{ rule: 'no-expiry', name: 'x', expires: inDays(30).slice(0, 10) }] }),
  );
  const wrong = await run(['audit', '--config', config]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('reason in ignore: ');
});

it('takes the config of the folder that it is run in', async () => {
  const { create, env } = await program();
  await create('--name', 'ci-1');
  const folder = temporaryFolder();
  const run = () =>
    execFileSync(process.execPath, ['--', BIN, 'audit'], { cwd: folder, env: { ...env }, encoding: 'utf8' });
  expect(run()).toContain('no-expiry');
  writeIn(
    folder,
    'keys-audit.json',
    JSON.stringify({ ignore: [{ rule: 'no-expiry', name: 'ci-*', reason: 'short', expires: '2999-01-01' }] }),
  );
  expect(run()).not.toContain('no-expiry');
});

it('says what a vendor does not tell, and finds nothing in it', async () => {
  const { audit, run, home } = await program();
  const imported = await run(['import', '--provider', 'swiftsell', '--name', 'Shop', '--insecure-storage'], {
    stdin: `ss_${'a1'.repeat(20)}`,
  });
  expect(imported.stderr + imported.code).toMatch(/0$/);
  const { findings, summary } = await audit('--provider', 'swiftsell', '--fail-on', 'medium');
  // The ledger's own word for a key of which nothing else was said.
  expect(findings.map(({ rule }) => rule)).toEqual(['no-expiry']);
  expect(summary.cannot_tell.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['unused', 'never-used', 'over-broad']),
  );
  expect(summary.cannot_tell.every(({ keys }) => keys === 1)).toBe(true);
  // By the ledger it should be rolled within 90 days.
  const ledger = await openLedger(join(home, '.local/share/keys'));
  const [entry] = await ledger.keys();
  if (entry === undefined) throw new Error('not in the ledger');
  await ledger.put({ ...entry, roll_by: Date.now() - 5 * 86_400_000 }, Date.now());
  await ledger.close();
  const due = await audit('--provider', 'swiftsell');
  expect(due.findings.find(({ rule }) => rule === 'too-old')).toMatchObject({
    message: 'should have been rolled 5 days ago',
    fix: `keys roll ${entry.key.id} --provider swiftsell`,
  });
  expect((await audit('--all-profiles')).summary.sources.map(({ address }) => address)).toEqual([
    'dashboard',
  ]);
});

it('finds rolls that were left half-way, and old keys whose end was missed', async () => {
  const { create, audit, home } = await program();
  const old = await create('--name', 'web shop', '--scope', 'a:b', '--expires', '60d');
  const ledger = await openLedger(join(home, '.local/share/keys'));
  const operation = {
    id: 'op_1',
    kind: 'roll',
    target: { provider: 'keys', profile: null, baseUrl: null, set: {}, useEnvironmentKey: false },
    address: 'embedded',
    idempotencyKey: 'x',
    idempotent: true,
    request: { roll: old.id, name: 'web shop' },
    key: null,
    previous: null,
    escrow: null,
    deliveries: [],
    verify: false,
    retire: null,
    managed: 'mk_1',
    draft: null,
    name: 'web shop',
    inPlace: false,
    revokeFirst: false,
    census: null,
    absent_since: null,
    step: 'sent',
    created_at: Date.now() - 7_200_000,
  } as const;
  const at = Date.now() - 7_200_000;
  const retire = { id: old.id, name: 'web shop', grace_ms: 1, at, since: at, settable: false };
  const leases = ledger.leases({ now: Date.now });
  const taken = await leases.take('mk_1', { machine: 'elsewhere', pid: 1 }, () => true);
  if (!taken.taken) throw new Error('the lease is held');
  await ledger.saveOperation(operation, taken.lease);
  await ledger.saveOperation({ ...operation, id: 'op_2', step: 'retiring', retire }, taken.lease);
  await ledger.close();
  expect((await audit()).findings.map(({ rule, message, fix }) => [rule, message, fix])).toEqual([
    ['retiring-overdue', 'should have stopped working 2 hours ago, but still works', 'keys resume'],
    ['retiring-overdue', 'the roll of web shop started 2 hours ago and is not finished', 'keys resume op_1'],
  ]);
});

it('finds one key at several addresses of the ledger', async () => {
  const { create, audit, home } = await program();
  const { id } = await create('--name', 'web shop', '--scope', 'a:b', '--expires', '60d');
  const ledger = await openLedger(join(home, '.local/share/keys'));
  const [entry] = await ledger.keys();
  if (entry === undefined) throw new Error('not in the ledger');
  await ledger.put({ ...entry, address: 'https://keys.example.com' }, Date.now());
  await ledger.close();
  expect((await audit()).findings).toEqual([
    expect.objectContaining({
      rule: 'shared',
      message: 'the ledger has it at 2 addresses: https://keys.example.com, embedded',
      fix: null,
      key: expect.objectContaining({ id }),
    }),
  ]);
});

it('counts a key once where two profiles lead to it', async () => {
  const [{ run, audit }, service] = await Promise.all([program(), startTestService()]);
  for (const profile of ['one', 'two']) {
    const flags = ['--base-url', service.url, '--profile', profile, '--with-token', '--insecure-storage'];
    expect(await run(['login', ...flags], { stdin: service.managementKey })).toMatchObject({ code: 0 });
  }
  const alone = await audit('--profile', 'one');
  const all = await audit('--all-profiles');
  expect(all.summary.keys).toBe(alone.summary.keys);
  const ofKeys = (found: Audit) => found.findings.filter(({ key }) => key !== null).length;
  expect(ofKeys(all)).toBe(ofKeys(alone));
  // Each profile keeps its own credential in the file.
  expect(rules(all).filter((rule) => rule === 'plaintext-credential')).toHaveLength(2);
});

it('says how old the credential is that the program itself uses', async () => {
  const [{ run, audit }, service] = await Promise.all([program(), startTestService()]);
  const flags = ['--base-url', service.url, '--profile', 'team', '--with-token', '--insecure-storage'];
  await run(['login', ...flags], { stdin: service.managementKey });
  const { summary } = await audit('--profile', 'team');
  expect(summary.sources).toEqual([
    expect.objectContaining({ credential_stored_at: expect.stringMatching(/^\d{4}-.*Z$/) }),
  ]);
  const lines = summaryLines(summary as unknown as AuditSummary, Date.now() + 12 * 86_400_000);
  expect(lines).toContain('credentials of keys itself, stored: team 12d ago');
  // The embedded service needs none.
  expect((await audit()).summary.sources[0]).not.toHaveProperty('credential_stored_at');
});

it('lists a key once where two profiles lead to it, with its mark whichever of them has it', async () => {
  const [{ run }, service] = await Promise.all([program(), startTestService()]);
  const login = async (profile: string, secret: string) => {
    const flags = ['--base-url', service.url, '--profile', profile, '--with-token', '--insecure-storage'];
    expect(await run(['login', ...flags], { stdin: secret })).toMatchObject({ code: 0 });
  };
  await login('one', service.managementKey);
  const own = ['create', 'second', '--scope', 'keys:read', '--profile', 'one', '--raw'];
  const second = (await run(own)).stdout.trim();
  await login('two', second);
  const listed = async (...flags: string[]) =>
    JSON.parse((await run(['list', '--json', ...flags])).stdout) as Array<Record<string, unknown>>;
  const alone = await listed('--profile', 'one');
  const all = await listed('--all-profiles');
  expect(all.map(({ id }) => id).toSorted()).toEqual(alone.map(({ id }) => id).toSorted());
  const marked = all.filter((key) => key['logged_in_with'] === true).map(({ name }) => name);
  expect(marked.toSorted()).toEqual(['management key', 'second']);
});

it.each(['keys', 'trust-swiftly'])(
  'advises only updates that a service under the policy %s makes',
  async (policy) => {
    const { run, audit } = await program();
    const service = await startTestService({ policy });
    const remote = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
    await testClient(service.url, service.managementKey).service.create({ name: 'key 1' }, idempotent());
    await run(
      ['login', '--base-url', service.url, '--profile', 'team', '--insecure-storage', '--with-token'],
      {
        stdin: service.managementKey,
      },
    );
    const { findings } = JSON.parse((await run(['audit', '--json'], { env: remote })).stdout) as Audit;
    const withProfile = await audit('--profile', 'team');
    const updates = [...findings, ...withProfile.findings].filter(
      ({ fix, key }) => key?.name === 'key 1' && fix?.startsWith('keys update'),
    );
    expect(updates.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['no-expiry', 'unnamed']));
    expect(updates.some(({ rule }) => rule === 'over-broad')).toBe(policy === 'keys');
    for (const { fix } of updates) {
      const args = fix?.replace('RANGE', '203.0.113.0/24').split(' ').slice(1) ?? [];
      const { code, stderr } = await run(args, { env: args.includes('--profile') ? {} : remote });
      expect([fix, stderr, code]).toEqual([fix, expect.any(String), 0]);
    }
  },
);

it('compares with a report that comes through a pipe of the shell', async () => {
  const { run, home, env } = await program();
  await run(['create', 'web', '--raw']);
  writeFileSync(join(home, 'last.json'), (await run(['audit', '--json'])).stdout);
  const { exitCode, stderr, stdout } = await execa(
    'bash',
    ['-c', '"$NODE" -- "$BIN" audit --json --baseline <(cat last.json)'],
    { cwd: home, env: { ...env, NODE: process.execPath, BIN }, extendEnv: false, reject: false },
  );
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('regular file')]);
  expect(JSON.parse(stdout).summary.trend).toMatchObject({ new: 0, fixed: 0 });
});
