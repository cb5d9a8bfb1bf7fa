import { visibleText } from './visible-text.js';

/** Text from elsewhere in a code span, where neither marks, tags nor mentions mean anything. */
export function markdownCode(value: string): string {
  return value === '' ? '' : `<code>${markdownText(value)}</code>`;
}

/** Every character that could mean something is a reference to itself; an `@` also loses its neighbour, so that it calls nobody. */
export function markdownText(value: string): string {
  return visibleText(value).replace(/[^\p{L}\p{N} ,;:/()=…-]|:(?=\/\/)/gu, (character) =>
    character === '@' ? '@<!-- -->' : `&#${character.codePointAt(0)};`,
  );
}
