import type { ArgumentNode, CommandNode, OptionNode } from '../man/command-tree.js';

/** What `keys __complete` is asked for. */
type Asked =
  | 'keys'
  | 'saved-keys'
  | 'profiles'
  | 'providers'
  | 'own-providers'
  | 'operations'
  | 'settings'
  | 'columns';

/** What completes a place: words that are known, or candidates that the machine knows. */
export type Candidates =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'dynamic'; readonly what: Asked }
  | { readonly kind: 'files' }
  | { readonly kind: 'directories' }
  /** A program, then what it takes: files, as far as is known. */
  | { readonly kind: 'program' }
  | { readonly kind: 'none' };

const NONE: Candidates = { kind: 'none' };
const FILES: Candidates = { kind: 'files' };
const DIRECTORIES: Candidates = { kind: 'directories' };
const asked = (what: Asked): Candidates => ({ kind: 'dynamic', what });
const words = (...all: string[]): Candidates => ({ kind: 'words', words: all });

/** Systems whose rules a key service can follow. */
export const POLICY_IDS = ['keys', 'trust-swiftly', 'swiftsell', 'tylt', 'jahuty'];

const OPTION_VALUES: Readonly<Record<string, Candidates>> = {
  '--profile': asked('profiles'),
  '--provider': asked('providers'),
  '--key': asked('saved-keys'),
  '--policy': words(...POLICY_IDS),
  '--environment': words('live', 'test'),
  '--sort': asked('columns'),
  '--columns': asked('columns'),
  '--data-dir': DIRECTORIES,
  '--repo': DIRECTORIES,
  '--from': FILES,
  '--to': FILES,
  '--sarif': FILES,
  '--markdown': FILES,
  '--html': FILES,
  '--config': FILES,
};

/** By command and argument, where the argument's name alone does not say it. */
const ARGUMENTS: Readonly<Record<string, Candidates>> = {
  'env keys': asked('saved-keys'),
  'run command': { kind: 'program' },
  'resume operations': asked('operations'),
  'api method': words('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
  'webhook verify file': FILES,
  'webhook sign file': FILES,
  'provider show provider': asked('providers'),
  'provider test provider': asked('providers'),
  'provider remove provider': asked('own-providers'),
  'provider add path': FILES,
  'profile use name': asked('profiles'),
  'profile remove name': asked('profiles'),
  'config get name': asked('settings'),
  'config set name': asked('settings'),
  'config unset name': asked('settings'),
};

export function valuesOf(option: OptionNode): Candidates {
  if (option.choices.length > 0) return { kind: 'words', words: option.choices };
  return OPTION_VALUES[option.long] ?? NONE;
}

function candidatesOf(path: string, argument: ArgumentNode | undefined): Candidates {
  if (argument === undefined) return NONE;
  if (argument.choices.length > 0) return { kind: 'words', words: argument.choices };
  const own = ARGUMENTS[`${path} ${argument.name}`];
  return own ?? (['key', 'keys'].includes(argument.name) ? asked('keys') : NONE);
}

export interface CommandEntry {
  /** Words after `keys`, such as `profile use`; empty for the program itself. */
  readonly path: string;
  readonly command: CommandNode;
  /** The command's own options and the global ones. */
  readonly options: readonly OptionNode[];
  readonly candidates: Candidates;
  /** Whether more than one word is completed. */
  readonly variadic: boolean;
}

/**
 * Every command of the tree with what completes it, the program first. An alias is never offered, but
 * completes as its command does.
 */
export function commandEntries(root: CommandNode): CommandEntry[] {
  const global = root.options.filter((option) => !['--help', '--version'].includes(option.long));
  const below = (path: string, command: CommandNode, siblings: readonly CommandNode[]): CommandEntry[] => {
    const options = path === '' ? root.options : [...command.options, ...global];
    const [argument] = command.arguments;
    const own = {
      path,
      command,
      options,
      candidates:
        command.commands.length > 0
          ? words(...command.commands.map(({ name }) => name))
          : command.name === 'help'
            ? words(...siblings.map(({ name }) => name).filter((name) => name !== 'help'))
            : candidatesOf(path, argument),
      variadic: argument?.variadic === true,
    };
    const children = command.commands.flatMap((child) =>
      namesOf(child).flatMap((name) =>
        below(path === '' ? name : `${path} ${name}`, child, command.commands),
      ),
    );
    return [own, ...children];
  };
  return below('', root, []);
}

export function namesOf(command: CommandNode): string[] {
  return [command.name, ...command.aliases];
}

/** How an option can be typed: `--limit`, `-L`. */
export function formsOf({ long, short }: OptionNode): string[] {
  return short === undefined ? [long] : [long, short];
}

/** Options whose next word is theirs whatever it is. */
export function optionsWithValue(all: readonly CommandEntry[]): string[] {
  const taking = all.flatMap(({ options }) =>
    options.filter((option) => option.takesValue && !option.valueOptional),
  );
  return [...new Set(taking.flatMap(formsOf))];
}

/** The options that say where calls go: `__complete` is asked with them, for its response depends on them. */
export const LONG_SCOPE_OPTIONS = ['--profile', '--provider', '--base-url', '--set'];
export const SCOPE_OPTIONS = ['-p', ...LONG_SCOPE_OPTIONS];
