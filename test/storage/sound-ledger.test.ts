import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stateOf } from '../../src/storage/ledger/checked-state.js';
import { openLedger } from '../../src/storage/ledger/ledger.js';
import { variants } from '../support/damages.js';
import { HOUR, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PAGE = 4096;

/** A ledger with one long name, which fills so many bytes. */
async function ledgerOf(bytes: number) {
  const [folder, clock] = [temporaryFolder(), settableClock()];
  const file = join(folder, 'ledger.db');
  const open = () => openLedger(folder);
  const first = await open();
  const key = { id: 'key_1', name: 'x'.repeat(bytes), status: 'active' } as const;
  const entry = { ...{ provider: 'keys', address: 'embedded', key, digests: [] }, secret_item: null };
  await first.put({ ...entry, base_url: null, roll_by: null }, clock.now());
  await first.close();
  /** A program that takes a lease and ends. */
  const use = async () => {
    const ledger = await open();
    try {
      await ledger.leases(clock).take('one', { machine: 'here', pid: 1 }, () => true);
    } finally {
      await ledger.close();
    }
  };
  const damage = () => {
    const content = readFileSync(file);
    // Pages of the long name, of which some may be free by now.
    for (let at = content.length / 2; at < content.length; at += 3 * PAGE)
      content.fill('damaged ', at - (at % PAGE), at - (at % PAGE) + PAGE);
    writeFileSync(file, content);
  };
  const mark = `${file}-checked`;
  const checkedAt = () => JSON.parse(readFileSync(mark, 'utf8')).checked_at - clock.now();
  return { clock, open, use, damage, mark, checkedAt };
}

it('a large ledger is checked whole after a change by others and once a day, and not by each program', async () => {
  const { clock, open, use, damage, checkedAt } = await ledgerOf(2 * 1024 * 1024);
  await use();
  expect(checkedAt()).toBe(0);
  clock.advance(HOUR);
  await use();
  expect(checkedAt()).toBe(-HOUR);
  // A program that changes it without a lease leaves what is known of it.
  const writer = await open();
  await writer.noteUse({ provider: 'keys', address: 'embedded' }, 'key_1', clock.now());
  await writer.close();
  await use();
  expect(checkedAt()).toBe(-HOUR);
  clock.advance(24 * HOUR);
  await use();
  expect(checkedAt()).toBe(0);
  damage();
  for (let program = 0; program < 2; program++)
    await expect(use()).rejects.toMatchObject({ code: 'database_damaged' });
});

it('a small ledger is checked by each program, and nothing is remembered', async () => {
  const { use, damage, mark } = await ledgerOf(32 * 1024);
  await use();
  expect(existsSync(mark)).toBe(false);
  damage();
  await expect(use()).rejects.toMatchObject({ code: 'database_damaged' });
});

it('a mark of the last check that is damaged counts as none', { timeout: 300_000 }, async () => {
  const { clock, use, damage, mark } = await ledgerOf(2 * 1024 * 1024);
  await use();
  damage();
  const file = mark.replace(/-checked$/, '');
  const whole = () => ({ state: stateOf(file)?.text, checked_at: clock.now() });
  // One that is right is believed: it was not this program that wrote it.
  writeFileSync(mark, JSON.stringify(whole()));
  await use();
  const damaged = [...variants(whole())].map(([what, value]) => [what, JSON.stringify(value)] as const);
  const text = JSON.stringify(whole());
  const others = ['', text.slice(0, 20), 'null', '[]', '7', '\0\0', text + text, text + ' '.repeat(2_000)];
  for (const [what, content] of [
    ...damaged,
    ...others.map((other) => [other.slice(0, 30), other] as const),
  ]) {
    writeFileSync(mark, content);
    await expect(use(), what).rejects.toMatchObject({ code: 'database_damaged' });
  }
  expect(damaged.length).toBeGreaterThan(15);
});
