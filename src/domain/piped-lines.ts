import { KeysError } from './errors.js';
import { cleanPastedSecret } from './pasted-secret.js';

/** What a command may do with lines of an env file. */
export interface PipedChoice {
  /** Variables that together are the credential, such as both of a pair. */
  readonly variables?: readonly string[];
  /** How a person chooses one of several variables. */
  readonly hint: string;
}

interface PipedLines {
  /** Without blanks and quotes around each. */
  readonly lines: readonly string[];
  /** The variables whose values the lines are; none: the lines stood alone. */
  readonly from: readonly string[];
  /** Whether quotes were left out. */
  readonly unquoted: boolean;
}

/** An assignment of an env file, such as `export WEB_KEY='…'`. */
const ASSIGNMENT = /^(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)$/;

/**
 * The lines of a credential on stdin. An env file may be piped in as well: its comments, blank lines and
 * variables without a value are passed over, and the value of its only variable is read. Throws `usage`, with
 * the names and never a value, for several variables of which none is chosen.
 */
export function pipedLines(text: string, { variables = [], hint }: PipedChoice): PipedLines {
  const every = text.split(/\r\n|\n/).map((line) => cleanPastedSecret(line));
  const full = every.filter(({ secret }) => secret !== '');
  const lines = full.length < 2 ? full : full.filter(({ secret }) => !secret.startsWith('#'));
  const unquoted = lines.some(({ removed }) => removed === 'quotes');
  const assigned = lines.flatMap(({ secret }) => {
    const [, name, value] = ASSIGNMENT.exec(secret) ?? [];
    return name === undefined || value === undefined ? [] : [{ name, ...assignedValue(value) }];
  });
  const set = assigned.filter(({ secret }) => secret !== '');
  if (set.length === 0) return { lines: lines.map(({ secret }) => secret), from: [], unquoted };
  const chosen =
    variables.length < 2 ? set : variables.map((name) => set.findLast((one) => one.name === name));
  const whole = chosen.filter((one) => one !== undefined);
  if (
    whole.length < chosen.length ||
    (variables.length < 2 && (set.length > 1 || assigned.length < lines.length))
  ) {
    throw severalVariables(
      set.map(({ name }) => name),
      lines.length - assigned.length,
      hint,
    );
  }
  return {
    lines: whole.map(({ secret }) => secret),
    from: whole.map(({ name }) => name),
    unquoted: whole.some(({ removed }) => removed === 'quotes'),
  };
}

/** A value without its quotes, and without a comment behind it. */
function assignedValue(text: string): ReturnType<typeof cleanPastedSecret> {
  const quoted = /^\s*((["'`]).*?\2)\s*(#.*)?$/.exec(text)?.[1];
  return cleanPastedSecret(quoted ?? text.replace(/(^|[ \t])#.*$/, ''));
}

function severalVariables(names: readonly string[], others: number, hint: string): KeysError {
  const most = 10;
  const named = [...new Set(names)];
  const shown = named.slice(0, most).join(', ') + (named.length > most ? ', …' : '');
  const what = `${named.length} ${named.length === 1 ? 'variable' : 'variables'}: ${shown}`;
  const rest = others === 0 ? '' : `, and ${others} other ${others === 1 ? 'line' : 'lines'}`;
  return new KeysError('usage', `the input has ${what}${rest}`, { hint });
}
