import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { readLedgerKey } from '../../src/storage/ledger/escrow.js';

const read = (KEYS_LEDGER_KEY: string) => readLedgerKey({ KEYS_LEDGER_KEY });

it('reads 32 random bytes in hex, base64 or base64url', () => {
  const key = randomBytes(32);
  for (const form of ['hex', 'base64', 'base64url'] as const)
    expect(Buffer.from(read(` ${key.toString(form)}\n`) ?? []).equals(key), form).toBe(true);
  expect([read(''), readLedgerKey({})]).toEqual([null, null]);
});

it.each([
  ['short', 'is not a key of 32 bytes: it has 3'],
  ['correct horse battery staple', 'is neither hex nor base64'],
  ['0'.repeat(64), 'can be guessed: its bytes repeat'],
  [Buffer.alloc(32, 'abcd').toString('base64'), 'can be guessed: its bytes repeat'],
])('refuses %s as the key of a ledger', (text, message) => {
  expect(() => read(text)).toThrow(message);
});
