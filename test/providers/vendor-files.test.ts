import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../src/providers/vendors');
/** Most lines of code of the file in the middle. */
const MEDIAN = 45;
/** A file with more lines of code says why. */
const LONG = 90;
const REASON = "Longer than other vendors' files:";

/** Lines that are neither blank nor a comment. */
function codeLines(text: string): number {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return code.split('\n').filter((line) => line.trim() !== '').length;
}

it('keeps vendor files short, and a long one says why', () => {
  const files = readdirSync(FOLDER).map((name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    return { name, lines: codeLines(text), says: text.replace(/\s*\n \* /g, ' ').includes(REASON) };
  });
  expect(files.filter(({ lines, says }) => lines > LONG && !says).map(({ name }) => name)).toEqual([]);
  const sorted = files.map(({ lines }) => lines).sort((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(MEDIAN);
});
