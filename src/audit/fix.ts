import { shellWord } from '../domain/shell-word.js';

/** What a fix needs to address the service that a key is at. */
export interface CommandTarget {
  /** Such as `['--profile', 'team']`. */
  readonly flags: readonly string[];
  /** Commands that the provider does not support. */
  readonly cannot?: ReadonlySet<string>;
  /** Whether a command that revokes or limits the key is refused without `--force`. */
  readonly force?: boolean;
}

/**
 * Returns a `keys` command that is safe to paste into a POSIX shell, whatever an id or a name contains.
 * `operand` is never read as a flag. Returns null if the provider does not support the command.
 */
export function keysCommand(
  command: string,
  operand: string,
  { flags, cannot, force = false }: CommandTarget,
  ...more: readonly string[]
): string | null {
  if (cannot?.has(command)) return null;
  const last = operand.startsWith('-') ? ['--', operand] : [];
  const first = operand === '' || last.length > 0 ? [] : [operand];
  const limits = command === 'revoke' || (command === 'update' && !more.includes('--name'));
  const forced = force && limits ? ['--force'] : [];
  return ['keys', command, ...first, ...more, ...forced, ...flags, ...last].map(word).join(' ');
}

/** One word of the command, without control characters: no id has one, and a terminal would run them. */
function word(text: string): string {
  return shellWord(text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ''));
}
