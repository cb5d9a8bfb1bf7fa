import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';

const DAY_MS = 86_400_000;
/** A key of a month has expired by then. */
const later = { aheadMs: 40 * DAY_MS };

async function home(): Promise<KeysInProcess> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await storeSecretsInFile(keys);
  return keys;
}

const text = (keys: KeysInProcess, file: string) => readFileSync(join(keys.home, file), 'utf8');

/** A key of a month at a place, which has expired. */
async function expired(keys: KeysInProcess) {
  const place = `${join(keys.home, '.env')}#OLD`;
  const args = ['create', '--name', 'old', '--expires', '30d', '--to', place, '--json'];
  const created = await keys.run(args);
  expect(created).toMatchObject({ code: 0 });
  return { id: JSON.parse(created.stdout).id as string, place, args };
}

describe('a key that has expired', () => {
  it('leaves its name free: a create makes another one at its place', async () => {
    const keys = await home();
    const { id, args } = await expired(keys);
    const before = text(keys, '.env');
    const dry = await keys.run([...args, '--dry-run'], later);
    const again = await keys.run(args, later);
    expect([dry.code, again.code, again.stderr]).toEqual([0, 0, expect.not.stringContaining('superseded')]);
    const { id: next } = JSON.parse(again.stdout);
    expect(next).not.toBe(id);
    expect(text(keys, '.env')).not.toBe(before);
    const value = text(keys, '.env').replace('OLD=', '').trim();
    expect((await keys.run(['verify'], { stdin: value, ...later })).code).toBe(0);
    // The name is the new key's from now on, and a roll succeeds that one.
    const rolled = await keys.run(['roll', 'old', '--now', '--yes', '--json'], later);
    expect(JSON.parse(rolled.stdout).previous).toMatchObject({ id: next, status: 'revoked' });
    expect((await keys.run(['create', '--name', 'old'], later)).code).toBe(6);
  });

  it('is created again where its create is finished by a later run', async () => {
    const keys = await home();
    await expired(keys);
    const ready = join(keys.home, 'ready');
    const waits = await keys.run(['create', '--name', 'old', '--to', `exec:test -e ${ready}`], later);
    expect(waits.code).toBe(9);
    // The name means the key that waits for its place, and not the one that has ended.
    const shown = await keys.run(['show', 'old', '--json'], later);
    expect(JSON.parse(shown.stdout)).toMatchObject({ status: 'active' });
    writeFileSync(ready, '');
    expect(await keys.run(['resume'], later)).toMatchObject({ code: 0 });
  });

  it('cannot be rolled: the refusal says when it expired, and how to replace it', async () => {
    const keys = await home();
    const { id } = await expired(keys);
    const rolled = await keys.run(['roll', 'old', '--yes'], later);
    expect([rolled.code, rolled.stderr]).toEqual([
      6,
      expect.stringMatching(new RegExp(`old \\(${id}\\) expired at \\d{4}-.*it cannot be rolled`)),
    ]);
    expect(rolled.stderr).toContain('keys create old creates another one');
    expect(rolled.stderr).not.toMatch(/restored from a backup|revoked elsewhere/);
  });

  it('has nothing to deliver, and is no key that works', async () => {
    const keys = await home();
    await expired(keys);
    const to = `${join(keys.home, '.other')}#OLD`;
    const delivered = await keys.run(['deliver', 'old', '--to', to], later);
    expect([delivered.code, delivered.stderr]).toEqual([
      6,
      expect.stringContaining('old was revoked or has expired: there is no secret to deliver'),
    ]);
  });

  it('is created again by apply', async () => {
    const keys = await home();
    const file = join(keys.home, 'keys.yaml');
    const entry = '  - { name: old, account: here, expires: 30d, to: [.env#OLD] }';
    writeFileSync(file, `version: 1\naccounts:\n  here: { provider: keys }\nkeys:\n${entry}\n`);
    const at = { cwd: keys.home };
    expect(await keys.run(['apply', '--yes'], at)).toMatchObject({ code: 0 });
    const before = text(keys, '.env');
    const planned = await keys.run(['plan', '--json'], { ...at, ...later });
    expect(planned.code).toBe(10);
    const applied = await keys.run(['apply', '--yes'], { ...at, ...later });
    expect([applied.code, applied.stderr]).toEqual([0, expect.not.stringContaining('superseded')]);
    expect(text(keys, '.env')).not.toBe(before);
    expect((await keys.run(['plan'], { ...at, ...later })).code).toBe(0);
  });
});
