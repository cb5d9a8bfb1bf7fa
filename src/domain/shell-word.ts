/** What no POSIX shell reads otherwise. A word that begins with `=` means a program's path in zsh. */
const PLAIN = /^[\w./:@%+,-][\w./:@%+=,-]*$/;

/**
 * Text in single quotes of a POSIX shell: nothing inside is special, and a quote is closed, escaped and
 * opened again.
 */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Text as one word of a POSIX shell, quoted only where the shell would read it otherwise. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : singleQuoted(text);
}
