import { visibleText } from '../../domain/visible-text.js';

/** Text from elsewhere: as itself, whatever it holds. */
export function escaped(value: string): string {
  return visibleText(value).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Such as `2026-11-28`. */
export const DAY = /\d{4}-\d{2}-\d{2}/g;
/** Such as `--expires`. */
export const OPTION = /(?<=^|[ (])--[a-z-]+/g;

/** A text in which what fits `parts` breaks at no hyphen. */
export function unbroken(text: string, parts: RegExp): string {
  return escaped(text).replace(parts, '<span class="unbroken">$&</span>');
}
