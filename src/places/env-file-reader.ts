import { assignmentsIn } from './env-file-text.js';

/** A value as it is read, or why readers would disagree about it. */
export type ReadValue = { readonly value: string } | { readonly unclear: string };

/**
 * The value of a variable as shells, dotenv, python-dotenv and Node read it; null if the text does not set
 * it. Of several assignments the last counts. `unclear` where a shell would expand it or readers differ.
 */
export function readVariable(text: string, name: string): ReadValue | null {
  const last = assignmentsIn(text).findLast((assignment) => assignment.name === name);
  return last === undefined ? null : decoded(text.slice(last.start, last.end), last.quote);
}

/** Every variable that is not empty; one whose value is unclear has its text as it stands. */
export function readVariables(text: string): ReadonlyMap<string, string> {
  return new Map(
    assignmentsIn(text).flatMap(({ name, start, end, quote }) => {
      const raw = text.slice(start, end);
      const read = decoded(raw, quote);
      const value = 'value' in read ? read.value : raw;
      return value === '' ? [] : [[name, value] as const];
    }),
  );
}

function decoded(raw: string, quote: string): ReadValue {
  const inner = quote === '' ? raw : raw.slice(1, -1);
  if (quote === "'") return { value: inner };
  if (quote === '`') return { unclear: 'a shell would run the text between backticks' };
  if (quote === '') {
    if (/[$`]/.test(raw)) return { unclear: 'a shell would expand it' };
    const odd = /[\s'"\\;&|<>()]/.exec(raw)?.[0];
    return odd === undefined ? { value: raw } : { unclear: `readers differ about ${JSON.stringify(odd)}` };
  }
  if (/(^|[^\\])(\\\\)*[$`]/.test(inner)) return { unclear: 'a shell would expand it' };
  const odd = /\\([^"\\$`])/.exec(inner.replace(/\\\\/g, ''));
  if (odd !== null) return { unclear: `readers differ about \\${odd[1]}` };
  return { value: inner.replace(/\\(["\\$`])/g, '$1') };
}
