import type { CommandUnknownOpts } from '@commander-js/extra-typings';

export interface OptionNode {
  /** As help shows them: `--name <name>`. */
  readonly flags: string;
  readonly long: string;
  readonly short: string | undefined;
  readonly about: string;
  readonly takesValue: boolean;
  /** Whether the value may be left out. */
  readonly valueOptional: boolean;
  readonly choices: readonly string[];
}

export interface ArgumentNode {
  readonly name: string;
  readonly about: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly choices: readonly string[];
}

/** A command as plain data: what man pages and completions are made from. */
export interface CommandNode {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly ArgumentNode[];
  readonly options: readonly OptionNode[];
  /** What help shows after the options: output, examples. */
  readonly epilogue: string;
  readonly commands: readonly CommandNode[];
}

/** The tree below a fully loaded command; what is hidden is left out. */
export function commandTree(command: CommandUnknownOpts): CommandNode {
  const help = command.createHelp();
  return {
    name: command.name(),
    aliases: command.aliases(),
    summary: command.summary() || command.description(),
    description: command.description(),
    arguments: command.registeredArguments
      .filter((argument) => argument.name() !== 'nothing')
      .map((argument) => ({
        name: argument.name(),
        about: argument.description,
        required: argument.required,
        variadic: argument.variadic,
        choices: argument.argChoices ?? [],
      })),
    options: help.visibleOptions(command).map((option) => ({
      flags: option.flags,
      long: option.long ?? option.flags,
      short: option.short,
      about: option.description,
      takesValue: option.required || option.optional,
      // Brackets inside a required value make it both.
      valueOptional: option.optional && !option.required,
      choices: option.argChoices ?? [],
    })),
    epilogue: epilogueOf(command),
    commands: help.visibleCommands(command).map((child) => commandTree(child as CommandUnknownOpts)),
  };
}

/** Commander keeps the text after the help to itself: it is what the whole help has beyond its own part. */
function epilogueOf(command: CommandUnknownOpts): string {
  let whole = '';
  command.configureOutput({
    writeOut: (part) => {
      whole += part;
    },
  });
  command.outputHelp();
  // Man pages say at length what the last lines only name.
  return whole
    .slice(command.helpInformation().length)
    .replace(/\n*^Exit codes: {3}[\s\S]*$/m, '')
    .trim();
}
