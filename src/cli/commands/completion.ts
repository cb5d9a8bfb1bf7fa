import { Argument, Command } from '@commander-js/extra-typings';
import type { Deps } from '../context.js';

export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

export function completionCommand(deps: Deps) {
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
    .action((shell) => completion(shell, deps));
}

async function completion(
  shell: (typeof COMPLETION_SHELLS)[number],
  deps: Pick<Deps, 'completionScript' | 'output'>,
): Promise<void> {
  await deps.output().print(await deps.completionScript(shell));
}
