import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

/** Most lines of a function. */
const MOST_LINES = 60;

/** Functions of a source file that are longer than `MOST_LINES`, a line each. */
function longFunctions(path: string, text: string): string[] {
  const linesOf = (start: number, end: number) => text.slice(start, end).split('\n').length;
  const found: string[] = [];
  const measure = ({ start, end }: { readonly start: number; readonly end: number }) => {
    const lines = linesOf(start, end);
    if (lines > MOST_LINES) found.push(`${path}:${linesOf(0, start)} has ${lines} lines`);
  };
  new Visitor({
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  }).visit(parseSync(path, text).program);
  return found;
}

it('has no function of more than 60 lines', () => {
  const paths = readdirSync(SRC, { recursive: true }).map(String);
  const sources = paths.filter((path) => /\.tsx?$/.test(path));
  expect(sources.flatMap((path) => longFunctions(path, readFileSync(join(SRC, path), 'utf8')))).toEqual([]);
});

it.each([
  ['a declaration', (body: string) => `function long() {${body}}`],
  ['a method', (body: string) => `export const it = { long() {${body}} };`],
  ['an arrow function', (body: string) => `export const long = () => {${body}};`],
])('finds %s of 61 lines, and none of 60', (_, write) => {
  expect(longFunctions('x.ts', write('\n'.repeat(60)))).toEqual(['x.ts:1 has 61 lines']);
  expect(longFunctions('x.ts', write('\n'.repeat(59)))).toEqual([]);
});
