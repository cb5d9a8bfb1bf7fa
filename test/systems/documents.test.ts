import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PAGES, type Statement } from './statements.js';

/** Every statement of the five pages, numbered by page, paragraph and place in it. */
const NUMBERED = PAGES.flatMap(({ system, paragraphs }) =>
  paragraphs.flatMap(({ title, statements }, p) =>
    statements.map((statement, s) => ({ number: `${system} ${p + 1}.${s + 1}`, title, ...statement })),
  ),
);

const count = (verdict: Statement['verdict']) => NUMBERED.filter((one) => one.verdict === verdict).length;

const COUNTS = `${NUMBERED.length} statements. A test proves ${count('holds')} of them, ${count('decision')} are decisions of ours, and ${count('not ours')} are not about keys`;

/** The source of a test file; empty if there is none. */
function sourceOf(file: string): string {
  const path = new URL(`../${file}`, import.meta.url);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Whether a file has a test with this title, or a row of a table of tests. */
function isThere([file, title]: readonly [string, string]): boolean {
  const quoted = title.startsWith("'") ? [title] : [`'${title}'`, `"${title}"`, `\`${title}\``];
  return quoted.some((text) => sourceOf(file).includes(text));
}

it('numbers every statement of the five pages', () => {
  expect(NUMBERED).toHaveLength(109);
  expect(new Set(NUMBERED.map(({ says }) => says)).size).toBeGreaterThan(90);
});

it.each(NUMBERED)('$number: $says', ({ verdict, reason, proofs }) => {
  expect(proofs.filter((proof) => !isThere(proof))).toEqual([]);
  if (verdict === 'holds') expect(proofs).not.toHaveLength(0);
  else expect(reason).toMatch(/\w/);
});

it('is counted in README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(readme.replace(/\s+/g, ' ')).toContain(COUNTS);
});

/** `npm run documents` prints the table. */
it.runIf(process.env['KEYS_DOCUMENTS'])('prints the table', () => {
  let heading = '';
  const lines = NUMBERED.flatMap(({ number, title, says, verdict, reason, proofs }) => {
    const next = `\n${number.split(' ')[0]}: ${title}`;
    const head = next === heading ? [] : [next];
    heading = next;
    const why = reason === undefined ? '' : ` (${reason})`;
    return [
      ...head,
      `${number}  ${says}`,
      `    ${verdict}${why}`,
      ...proofs.map(([file, test]) => `    test/${file}: ${test}`),
    ];
  });
  console.log([...lines, '', COUNTS].join('\n'));
});
