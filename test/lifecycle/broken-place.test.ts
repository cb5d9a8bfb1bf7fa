import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

const HOUR_MS = 3_600_000;

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

async function json(args: readonly string[], aheadHours = 0) {
  const { code, stdout, stderr } = await keys.run([...args, '--json'], { aheadMs: aheadHours * HOUR_MS });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** A key `web` at a place that takes no other secret until `repair` was called. */
async function brokenPlace(...flags: readonly string[]) {
  const gate = join(keys.home, 'broken');
  const place = `exec:test ! -e '${gate}' && cat > '${join(keys.home, 'web.txt')}'`;
  const key = await json(['create', 'web', '--to', place, ...flags]);
  writeFileSync(gate, '');
  return { key, repair: () => rmSync(gate) };
}

const hoursAhead = (iso: string) => (Date.parse(iso) - Date.now()) / HOUR_MS;

describe('an old key whose successor is not at every place', () => {
  it('has an end that is said, and works while somebody repairs the place', async () => {
    const { key, repair } = await brokenPlace();
    const rolled = await keys.run(['roll', 'web', '--grace', '1h']);
    const [waiting] = await json(['pending']);
    expect(hoursAhead(waiting.retires_at)).toBeCloseTo(7 * 24 + 1, 0);
    expect([rolled.code, rolled.stderr]).toEqual([
      9,
      expect.stringContaining(`the old key ${key.id} works until ${waiting.retires_at}`),
    ]);
    expect((await keys.run(['resume'], { aheadMs: 100 * HOUR_MS })).code).toBe(9);
    expect((await json(['show', key.id], 100)).status).toBe('retiring');
    repair();
    expect((await keys.run(['resume'], { aheadMs: 100 * HOUR_MS })).code).toBe(0);
    expect(hoursAhead((await json(['show', key.id], 100)).expires_at)).toBeCloseTo(101, 0);
  });

  it('never works on past the end that it had', async () => {
    const { key } = await brokenPlace('--expires', '30h');
    await keys.run(['roll', 'web', '--grace', '1h']);
    expect((await json(['show', key.id])).expires_at).toBe(key.expires_at);
  });
});
