import { KeysError } from '../domain/errors.js';
import type { Provider } from '../domain/provider.js';
import { option, type Wording, words } from '../domain/words.js';

const NAME = /^[A-Z_][A-Z0-9_]*$/;
/** Names that control a shell, a loader, a runtime or this tool. */
const STEERING =
  /^(PATH|HOME|IFS|ENV|BASH_ENV|BASH_FUNC_.*|SHELLOPTS|BASHOPTS|PS[0-9]|PROMPT_COMMAND|CDPATH|GLOBIGNORE|FPATH|ZDOTDIR|SHELL|TERM|TMPDIR|LD_.*|DYLD_.*|NODE_.*|NPM_CONFIG_.*|PYTHON.*|PERL5?.*|RUBY.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|GIT_.*|SSH_.*|EDITOR|VISUAL|PAGER|BROWSER|GITHUB_.*|RUNNER_.*|HTTPS?_PROXY|NO_PROXY|ALL_PROXY|KEYS_.*|PSMODULEPATH|PATHEXT|COMSPEC|SYSTEMROOT|_)$/;

/**
 * The name as given. `ofFlag`: it is the value of `--env`. Throws `usage` with the hint that was probably
 * meant.
 */
export function checkVariableName(name: string, ofFlag = false): string {
  if (!NAME.test(name)) {
    throw new KeysError('usage', `not a name for an environment variable: ${JSON.stringify(name)}`, {
      hint: ofFlag ? probablyMeant(name) : nameRule(name),
    });
  }
  if (STEERING.test(name)) {
    throw new KeysError('usage', `${name} is reserved by a shell or runtime`, {
      hint: 'use another name, such as WEB_API_KEY',
    });
  }
  return name;
}

function probablyMeant(name: string): Wording {
  if (name === 'live' || name === 'test')
    return words`for the key's environment, say ${option('environment', name)}`;
  return `${nameRule(name)}; where ${JSON.stringify(name)} is the key, put it before the flag`;
}

function nameRule(name: string): string {
  const made = variableNameFor(name, '');
  const upper = /[A-Z]/.test(made.replace(/^MY_/, '')) ? made : 'WEB_API_KEY';
  return `capital letters, digits and _, such as ${upper}`;
}

/**
 * The variables for a provider's secret: its documented ones, or for a pair whose first is given otherwise,
 * that one and a second made from it.
 */
export function variablesFor({ variables }: Pick<Provider, 'variables'>, given?: string): readonly string[] {
  const own = Object.values(variables) as string[];
  if (given === undefined) return own;
  checkVariableName(given);
  return own.length === 1 ? [given] : [given, secondVariable(given, own)];
}

/**
 * The second variable of a pair whose first is named: the provider's own beside its own first, else made from
 * the first. The number of `freeVariableName` ends both.
 */
export function secondVariable(first: string, [ownFirst, ownSecond]: readonly string[]): string {
  const [, stem = first, number = ''] = /^(.+?)(_\d+)?$/.exec(first) ?? [];
  for (const [start, end] of [
    [first, ''],
    [stem, number],
  ] as const) {
    if (start === ownFirst && ownSecond !== undefined) return `${ownSecond}${end}`;
    if (start.endsWith('API_KEY')) return `${start.replace(/API_KEY$/, 'SECRET_KEY')}${end}`;
  }
  return `${first}_SECRET_KEY`;
}

/** A name made from a key's: `ci runner` → `CI_RUNNER_API_KEY`. */
export function variableNameFor(keyName: string, ending = 'API_KEY'): string {
  const words = keyName
    .normalize('NFKD')
    // The dots of an umlaut are a character of their own now.
    .replace(/\p{M}+/gu, '')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const stem = words.replace(/_?(API_?)?KEY$/, '');
  const joined = [stem, ending].filter((part) => part !== '').join('_');
  const name = /^[0-9]/.test(joined) || joined === '' ? `_${joined}` : joined;
  return STEERING.test(name) ? `MY_${name}` : name;
}

/** What the help, `provider show` and the pages say of the variable of a key. */
export const VARIABLE_RULE =
  "The variable of a key is its provider's documented one. Where that has another key's value, the error offers a variable made from the key's name.";

/**
 * A variable made from a key's name that is none of these, for the key whose own variables are taken; of a
 * pair, the first, beside which the second is none of these either. A name without Latin letters and digits
 * gives none: then the provider's own with a number.
 */
export function freeVariableName(
  keyName: string,
  taken: ReadonlySet<string>,
  own: readonly string[] = ['API_KEY'],
): string {
  const [ownFirst = 'API_KEY'] = own;
  const made = /[A-Z0-9]/.test(keyName.normalize('NFKD').toUpperCase()) ? variableNameFor(keyName) : ownFirst;
  const isTaken = (first: string) =>
    taken.has(first) || (own.length > 1 && taken.has(secondVariable(first, own)));
  let free = made;
  for (let turn = 2; isTaken(free); turn++) free = `${made}_${turn}`;
  return free;
}
