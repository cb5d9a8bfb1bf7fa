import { charactersAt, endOfMatch } from './escaped-characters.js';
import { lowered } from './lower-case.js';
import { formsOf, type SecretForm } from './secret-forms.js';

export const REDACTED = '[redacted]';

/** Replaces every secret that it knows, in every encoding, by `[redacted]`. */
export interface Redactor {
  /**
   * Remembers secrets. Those of fewer than four characters are ignored: replacing them would garble every
   * message.
   */
  add(...secrets: readonly string[]): void;
  /** Returns the text without the secrets. */
  redact(text: string): string;
}

/** Fewer characters than this are no secret that can be told from a word. */
const SHORTEST = 4;

/** Forms by their first character: an apply of a thousand keys prints a line for each. */
type Forms = Map<string, SecretForm[]>;

/** Returns a redactor that knows no secret yet. One is shared by all that a call prints, logs or throws. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  let added: string[] = [];
  const forms: Forms = new Map();
  return {
    add(...secrets) {
      for (const secret of secrets) {
        if (secret.length < SHORTEST || known.has(secret)) continue;
        known.add(secret);
        added.push(secret);
      }
    },
    redact(text) {
      // Made at the first message, because most calls print none.
      for (const form of added.flatMap(formsOf)) addForm(forms, form);
      added = [];
      return forms.size === 0 ? text : replaceForms(text, forms);
    },
  };
}

function addForm(forms: Forms, form: SecretForm): void {
  const first = form.text[0] ?? '';
  const others = forms.get(first);
  if (others === undefined) forms.set(first, [form]);
  else others.push(form);
}

function replaceForms(text: string, forms: Forms): string {
  const haystack = lowered(text);
  let safe = '';
  let at = 0;
  for (const { from, to } of spansOf(haystack, forms)) {
    if (from >= at) safe += text.slice(at, from) + REDACTED;
    at = Math.max(at, to);
  }
  return safe + text.slice(at);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where the forms stand, from the left; a form is not looked for within its own match. */
function spansOf(text: string, forms: Forms): Span[] {
  const spans: Span[] = [];
  const ends = new Map<SecretForm, number>();
  for (let from = 0; from < text.length; from++) {
    for (const form of formsAt(text, from, forms)) {
      if (from < (ends.get(form) ?? 0)) continue;
      const to = endOfMatch(text, from, form);
      if (to === null || (form.word && (isWordAt(text, from - 1) || isWordAt(text, to)))) continue;
      spans.push({ from, to });
      ends.set(form, to);
    }
  }
  return spans;
}

const NONE: readonly SecretForm[] = [];

/** The forms that may begin here. Most characters of a text begin none: that costs no more than this look. */
function formsAt(text: string, from: number, forms: Forms): readonly SecretForm[] {
  const begins = text[from] ?? '';
  const others = charactersAt(text, from);
  const own = forms.get(begins) ?? NONE;
  return others.length === 0 ? own : [begins, ...others].flatMap((one) => forms.get(one) ?? NONE);
}

function isWordAt(text: string, at: number): boolean {
  return /[\p{L}\p{N}_]/u.test(text[at] ?? '');
}
