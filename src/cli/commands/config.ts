import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { SETTINGS, type SettingName } from '../../storage/settings.js';
import type { Context } from '../context.js';

export function configCommand(context: Context) {
  const config = new Command('config').description('The settings that every call starts from.').addHelpText(
    'after',
    `
Settings:
${Object.entries(SETTINGS)
  .map(([name, { about, like }]) => `  ${name.padEnd(12)} ${about}: ${like}`)
  .join('\n')}

Examples:
  keys config set environment test
  keys config get profile`,
  );
  config
    .command('list')
    .summary('list what is set')
    .description('Lists what is set.')
    .action(() => list(context));
  config
    .command('get')
    .summary('print one setting')
    .description('Prints one setting; exit 1 where it is not set.')
    .argument('<name>', 'the setting')
    .action((name) => get(name, context));
  config
    .command('set')
    .summary('set one')
    .description('Sets one, after checking it.')
    .argument('<name>', 'the setting')
    .argument('<value>', 'its new value')
    .action((name, value) => context.settings().set(name, value));
  config
    .command('unset')
    .summary('back to the default')
    .description('Takes one back to its default.')
    .argument('<name>', 'the setting')
    .action((name) => context.settings().unset(name));
  config
    .command('path')
    .summary('print where the settings file is')
    .description('Prints where the settings file is.')
    .action(() => context.output.print(`${context.settings().path}\n`));
  return config;
}

async function list(context: Context): Promise<void> {
  const all = context.settings().all();
  await context.output.record(all, Object.entries(all));
}

async function get(name: string, context: Context): Promise<void> {
  if (!Object.hasOwn(SETTINGS, name)) {
    throw new KeysError('usage', `no such setting: ${name}`, {
      hint: `one of ${Object.keys(SETTINGS).join(', ')}`,
    });
  }
  const value = context.settings().get(name as SettingName);
  if (value === undefined)
    throw new KeysError('not_set', `${name} is not set`, { hint: `keys config set ${name} <value>` });
  const output = context.output;
  if (output.format === 'json') return await output.record({ [name]: value }, []);
  await output.print(`${value}\n`);
}
