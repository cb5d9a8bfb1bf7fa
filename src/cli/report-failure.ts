import { KeysError } from '../domain/errors.js';
import { visibleText } from '../domain/visible-text.js';
import { jsonText } from '../terminal/json-output.js';
import { hintOf } from './hints.js';

/** What Commander throws under `exitOverride`: help and version have exit code 0. */
interface ParserFailure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
}

function isParserFailure(error: unknown): error is ParserFailure {
  return error instanceof Error && error.name === 'CommanderError' && 'exitCode' in error && 'code' in error;
}

/** Whether the parser printed the help of a command that only has subcommands, because none was named. */
export function isHelpOfGroup(error: unknown): boolean {
  return isParserFailure(error) && error.code === 'commander.help' && error.exitCode !== 0;
}

/** A command of the tree, as far as a hint needs it. */
interface NamedCommand {
  name(): string;
  usage(): string;
  readonly parent: NamedCommand | null;
}

/** Such as `keys profile add`. */
function wordsOf(command: NamedCommand): string {
  return command.parent === null ? command.name() : `${wordsOf(command.parent)} ${command.name()}`;
}

/**
 * A mistake in the arguments of a command. The hint is the command that was probably meant (`meant`) or the parser's suggestion, and how
 * the command is used. Returns anything else as it is.
 */
export function explainMistake(error: unknown, command: NamedCommand, meant: string | undefined): unknown {
  if (!isParserFailure(error) || error.exitCode === 0) return error;
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\(|\)$/g, '');
  const words = wordsOf(command);
  const probably = meant
    ? `did you mean ${meant}?`
    : suggestion.charAt(0).toLowerCase() + suggestion.slice(1);
  const usage = `usage: ${words} ${command.usage()}; ${words} --help explains it`;
  return new KeysError('usage', first.replace(/\.$/, ''), {
    hint: probably === '' ? usage : `${probably} ${usage}`,
  });
}

/** Whatever was thrown, as a failure with a code. What was not foreseen shows its message, and its stack only under `--debug`. */
export function asKeysError(error: unknown): KeysError | null {
  if (error instanceof KeysError) return error;
  if (isParserFailure(error) && error.exitCode === 0) return null;
  if (error instanceof Error && error.name === 'ExitPromptError')
    return new KeysError('interrupted', 'interrupted');
  const message = error instanceof Error ? error.message : String(error);
  return new KeysError('internal', `unexpected: ${message}`, {
    hint: 'this is a bug in keys: please report it with the output of keys --debug',
    cause: error,
  });
}

/** The failure as stderr shows it: `keys: error:` and `keys: hint:` lines, or one JSON object under `--json`. */
export function failureText(failure: KeysError, json: boolean): string {
  const hint = hintOf(failure);
  if (json) {
    const { code, message, details } = failure;
    return `${jsonText({ error: { code, message, ...(hint ? { hint } : {}), ...(details ? { details } : {}) } })}\n`;
  }
  return `keys: error: ${visibleText(failure.message)}\n${hint ? `keys: hint: ${visibleText(hint)}\n` : ''}`;
}
