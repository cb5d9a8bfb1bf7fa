import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLines } from '../../src/storage/read-lines.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function linesOf(text: string, mostInLine?: number): Promise<string[]> {
  const path = join(temporaryFolder(), 'lines.txt');
  writeFileSync(path, text);
  const lines: string[] = [];
  for await (const line of readLines(path, mostInLine)) lines.push(line);
  return lines;
}

it.each([
  ['', []],
  ['one', ['one']],
  ['one\n', ['one']],
  ['one\r\ntwo\n\nthree', ['one', 'two', '', 'three']],
  // JSON leaves these as they are: they are part of a text, and end no line.
  ['"a\u2028b\u2029c\u0085d"\n"e\rf"\n', ['"a\u2028b\u2029c\u0085d"', '"e\rf"']],
])('reads the lines of %j', async (text, lines) => {
  expect(await linesOf(text)).toEqual(lines);
});

it('reads lines longer than its pieces, and characters of several bytes across them', async () => {
  const long = 'é€😀'.repeat(60_000);
  expect(await linesOf(`${long}\nx\n${long}\n`)).toEqual([long, 'x', long]);
});

it('refuses a line that does not end, before it has read all of it', async () => {
  await expect(linesOf(`short\n${'x'.repeat(200_000)}`, 100_000)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('a line of more than 100000 characters'),
  });
});

it('ends at a device without an end', async () => {
  const read = async () => {
    for await (const line of readLines('/dev/zero', 1_000_000)) expect(line).toBe('never');
  };
  await expect(read()).rejects.toMatchObject({ code: 'usage' });
});
