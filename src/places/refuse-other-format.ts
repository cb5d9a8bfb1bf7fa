import { basename } from 'node:path';
import { KeysError } from '../domain/errors.js';
import { assignmentsIn } from './env-file-text.js';

const ENDINGS =
  /\.(json|jsonc|json5|ya?ml|toml|xml|ini|plist|tf|tfvars|[cm]?[jt]s|[jt]sx|py|rb|php|go|rs|java|kt|cs|html?|css|md|fish|ps1|bat|cmd|mk|lock)$/i;
const NAMES = /^((gnu)?makefile|dockerfile(\..*)?|procfile|gemfile)$/i;

/** How JSON, XML, HTML and PEM begin, and no env file. */
const FIRST = /^\s*(\{|\[\s*(["'{[\]]|$)|<[!?/A-Za-z]|-----BEGIN)/;

/** Lines of YAML, TOML, INI, JSON, JavaScript and make. */
const LINES: readonly RegExp[] = [
  /^(---|\.\.\.)\s*$/,
  /^\s*-\s+\S/,
  /^\s*(["']?)[\w./-]+\1\s*:(\s|$)/,
  /^\[\[?[^\s[\]][^\]]*\]\]?\s*(#.*)?$/,
  /^\s*["'][^"']+["']\s*[:=]/,
  /^\s*(const|var|module\.exports|exports\.\w+)\b/,
  /^\s*import\s.*\bfrom\b|^\s*import\s*["'{]/,
  /^\s*export\s+(default|const|let|var|function|async|class|type|interface)\b/,
  /^\w[\w.-]*\s*:=/,
];

/** A value that goes on in the next line, where no env file's value does. */
const UNFINISHED = /^(\{|\[|"""|'''|[|>][+-]?)$/;

const HINT = 'nothing was written; name an env file, such as .env#NAME, or write it with exec:COMMAND';

/** Throws `refused` for a file whose name says that it is no env file. */
export function refuseOtherName(path: string): void {
  const name = basename(path);
  if (!ENDINGS.test(name) && !NAMES.test(name)) return;
  throw new KeysError('refused', `not an env file, by its name: ${path}`, { hint: HINT });
}

/**
 * Throws `refused` for a text that is no env file, because an assignment would break it. Scripts of a shell
 * pass. The error has the number of the line, never its text.
 */
export function refuseOtherFormat(path: string, text: string): void {
  const line = lineOfOtherFormat(text.replace(/^\uFEFF/, ''));
  if (line === null) return;
  throw new KeysError('refused', `not an env file: ${path}: line ${line} would not be one in an env file`, {
    hint: HINT,
  });
}

/** The number of the first line that no reader of env files takes. */
function lineOfOtherFormat(text: string): number | null {
  const numberAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const assignments = assignmentsIn(text);
  const odd = assignments.find(({ start, end }) => UNFINISHED.test(text.slice(start, end)));
  if (odd !== undefined) return numberAt(odd.at);
  let first = true;
  for (const { at, line } of linesBetween(text, assignments)) {
    if (/^\s*(#|$)/.test(line)) continue;
    if ((first && FIRST.test(line)) || LINES.some((pattern) => pattern.test(line))) return numberAt(at);
    first = false;
  }
  return null;
}

/** The lines that are no part of an assignment. */
function linesBetween(
  text: string,
  assignments: readonly { readonly at: number; readonly end: number }[],
): { readonly at: number; readonly line: string }[] {
  let at = 0;
  let next = 0;
  return text.split('\n').flatMap((line) => {
    const start = at;
    at += line.length + 1;
    while (assignments[next] !== undefined && (assignments[next]?.end ?? 0) < start) next++;
    const assigned = assignments[next];
    return assigned !== undefined && assigned.at < at ? [] : [{ at: start, line: line.replace(/\r$/, '') }];
  });
}
