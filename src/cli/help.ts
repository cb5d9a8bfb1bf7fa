import { type Command, type CommandUnknownOpts, Help } from '@commander-js/extra-typings';
import { variablesOfCommand } from './environment-variables.js';
import { exitCodesOf } from './exit-codes.js';

/**
 * The help of a command. Of a group, its commands stand before the options, which are the same everywhere.
 */
export function commandsFirst(command: CommandUnknownOpts, helper: Help): string {
  const help = Help.prototype.formatHelp.call(helper, command as Command, helper);
  if (command.commands.length === 0) return help;
  const sections = help.trimEnd().split(/\n\n(?=\S)/);
  const isOfOptions = (section: string) => /^(?:Global )?Options:/.test(section);
  const others = sections.filter((section) => !isOfOptions(section));
  return `${[...others, ...sections.filter(isOfOptions)].join('\n\n')}\n`;
}

/**
 * The last lines of a command's help: how it ends, what of the environment it reads, and where more is said.
 */
export function helpFooter(name: string): string {
  const variables = variablesOfCommand(name).flatMap((variable) => variable.name.split(' , '));
  const codes = exitCodesOf(name).map(([code]) => code);
  return `
Exit codes:   ${codes.join(' ')} (keys --help says what each means)
Environment:  ${variables.join(', ').replace(/(.{1,62},) /g, '$1\n              ')}
See also:     man keys-${name}`;
}
