import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { type Profile, systemOf } from '../../storage/settings.js';
import { textColumn } from '../../terminal/text-column.js';
import type { Context } from '../context.js';

export function profileCommand(context: Context) {
  const profile = new Command('profile')
    .description(
      'Named services, each with its address and its defaults. keys login makes one with its credential.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  keys profile list\n  keys profile use team\n  keys profile use --embedded',
    );
  profile
    .command('list')
    .summary('list profiles')
    .description('Lists the profiles; the one in use is marked.')
    .action(() => list(context));
  profile
    .command('use')
    .summary('use a profile from now on')
    .description('Makes a profile the one that calls use where none is said.')
    .argument('[name]', 'the profile')
    .option('--embedded', 'use no profile: the embedded service')
    .action((name, flags) => use(name, flags, context));
  profile
    .command('add')
    .summary('add or change a profile')
    .description(
      'Makes a profile, or changes what is said of one. Its provider, address and context are the global --provider, --base-url and --set; with none of them it is the embedded service.',
    )
    .argument('<name>', 'small letters, digits, - and _')
    .option('--environment <name>', 'default environment of new keys; keys list shows its keys alone')
    .option('--policy <system>', 'an embedded service of its own, under the rules of this system')
    .action((name, flags) => add(name, flags, context));
  profile
    .command('remove')
    .summary('remove a profile and its credential')
    .description('Removes a profile, and its credential from everywhere it is kept.')
    .argument('<name>', 'the profile')
    .action((name) => remove(name, context));
  return profile;
}

async function list(context: Context): Promise<void> {
  const settings = context.settings();
  const current = settings.get('profile');
  type Row = Profile & { readonly in_use: boolean };
  const rows = settings.profiles().map((profile): Row => ({ ...profile, in_use: profile.name === current }));
  const column = textColumn<Row>;
  await context.output.list(
    rows,
    [
      {
        ...column('in_use', 'in use', (row) => (row.in_use ? '*' : '')),
        human: (row) => (row.in_use ? 'yes' : '-'),
      },
      column('name', 'name', (row) => row.name),
      column('provider', 'provider', systemOf),
      column('base_url', 'base URL', whereabouts),
      column('environment', 'environment', (row) => row.environment ?? ''),
    ],
    'no profiles yet: keys login --provider <id> keeps a credential in one',
  );
}

/** A profile's address, or what stands for it. */
function whereabouts({ base_url, provider, policy }: Profile): string {
  if (base_url !== undefined) return base_url;
  if (policy !== undefined) return `embedded, under the rules of ${policy}`;
  return provider === undefined || provider === 'keys' ? 'embedded' : "the vendor's own";
}

async function use(name: string | undefined, flags: { embedded?: true }, context: Context): Promise<void> {
  const settings = context.settings();
  if ((name === undefined) === (flags.embedded === undefined)) {
    throw new KeysError('usage', 'give either a profile or --embedded', {
      hint: 'keys profile list shows them',
    });
  }
  if (name === undefined) await settings.unset('profile');
  else await settings.set('profile', name);
  context.output.say(name === undefined ? 'using the embedded service' : `using ${name}`);
}

async function add(
  name: string,
  flags: { environment?: string; policy?: string },
  context: Context,
): Promise<void> {
  const { changedProfile } = await import('../../connect/profiles.js');
  const settings = context.settings();
  const known = settings.profiles().some((profile) => profile.name === name);
  const profile = await changedProfile(name, flags, context);
  await settings.saveProfile(profile);
  context.output.say(`${known ? 'changed' : 'added'} ${name}`);
}

async function remove(name: string, context: Context): Promise<void> {
  const { removeProfile } = await import('../../connect/profiles.js');
  await removeProfile(name, context);
  context.output.say(`removed ${name}`);
}
