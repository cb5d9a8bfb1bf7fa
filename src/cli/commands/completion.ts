import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Context } from '../context.js';

export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

/** `buildTree` returns the program with every command loaded: the scripts are made from it. */
export function completionCommand(context: Context, buildTree: () => Promise<CommandUnknownOpts>) {
  return new Command('completion')
    .description('Prints the completion script of a shell, for its start-up file or its completions folder.')
    .addArgument(new Argument('<shell>', 'the shell').choices(COMPLETION_SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  keys completion bash > ~/.local/share/bash-completion/completions/keys
  keys completion zsh > "\${fpath[1]}/_keys"
  keys completion fish > ~/.config/fish/completions/keys.fish
  keys completion powershell >> $PROFILE`,
    )
    .action(async (shell) => {
      const { completionScript } = await import('../completion/completion-script.js');
      await context.output.print(completionScript(shell, await buildTree()));
    });
}
