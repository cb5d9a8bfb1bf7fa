/**
 * A text in lower case with each character where it was: `İ` would become two, which moves all that follow,
 * and what `Σ` becomes depends on what stands beside it.
 */
export function lowered(text: string): string {
  return text.replace(/[İΣς]/g, (letter) => (letter === 'İ' ? 'i' : 'σ')).toLowerCase();
}
