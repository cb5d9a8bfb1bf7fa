import type { ErrorCode, KeysError } from '../../domain/errors.js';
import { holdsSecret } from '../../domain/holds-secret.js';
import { shellWord } from '../../domain/shell-word.js';
import type { Answers } from '../../terminal/recording-prompts.js';

/** Failures after which the same command is not repeated: a person said no, or something has begun. */
const NOT_REPEATED: ReadonlySet<ErrorCode> = new Set([
  ...(['interrupted', 'declined', 'pending', 'delivery_failed', 'key_not_valid', 'audit_found'] as const),
]);

/**
 * The command that was refused after several questions, with their answers: to be changed and run again. Null
 * if there were fewer, if something has begun that another command finishes, or for an answer that looks like
 * a secret.
 */
export function repeatCommand(
  { code, next, outcome }: KeysError,
  argv: readonly string[],
  { count, words }: Answers,
): string | null {
  if (count < 2 || words.length === 0 || NOT_REPEATED.has(code)) return null;
  if (outcome === 'unknown' || next?.startsWith('resume') || words.some(holdsSecret)) return null;
  const end = argv.indexOf('--');
  const given = end < 0 ? argv : argv.slice(0, end);
  const behind = end < 0 ? [] : argv.slice(end);
  return ['keys', ...[...given, ...words, ...behind].map(shellWord)].join(' ');
}
