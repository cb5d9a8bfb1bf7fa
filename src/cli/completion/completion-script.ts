import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { type CommandNode, commandTree } from '../man/command-tree.js';
import { bashCompletion } from './bash.js';
import { fishCompletion } from './fish.js';
import { powershellCompletion } from './powershell.js';
import { zshCompletion } from './zsh.js';

/** What each shell's script is made by, and the name its file has where the shell looks for it. */
export const COMPLETIONS: Readonly<Record<string, { file: string; make: (tree: CommandNode) => string }>> = {
  bash: { file: 'keys.bash', make: bashCompletion },
  zsh: { file: '_keys', make: zshCompletion },
  fish: { file: 'keys.fish', make: fishCompletion },
  powershell: { file: 'keys.ps1', make: powershellCompletion },
};

/** The completion script of a shell for a fully loaded program. */
export function completionScript(shell: string, program: CommandUnknownOpts): string {
  const known = COMPLETIONS[shell];
  if (known === undefined) throw new KeysError('usage', `no completion for ${shell}`);
  return known.make(commandTree(program));
}
