import { KeysError } from '../domain/errors.js';
import { singleQuoted } from '../domain/shell-word.js';
import { option, words } from '../domain/words.js';

export const SHELLS = ['sh', 'bash', 'zsh', 'fish', 'powershell', 'nu', 'cmd', 'dotenv', 'github'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * How each shell assigns: NAME holds letters, digits and `_` alone; whatever the value holds, the line
 * assigns and does nothing else.
 */
const ASSIGN: Readonly<Record<Shell, (name: string, value: string) => string>> = {
  sh: exportLine,
  bash: exportLine,
  zsh: exportLine,
  // In fish's single quotes, only backslash and the quote itself are special.
  fish: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}'`,
  // PowerShell reads typographic quotes as quotes too; each is doubled.
  powershell: (name, value) => `$env:${name} = '${value.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`,
  nu: (name, value) => `$env.${name} = "${nuText(value)}"`,
  cmd: (name, value) => cmdLine(`set "${name}=${cmdValue(value)}"`),
  dotenv: (name, value) => `${name}=${dotenvValue(value)}`,
  // A delimiter that no one can foresee, so that the value cannot end its own block.
  github: (name, value) => {
    const delimiter = `keys_${crypto.randomUUID().replaceAll('-', '')}`;
    return `${name}<<${delimiter}\n${value}\n${delimiter}`;
  },
};

function exportLine(name: string, value: string): string {
  return `export ${name}=${singleQuoted(value)}`;
}

/**
 * In nu's double quotes, only the backslash and the quote are special. Invisible characters are written as
 * code points.
 */
function nuText(value: string): string {
  return value
    .replace(/[\\"]/g, '\\$&')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Longest line that cmd takes, in characters. */
const LONGEST_CMD_LINE = 8191;

/**
 * What cmd reads alike at its prompt, in a batch file and out of `for /f`. Between the quotes, `& | < > ^ (
 * )` are nothing special; the rest of what cmd reads as its own has no escape that all three understand, so
 * it is refused: `%` is doubled in a batch file alone, `!` is only itself without delayed expansion, a `"`
 * ends the quotes for what follows. Beyond ASCII, a batch file is read in whatever code page the console has.
 */
function cmdValue(value: string): string {
  if (value === '') throw unfit('cmd', 'it has no empty variables');
  const special = /[%!"]/.exec(value)?.[0];
  if (special !== undefined) throw unfit('cmd', `it reads a ${special} differently from place to place`);
  if (!/^[ -~]*$/.test(value)) throw unfit('cmd', 'it takes one line of ASCII');
  return value;
}

function cmdLine(line: string): string {
  if (line.length > LONGEST_CMD_LINE) throw unfit('cmd', 'it takes no line that long');
  return line;
}

/**
 * What sh, bash, dash, zsh, Node, dotenv, python-dotenv and docker all read as it stands, without quotes. zsh
 * expands `:=`.
 */
const PLAIN_VALUE = /^(?!.*:=)[\w./:@%+,!^-][\w./:@%+,!^=-]*$/;

/**
 * A value as env files have it. Readers agree on plain values only: docker takes quotes as part of the value,
 * and a shell runs what stands between backticks. `preferred` is the quote that the old value had: it stays.
 * Throws `refused` otherwise.
 */
export function dotenvValue(value: string, preferred = ''): string {
  if (!PLAIN_VALUE.test(value)) throw unfit('dotenv', 'readers of such files would read it differently');
  const quote = preferred === "'" || preferred === '"' ? preferred : '';
  return quote + value + quote;
}

/** `why` says one character of the value at most, and only one that is special. */
function unfit(shell: Shell, why: string): KeysError {
  return new KeysError('refused', `this value cannot be written for ${shell}: ${why}`, {
    hint: words`take another shell, another place, or ${option('raw')}`,
  });
}

/** One assignment line, with its line break. Throws `refused` for a value that the shell cannot hold. */
export function assignment(shell: Shell, name: string, value: string): string {
  if (value.includes('\0')) throw unfit(shell, 'no variable holds a zero byte');
  return `${ASSIGN[shell](name, value)}\n`;
}

/** The shell that asks: GitHub's runner is not one (its file is), so it is taken only when named. */
export function shellOf(env: Readonly<Record<string, string | undefined>>, platform: string): Shell {
  const name = env['SHELL']?.split('/').at(-1);
  if (name === 'fish' || name === 'zsh' || name === 'bash') return name;
  if (name === undefined && (platform === 'win32' || env['PSModulePath'] !== undefined)) return 'powershell';
  return 'sh';
}
