import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { SETTINGS, type SettingName } from '../../storage/settings.js';
import type { Deps } from '../context.js';

export function configCommand(deps: Deps) {
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
    .action(() => list(deps));
  config
    .command('get')
    .summary('print one setting')
    .description('Prints one setting; exit 1 where it is not set.')
    .argument('<name>', 'the setting')
    .action((name) => get(name, deps));
  config
    .command('set')
    .summary('set one')
    .description('Sets one, after checking it.')
    .argument('<name>', 'the setting')
    .argument('<value>', 'what it shall be')
    .action((name, value) => deps.settings().set(name, value));
  config
    .command('unset')
    .summary('back to the default')
    .description('Takes one back to its default.')
    .argument('<name>', 'the setting')
    .action((name) => deps.settings().unset(name));
  config
    .command('path')
    .summary('print where the settings file is')
    .description('Prints where the settings file is.')
    .action(() => deps.output().print(`${deps.settings().path}\n`));
  return config;
}

async function list(deps: Pick<Deps, 'output' | 'settings'>): Promise<void> {
  const all = deps.settings().all();
  await deps.output().record(all, Object.entries(all));
}

async function get(name: string, deps: Pick<Deps, 'output' | 'settings'>): Promise<void> {
  if (!Object.hasOwn(SETTINGS, name)) {
    throw new KeysError('usage', `no such setting: ${name}`, {
      hint: `one of ${Object.keys(SETTINGS).join(', ')}`,
    });
  }
  const value = deps.settings().get(name as SettingName);
  if (value === undefined)
    throw new KeysError('not_set', `${name} is not set`, { hint: `keys config set ${name} <value>` });
  const output = deps.output();
  if (output.format === 'json') return await output.record({ [name]: value }, []);
  await output.print(`${value}\n`);
}
