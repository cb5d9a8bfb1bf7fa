import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { terminal } from '../support/terminal.js';

/** A revoked key whose expiry has not come, an old key that was never used, and one without an end. */
async function home(): Promise<KeysInProcess> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  for (const [name, ...more] of [
    ['gone', '--expires', '2d'],
    ['endless'],
    ['works', '--expires', '90d'],
  ] as const)
    await keys.run(['create', String(name), ...more, '--raw']);
  expect((await keys.run(['revoke', 'gone', 'endless', '--yes'])).code).toBe(0);
  return keys;
}

it('shows no end in the future of a revoked key, in a list, a record, JSON and a pipe', async () => {
  const keys = await home();
  const listed = JSON.parse((await keys.run(['list', '--all', '--json'])).stdout);
  const [works, endless, gone] = listed;
  expect(gone).toMatchObject({ name: 'gone', status: 'revoked' });
  expect(gone).not.toHaveProperty('expires_at');
  expect(endless.expires_at).toBeNull();
  expect(works.expires_at).toMatch(/Z$/);
  const record = JSON.parse((await keys.run(['show', gone.id, '--json'])).stdout);
  expect(record).not.toHaveProperty('expires_at');
  expect(record.revoked_at).toMatch(/Z$/);
  expect((await keys.run(['show', gone.id])).stdout).toContain('expires_at\t\n');
  const list = terminal(keys, ['list', '--all', '--columns', 'name,expires_at']);
  expect(await list.ended).toBe(0);
  expect((await list.screen()).slice(1)).toEqual(['works    in 90d', 'endless  -', 'gone     -']);
  for (const id of [gone.id, endless.id]) {
    const shown = terminal(keys, ['show', id]);
    expect(await shown.ended).toBe(0);
    const lines = await shown.screen();
    expect(lines.filter((line) => /^expires/.test(line))).toEqual([]);
    expect(lines.find((line) => /^revoked by/.test(line))).toMatch(/^revoked by +a person on this machine$/);
  }
});

it('counts the revoked keys of an audit apart, and calls no key in use that was never used', async () => {
  const keys = await home();
  const page = join(keys.home, 'audit.html');
  const audit = terminal(keys, ['audit', '--html', page], { cols: 160 });
  expect(await audit.ended).toBe(0);
  expect(audit.shown()).toMatch(/^3 keys, of which 2 revoked, by the worst finding: /m);
  expect(audit.shown()).not.toContain('oldest key in use');
  const html = readFileSync(page, 'utf8');
  expect(html).toContain('<b>3 keys</b>, of which 2 revoked, by the worst finding');
  expect(html).not.toContain('Oldest key in use');
  const article = html.split('<article').find((text) => text.includes('>gone<'));
  expect(article).toContain('revoked');
  expect(article).not.toMatch(/ends|class="bar (ahead|open)"/);
  const { summary } = JSON.parse((await keys.run(['audit', '--json'])).stdout);
  expect(summary).toMatchObject({ keys: 3, revoked: 2, oldest: null });
});
