/** What a fix must know of where a key is, so that its command goes there. */
export interface CommandTarget {
  /** Such as `['--profile', 'team']`. */
  readonly flags: readonly string[];
  /** Commands that the provider has no way for. */
  readonly cannot?: ReadonlySet<string>;
}

/** Null: the provider has no way for it. A `keys` command that may be pasted into a POSIX shell, whatever an id or a name holds; `operand` is never read as a flag. */
export function keysCommand(
  command: string,
  operand: string,
  { flags, cannot }: CommandTarget,
  ...more: readonly string[]
): string | null {
  if (cannot?.has(command)) return null;
  const last = operand.startsWith('-') ? ['--', operand] : [];
  const first = operand === '' || last.length > 0 ? [] : [operand];
  return ['keys', command, ...first, ...more, ...flags, ...last].map(quoted).join(' ');
}

/** A word for a POSIX shell. Control characters are left out: no id has one, and a terminal would obey them. */
function quoted(word: string): string {
  const plain = word.replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
  return /^[\w./:@%+=-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''")}'`;
}
