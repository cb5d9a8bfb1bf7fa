import { visibleText } from '../domain/visible-text.js';

/** Text from elsewhere in a code span, where neither marks, tags nor mentions mean anything. */
export function markdownCode(value: string): string {
  return value === '' ? '' : `<code>${markdownText(value)}</code>`;
}

/**
 * Every character with a meaning becomes a character reference; an `@` is also set apart, so that it mentions
 * no user. A dot has one after a number that begins a line, and in `www.`.
 */
export function markdownText(value: string): string {
  return visibleText(value).replace(
    /[^\p{L}\p{N} .,;:/()=…-]|:(?=\/\/)|(?<=^\p{N}+|www)\./giu,
    (character) => (character === '@' ? '@<!-- -->' : `&#${character.codePointAt(0)};`),
  );
}
