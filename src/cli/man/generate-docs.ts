import { COMPLETIONS } from '../completion/completion-script.js';
import type { CommandNode } from './command-tree.js';
import { commandPage, rootPage } from './man-page.js';

/** Every generated file by its path from the project's root. */
export function generateDocs(tree: CommandNode): ReadonlyMap<string, string> {
  return new Map([
    ['man/keys.1', rootPage(tree)],
    ...tree.commands
      .filter(({ name }) => name !== 'help')
      .map((command) => [`man/keys-${command.name}.1`, commandPage(command)] as const),
    ...Object.values(COMPLETIONS).map(({ file, make }) => [`completions/${file}`, make(tree)] as const),
  ]);
}
