import { expect, it } from 'vitest';
import { checkCredential } from '../../src/domain/check-credential.js';
import { fromText, fromVariable } from '../../src/domain/credential-text.js';
import { decodeText } from '../../src/terminal/node-streams.js';

const KEY = 'fake-key-0123456789';
const provider = { id: 'x', title: 'X', format: { kind: 'secret', prefixes: [] } } as const;
const encoded = (text: string, swapped = false) => {
  const bytes = Buffer.from(text, 'utf16le');
  return swapped ? bytes.swap16() : bytes;
};

it.each([
  ['a line break', `${KEY}\n`],
  ['a Windows line break', `${KEY}\r\n`],
  ['a byte order mark', `\ufeff${KEY}`],
  ['non-breaking spaces', `\u00a0${KEY}\u00a0`],
  ['zero-width characters', `\u200b${KEY}\u2060`],
  ['quotes', `"${KEY}"`],
  ['quotes and all of them', `\ufeff "\u00a0${KEY} " \n`],
])('reads a credential with %s around it', (_, text) => {
  expect(fromVariable({ A: text }, 'A')).toBe(KEY);
  expect(fromText(text, provider)).toEqual({ secret: KEY });
});

it.each([
  ['a line break inside', `${KEY}\n${KEY}`, 'U+000A'],
  ['a NUL', `a\0b`, 'U+0000'],
  ['a C1 control', `a\u0085b`, 'U+0085'],
  ['what an unreadable byte becomes', `a\ufffdb`, 'U+FFFD'],
])('refuses a variable with %s, and does not show it', (_, text, code) => {
  expect(() => fromVariable({ A: text }, 'A')).toThrow(`A holds the character ${code}`);
});

it('reads an empty variable as none', () => {
  for (const text of ['', ' ', '\n', '""']) expect(fromVariable({ A: text }, 'A')).toBeNull();
  expect(fromVariable({}, 'A')).toBeNull();
});

it('reads UTF-8 and UTF-16 on stdin, with a byte order mark and without', () => {
  const text = `${KEY}\r\n`;
  const forms = [Buffer.from(text), Buffer.from(`\ufeff${text}`), encoded(text), encoded(`\ufeff${text}`)];
  for (const bytes of [...forms, encoded(text, true), encoded(`\ufeff${text}`, true)])
    expect(decodeText(bytes)).toBe(text);
  expect(decodeText(new Uint8Array())).toBe('');
  expect(() => decodeText(Uint8Array.of(0x61, 0xff, 0x62))).toThrow('not text');
});

it('takes keys of thousands of characters, and none that is a fragment', () => {
  checkCredential(provider, { secret: 'x1'.repeat(2_000) }, []);
  expect(() => checkCredential(provider, { secret: 'x1'.repeat(10_000) }, [])).toThrow();
  expect(() => checkCredential(provider, { secret: 'ss_x' }, [])).toThrow('too short');
});

it('counts the lines of a pair in words', () => {
  const pair = { ...provider, format: { kind: 'pair', prefixes: [] } } as const;
  expect(() => fromText(KEY, pair)).toThrow(/^1 line on stdin$/);
  expect(() => fromText(`${KEY}\n${KEY}\n${KEY}`, pair)).toThrow(/^3 lines on stdin$/);
});
