import { wrapWithIndent } from '../../terminal/text-width.js';
import type { OwnModule, Scheduled } from './scheduled.js';

/** Text as a YAML scalar. */
export function yamlText(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}

/** What `npm install` is given. */
export const PACKAGE =
  'an address of the package that npm pack writes, such as that of a release. The name keys is another package.';

/** Commands that copy each module to where nobody else can write, and add it. */
export function copiedModules(
  own: readonly OwnModule[],
  from: (path: string, name: string) => string,
): readonly string[] {
  return own.flatMap(({ command, path, name }) => [
    `cp ${from(path, name)} "$HOME/keys-apply/${name}"`,
    `chmod 600 "$HOME/keys-apply/${name}"`,
    `${command} "$HOME/keys-apply/${name}"`,
  ]);
}

/** Sentences as lines of comments, wrapped. */
export function commented(notes: readonly string[]): string[] {
  return notes.flatMap((note) => `# ${wrapWithIndent(note, WIDEST_COMMENT, '#   ')}`.split('\n'));
}

const WIDEST_COMMENT = 120;

/** Each line with its end; empty for none. */
export function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The lines of a file that holds the variables of a machine. */
export function environmentFile(
  secrets: readonly string[],
  values: Scheduled['values'],
  notes: readonly string[],
): string[] {
  return [
    ...commented(notes),
    ...secrets.map((name) => `#   ${name}=...`),
    ...Object.entries(values).map(([name, value]) => `#   ${name}=${value}`),
  ];
}
