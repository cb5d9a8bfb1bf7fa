import { changed, type KeysError } from '../../domain/errors.js';
import {
  COMMAND_LINE,
  clauses,
  type OptionName,
  type Surface,
  textOf,
  type Wording,
  Words,
  type Written,
  written,
} from '../../domain/words.js';

/**
 * What a page has in place of each option of the command line: mostly the label of a field. Null: pages have
 * nothing like it.
 */
const LABELS: Readonly<Record<OptionName, string | null>> = {
  'base-url': 'the address of the profile',
  environment: 'Environment',
  expires: 'Expires',
  grace: 'the time of the old key',
  replace: '“Overwrite a secret of another key”',
  scope: 'Scopes',
  to: '“Deliver to”',
  ...{ 'data-dir': null, debug: null, env: null, erase: null, force: null, from: null, 'in-place': null },
  ...{ insecure: null, 'insecure-storage': null, key: null, name: null, 'no-escrow': null, now: null },
  ...{ policy: null, profile: null, provider: null, raw: null, 'revoke-first': null, skip: null },
  ...{ service: null, successor: null, watch: null },
};

/** Options whose value a page shows: alone, or after the label. */
const WITH_VALUE: Readonly<Partial<Record<OptionName, (label: string, value: string) => string>>> = {
  environment: (label, value) => `${label} ${value}`,
  expires: (label, value) => (value === '…' ? label : `${label} ${value}`),
  to: (_, value) => value,
};

/** Pages leave out a clause of a hint that needs an option which they do not have. */
const HINT: Surface = {
  hasOptions: false,
  option(part) {
    if ('setting' in part) return part.value === '…' ? part.setting : `${part.setting}=${part.value}`;
    const label = LABELS[part.option];
    if (label === null || part.value === null) return label;
    return WITH_VALUE[part.option]?.(label, part.value) ?? label;
  },
};

/** A message is whole: it names also an option that pages do not have. */
const MESSAGE: Surface = {
  hasOptions: false,
  option: (part) =>
    HINT.option(part) ??
    ('option' in part
      ? `“${part.option.replaceAll('-', ' ')}”${part.value === null ? '' : ` ${part.value}`}`
      : null),
};

/** A message in the words of the pages. */
export function inPageWords(message: Wording): string {
  return textOf(message, MESSAGE);
}

/**
 * A hint in the words of the pages: texts, and commands to copy. What stands between backticks in a text is a
 * command too. Empty: nothing of it is for a page.
 */
export function hintParts(hint: Wording): readonly Written[] {
  return withCommands(written(hint, HINT) ?? []);
}

/** The same for a warning, nothing of which is left out. */
export function warningParts(warning: Wording): readonly Written[] {
  return withCommands(written(warning, MESSAGE) ?? []);
}

function withCommands(parts: readonly Written[]): readonly Written[] {
  return parts.flatMap((part) => (typeof part === 'string' ? betweenBackticks(part) : [part]));
}

function betweenBackticks(text: string): Written[] {
  const pieces = text.split('`');
  if (pieces.length % 2 === 0) return [text];
  const parts = pieces.map((piece, i) => (i % 2 === 0 ? piece : { command: piece }));
  return parts.filter((part) => part !== '');
}

/** The same failure, in the words of the pages. */
export function forPages(error: KeysError): KeysError {
  const { message, hint } = error.wording;
  const parts = hint === undefined ? [] : hintParts(hint);
  return changed(error, {
    message: inPageWords(message),
    hint: parts.length === 0 ? null : new Words(parts),
  });
}

/** Commands that finish and show what is pending. */
const OF_PENDING = /^keys (resume|pending)\b/;

/**
 * A hint without its clauses about the commands that finish and show what is pending. Undefined: nothing is
 * left.
 */
export function withoutResume(hint: Wording): Wording | undefined {
  const [part, ...others] = typeof hint === 'string' ? [] : hint.parts;
  if (typeof part === 'object' && 'joined' in part && part.by === '; ' && others.length === 0) {
    const left = part.joined.map(withoutResume).filter((clause) => clause !== undefined);
    return left.length === 0 ? undefined : clauses(...left);
  }
  const isOfPending = (written(hint, COMMAND_LINE) ?? []).some(
    (piece) => typeof piece !== 'string' && OF_PENDING.test(piece.command),
  );
  return isOfPending ? undefined : hint;
}

/**
 * Path of the page, below the console of its service, that does what this command does. Null: no page does.
 */
export function pageOfCommand(command: string): { readonly path: string; readonly title: string } | null {
  if (OF_PENDING.test(command)) return { path: '/pending', title: 'Show what is pending' };
  if (/^keys list --all\b/.test(command)) return { path: '/keys?status=all', title: 'Show all keys' };
  const [, quoted, plain] =
    /^keys (?:roll|revoke|show|deliver|places add) (?:'([^']+)'|([\w.@:-]+))/.exec(command) ?? [];
  const name = quoted ?? plain;
  if (name === undefined || name.startsWith('-')) return null;
  return { path: `/keys?name=${encodeURIComponent(name)}`, title: `Find ${name}` };
}
