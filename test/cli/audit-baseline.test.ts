import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { gitRepository } from '../support/git-repository.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

const run = async (...args: string[]) => {
  const result = await keys.run(args, { cwd: keys.home });
  expect(result.code, result.stderr).toBe(0);
  return result;
};

/** Writes the report that the next audits are compared with. */
async function remember(...args: string[]): Promise<void> {
  writeFileSync(join(keys.home, 'last.json'), (await run('audit', '--json', ...args)).stdout);
}

const compared = async (...args: string[]) =>
  JSON.parse((await run('audit', '--json', '--baseline', 'last.json', ...args)).stdout);

function ignore(name: string): void {
  const entry = { rule: 'no-expiry', name, reason: 'ends with its job', expires: '2099-12-31' };
  writeFileSync(join(keys.home, 'keys-audit.json'), JSON.stringify({ ignore: [entry] }));
}

it('counts a finding that is ignored now as ignored, not as fixed, and names it with its reason', async () => {
  await run('create', 'old-deploy');
  await remember();
  ignore('old-*');
  const { summary } = await compared();
  expect(summary.trend).toMatchObject({ fixed: 0, ignored: 1, fixed_findings: [] });
  expect(summary.ignored_findings).toEqual([
    { rule: 'no-expiry', of: 'old-deploy', reason: 'ends with its job' },
  ]);
  await run('audit', '--baseline', 'last.json', '--html', 'audit.html');
  const page = readFileSync(join(keys.home, 'audit.html'), 'utf8');
  expect(page).toContain('0 fixed');
  expect(page).toContain('1 ignored now');
  expect(page).toContain('no-expiry of old-deploy: ends with its job');
});

it('takes the finding of a rolled key for the one that it was, and a revoked key for fixed', async () => {
  for (const name of ['payments', 'gone']) await run('create', name);
  await remember();
  for (let i = 0; i < 2; i++) await run('roll', 'payments', '--now', '--yes', '--json');
  const rolled = await compared();
  const ofPayments = rolled.findings.filter(
    ({ rule, key }: { rule: string; key: { name: string } | null }) =>
      rule === 'no-expiry' && key?.name === 'payments',
  );
  expect(ofPayments).toMatchObject([{ baseline_state: 'unchanged' }]);
  expect(rolled.summary.trend).toMatchObject({ new: 0, fixed: 0 });
  await run('revoke', 'gone', '--yes');
  expect((await compared()).summary.trend.fixed_findings).toContainEqual({ rule: 'no-expiry', of: 'gone' });
});

it('marks what is new in HTML, SARIF and a pipe, and what was there before in SARIF', async () => {
  await run('create', 'before');
  await remember();
  await run('create', 'later');
  await run('audit', '--baseline', 'last.json', '--html', 'audit.html', '--sarif', 'audit.sarif');
  const page = readFileSync(join(keys.home, 'audit.html'), 'utf8');
  expect(page.match(/no-expiry \(new\)/g)).toHaveLength(1);
  const { runs } = JSON.parse(readFileSync(join(keys.home, 'audit.sarif'), 'utf8'));
  const states = runs[0].results
    .filter(({ ruleId }: { ruleId: string }) => ruleId === 'no-expiry')
    .map(({ baselineState }: { baselineState: string }) => baselineState);
  expect(states.sort()).toEqual(['new', 'unchanged']);
  const lines = (await run('audit', '--baseline', 'last.json')).stdout.split('\n');
  const marked = lines.filter((line) => line.endsWith('\tnew'));
  expect(marked.length).toBeGreaterThan(0);
  for (const line of marked) expect(line).toContain('later');
  expect((await run('audit', '--sarif')).stdout).not.toContain('baselineState');
});

it('has what is gone in SARIF as absent, with the fingerprint and the words that it had', async () => {
  for (const name of ['stays', 'gone']) await run('create', name);
  await remember('--all-profiles');
  await run('revoke', 'gone', '--yes');
  await run('audit', '--baseline', 'last.json', '--sarif', 'audit.sarif');
  const { findings } = JSON.parse(readFileSync(join(keys.home, 'last.json'), 'utf8'));
  const before = findings.filter(({ key }: { key: { name: string } | null }) => key?.name === 'gone');
  const { runs } = JSON.parse(readFileSync(join(keys.home, 'audit.sarif'), 'utf8'));
  type Result = { baselineState: string; partialFingerprints: { 'keysAudit/v1': string } };
  const absent = runs[0].results.filter(({ baselineState }: Result) => baselineState === 'absent');
  expect(before.length).toBeGreaterThan(0);
  expect(absent.map(({ partialFingerprints }: Result) => partialFingerprints['keysAudit/v1'])).toEqual(
    before.map(({ fingerprint }: { fingerprint: string }) => fingerprint),
  );
  const [{ rule, message, key }] = before;
  expect(absent[0]).toMatchObject({
    ruleId: rule,
    message: { text: `gone (${key.id}): ${message}` },
    locations: [{ logicalLocations: [{ name: 'gone' }], physicalLocation: { region: { startLine: 1 } } }],
  });
  expect(runs[0].tool.driver.rules[(absent[0] as { ruleIndex: number }).ruleIndex].id).toBe(rule);
});

it('calls nothing fixed that this audit did not look for, and says in HTML what was searched', async () => {
  const { root, commit } = gitRepository();
  await run('create', 'web', '--to', 'web.env#WEB');
  const [, secret = ''] = readFileSync(join(keys.home, 'web.env'), 'utf8').trim().split('=');
  commit('config.ts', secret);
  await remember('--repo', root);
  expect((await compared()).summary.trend.fixed).toBe(0);
  const searched = async (...args: string[]) => {
    await run('audit', '--html', 'audit.html', ...args);
    return readFileSync(join(keys.home, 'audit.html'), 'utf8');
  };
  expect(await searched()).toContain('<dd>not searched</dd>');
  expect(await searched('--repo', root)).toContain(`${root}, as it is now, without its history`);
  expect(await searched('--repo', root, '--history')).toContain(`${root}, with its whole history`);
});
