import type { ArgumentNode, CommandNode, OptionNode } from '../command-tree.js';

/** What completes a place: words that are known, or candidates that `keys __complete` knows. */
export type Candidates =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'dynamic'; readonly what: 'keys' | 'profiles' }
  | { readonly kind: 'files' }
  | { readonly kind: 'none' };

const SHELL_CHOICES_OPTIONS: Readonly<Record<string, Candidates>> = {
  '--profile': { kind: 'dynamic', what: 'profiles' },
  '--environment': { kind: 'words', words: ['live', 'test'] },
  '--data-dir': { kind: 'files' },
};

export function valuesOf(option: OptionNode): Candidates {
  if (option.choices.length > 0) return { kind: 'words', words: option.choices };
  return SHELL_CHOICES_OPTIONS[option.long] ?? { kind: 'none' };
}

function candidatesOf(path: string, argument: ArgumentNode | undefined): Candidates {
  if (argument === undefined) return { kind: 'none' };
  if (argument.choices.length > 0) return { kind: 'words', words: argument.choices };
  if (argument.name === 'key') return { kind: 'dynamic', what: 'keys' };
  if (argument.name === 'name' && path.startsWith('profile ') && path !== 'profile add') {
    return { kind: 'dynamic', what: 'profiles' };
  }
  return { kind: 'none' };
}

export interface Place {
  /** Words after `keys`, such as `profile use`; empty for the program itself. */
  readonly path: string;
  readonly command: CommandNode;
  /** The command's own options and the global ones. */
  readonly options: readonly OptionNode[];
  readonly candidates: Candidates;
}

/** Every command of the tree with what completes it, the program first; an alias is a place of its own. */
export function places(root: CommandNode): Place[] {
  const global = root.options.filter((option) => !['--help', '--version'].includes(option.long));
  const below = (path: string, command: CommandNode): Place[] => {
    const options = path === '' ? root.options : [...command.options, ...global];
    const candidates: Candidates =
      command.commands.length > 0
        ? { kind: 'words', words: command.commands.flatMap((child) => [child.name, ...child.aliases]) }
        : candidatesOf(path, command.arguments[0]);
    const own = { path, command, options, candidates };
    const children = command.commands.flatMap((child) =>
      [child.name, ...child.aliases].flatMap((name) => below(path === '' ? name : `${path} ${name}`, child)),
    );
    return [own, ...children];
  };
  return below('', root);
}
