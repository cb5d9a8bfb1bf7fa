import { Command } from '@commander-js/extra-typings';
import type { Context } from '../context.js';

export function versionCommand(context: Context) {
  return new Command('version')
    .description('Prints the version, as --version does.')
    .action(() => context.output.print(`${context.process.version}\n`));
}
