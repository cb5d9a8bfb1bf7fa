import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Most columns of a line with a comment: the formatter holds code to it, and leaves comments as they are. */
const MOST_COLUMNS = 110;

/** Lines of a file with a comment that is too wide. What the linter reads must stay on one line. */
function wideComments(path: string, text: string): string[] {
  const lines = text.split('\n');
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  return parseSync(path, text).comments.flatMap(({ value, start, end }) => {
    if (value.trimStart().startsWith('biome-ignore')) return [];
    const first = lineOf(start);
    return lines
      .slice(first - 1, lineOf(end))
      .flatMap((line, i) => ([...line].length > MOST_COLUMNS ? [`${path}:${first + i}`] : []));
  });
}

it('has no comment wider than 110 columns', () => {
  const files = ['src', 'test', 'bin', '.ci', '.'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: folder !== '.' }).map((name) => join(folder, String(name))),
  );
  const sources = files.filter((path) => /\.[cm]?[jt]sx?$/.test(path));
  expect(sources.length).toBeGreaterThan(1_000);
  expect(sources.flatMap((path) => wideComments(path, readFileSync(join(ROOT, path), 'utf8')))).toEqual([]);
});

it.each([
  ['a comment', (text: string) => `const a = 1;\n// ${text}`],
  ['a comment behind code', (text: string) => `const a = 1;\na(); // ${text}`],
  ['a docstring', (text: string) => `/**\n * ${text}\n */`],
])('finds %s of 111 columns, and none of 110', (_, write) => {
  const [, line = ''] = write('').split('\n');
  const filled = (columns: number) => write('é'.repeat(columns - line.length));
  expect(wideComments('x.ts', filled(111))).toEqual(['x.ts:2']);
  expect(wideComments('x.ts', filled(110))).toEqual([]);
});

it('takes no string for a comment', () => {
  expect(wideComments('x.ts', `const a = '// ${'x'.repeat(200)}';`)).toEqual([]);
});
