/**
 * The word that a mistyped one probably meant: at most one letter in three differs. Null if none is that
 * near.
 */
export function nearest(word: string, words: readonly string[]): string | null {
  const [best] = words
    .map((candidate) => ({ candidate, apart: distance(word, candidate) }))
    .filter(({ apart, candidate }) => apart <= mistakesIn(Math.min(word.length, candidate.length)))
    .toSorted((a, b) => a.apart - b.apart);
  return best?.candidate ?? null;
}

/**
 * How many mistakes a word of this length may have: a word of five letters with two other ones is another
 * word.
 */
function mistakesIn(length: number): number {
  return length < 3 ? length - 1 : Math.floor(length / 3);
}

/**
 * How many letters must be added, removed, replaced or exchanged with the next one (optimal string
 * alignment).
 */
function distance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isExchange = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const exchanged = isExchange ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
