import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeysError } from '../domain/errors.js';
import { nearest } from '../domain/nearest.js';
import { shellWord } from '../domain/shell-word.js';
import { visibleText } from '../domain/visible-text.js';
import { jsonText } from '../terminal/json-output.js';
import { unbroken } from '../terminal/unbroken.js';
import { hintOf } from './hints.js';
import { commandMeant } from './program.js';

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

/** Such as `keys profile add`. */
function wordsOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${wordsOf(command.parent)} ${command.name()}`;
}

/** What Commander says of a word that is none of an argument's choices. */
const WRONG_CHOICE =
  /^command-argument value '(.*)' is invalid for argument '(.*)'\. Allowed choices are (.*)$/s;

/**
 * A mistake in the arguments of a command, with what was probably meant and how the command is used. Returns
 * anything else as it is.
 */
export function explainMistake(error: unknown, command: CommandUnknownOpts): unknown {
  if (!isParserFailure(error) || error.exitCode === 0) return error;
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .replace(WRONG_CHOICE, (_, value: string, argument: string, choices: string) => {
      const near = nearest(value, choices.split(', '));
      const meant = near === null ? '' : `; did you mean ${near}?`;
      return `no ${argument} is ${JSON.stringify(value)}: ${choices}${meant}`;
    });
  const [, word = ''] = /^unknown (?:command|option) '(.*)'$/s.exec(message) ?? [];
  const meant = word === '' ? null : probablyMeant(word, error.code, command);
  const words = wordsOf(command);
  const usage = `usage: ${words} ${command.usage()}; ${words} --help explains it`;
  return new KeysError('usage', message, {
    hint: meant === null ? usage : `did you mean ${meant}? ${usage}`,
  });
}

/** A word behind `help` that is no command of `command`, with what was probably meant. */
export function explainHelp(word: string, command: CommandUnknownOpts): KeysError {
  const meant = probablyMeant(word, 'commander.unknownCommand', command);
  const words = wordsOf(command);
  const lists = `${words} --help lists the commands`;
  const shown = meant?.startsWith('keys ') ? meant : `${words} ${meant}`;
  return new KeysError('usage', `unknown command '${word}'`, {
    hint: meant === null ? lists : `did you mean ${shown} --help? ${lists}`,
  });
}

/** Commands that show what another one would do. */
const INSTEAD_OF_DRY_RUN: Readonly<Record<string, string>> = {
  apply: 'keys plan',
  deliver: 'keys places test',
  resume: 'keys pending',
};

/** The command or option that a word was probably meant to be. Null if none is near. */
function probablyMeant(word: string, code: string, command: CommandUnknownOpts): string | null {
  if (code === 'commander.unknownOption') {
    const instead = ['--dry-run', '-n'].includes(word) ? INSTEAD_OF_DRY_RUN[command.name()] : undefined;
    if (instead !== undefined) return instead;
    if (/^-[a-z]$/i.test(word)) return otherCase(word, command);
    const option = word.startsWith('--') ? nearest(word.slice(2), optionsOf(command)) : null;
    return option === null ? null : `--${option}`;
  }
  if (command.parent === null) return commandMeant(word);
  const near = nearest(
    word,
    command.commands.flatMap((each) => [each.name(), ...each.aliases()]),
  );
  if (near !== null) return near;
  // A key was probably named: `keys places web`.
  const list = command.commands.find((each) => each.name() === 'list');
  const takesKey = list !== undefined && list.registeredArguments.length > 0;
  return takesKey ? `${wordsOf(list)} ${shellWord(word)}` : null;
}

/** The short option that differs only in its case: `-v` for `-V, --version`. Null if there is none. */
function otherCase(word: string, command: CommandUnknownOpts): string | null {
  const [, letter = ''] = word;
  const found = command.options.find(
    ({ short, hidden }) => !hidden && short?.toLowerCase() === `-${letter.toLowerCase()}`,
  );
  if (found !== undefined) return `${found.short} (${found.long})`;
  return command.parent === null ? null : otherCase(word, command.parent);
}

/** The long options of a command and of those above it, without their dashes. */
function optionsOf(command: CommandUnknownOpts): string[] {
  const own = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long.slice(2)] : []));
  return command.parent === null ? [...own, 'help'] : [...own, ...optionsOf(command.parent)];
}

/**
 * Whatever was thrown, as a failure with a code. What was not foreseen shows its message, and its stack only
 * under `--debug`.
 */
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

/**
 * The failure as stderr shows it: `keys: error:` and `keys: hint:` lines, or one JSON object under `--json`.
 * `target`: see `hintOf`. `wrap`: breaks a line for a terminal; absent: there is none. `further`: commands
 * that help, each with the words before it.
 */
export function failureText(
  failure: KeysError,
  {
    json,
    target,
    wrap,
    further = [],
  }: {
    readonly json: boolean;
    readonly target: string;
    readonly wrap: ((line: string) => string) | undefined;
    readonly further?: ReadonlyArray<readonly [words: string, command: string]>;
  },
): string {
  const hint = hintOf(failure, target);
  if (json) {
    const { code, message, details } = failure;
    const hints = [hint, ...further.map((each) => each.join(': '))].filter(Boolean).join('; ');
    return `${jsonText({ error: { code, message, ...(hints ? { hint: hints } : {}), ...(details ? { details } : {}) } })}\n`;
  }
  const whole = wrap === undefined ? hint : hintOf(failure, target, unbroken);
  const lines = [
    `keys: error: ${visibleText(failure.message)}`,
    ...(whole ? [`keys: hint: ${visibleText(whole)}`] : []),
    ...further.map(([words, command]) => {
      const line = wrap === undefined ? command : unbroken(command);
      return `keys: hint: ${visibleText(`${words}: ${line}`)}`;
    }),
  ];
  return lines.map((line) => `${wrap === undefined ? line : wrap(line)}\n`).join('');
}
