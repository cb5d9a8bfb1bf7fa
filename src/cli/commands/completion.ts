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
  mkdir -p ~/.local/share/bash-completion/completions
  keys completion bash > ~/.local/share/bash-completion/completions/keys
  mkdir -p ~/.config/fish/completions
  keys completion fish > ~/.config/fish/completions/keys.fish
  keys completion powershell >> $PROFILE

  # zsh, with these lines in ~/.zshrc before compinit: fpath=(~/.zfunc $fpath)
  mkdir -p ~/.zfunc
  keys completion zsh > ~/.zfunc/_keys`,
    )
    .action(async (shell) => {
      const { completionScript } = await import('../completion/completion-script.js');
      await context.output.print(completionScript(shell, await buildTree()));
    });
}
