import { Command } from '@commander-js/extra-typings';
import type { Deps } from '../deps.js';
import { KeysError } from '../domain/errors.js';
import { normalizeBaseUrl } from '../profiles/base-url.js';
import type { Profile } from '../profiles/settings.js';
import type { Column } from '../terminal/output.js';

export function profileCommand(deps: Deps) {
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
    .action(() => list(deps));
  profile
    .command('use')
    .summary('use a profile from now on')
    .description('Makes a profile the one that calls use where none is said.')
    .argument('[name]', 'the profile')
    .option('--embedded', 'none: the embedded service')
    .action((name, flags) => use(name, flags, deps));
  profile
    .command('add')
    .summary('make or change a profile')
    .description(
      'Makes a profile, or changes what is said of one. Its address is the global --base-url; without one it is the embedded service.',
    )
    .argument('<name>', 'small letters, digits, - and _')
    .option('--environment <name>', 'default environment of new keys')
    .action((name, flags) => add(name, flags, deps));
  profile
    .command('remove')
    .summary('remove a profile and its credential')
    .description('Removes a profile, and its credential from everywhere it is kept.')
    .argument('<name>', 'the profile')
    .action((name) => remove(name, deps));
  return profile;
}

async function list(deps: Pick<Deps, 'output' | 'settings'>): Promise<void> {
  const settings = deps.settings();
  const current = settings.get('profile');
  type Row = Profile & { readonly in_use: boolean };
  const rows = settings.profiles().map((profile): Row => ({ ...profile, in_use: profile.name === current }));
  const column = (id: string, title: string, plain: (row: Row) => string): Column<Row> => ({
    id,
    title,
    plain,
    human: plain,
  });
  await deps.output().list(
    (async function* () {
      yield* rows;
    })(),
    [
      column('in_use', '', (row) => (row.in_use ? '*' : '')),
      column('name', 'name', (row) => row.name),
      column('base_url', 'base URL', (row) => row.base_url ?? 'embedded'),
      column('environment', 'environment', (row) => row.environment ?? ''),
    ],
  );
}

async function use(
  name: string | undefined,
  flags: { embedded?: true },
  deps: Pick<Deps, 'output' | 'settings'>,
): Promise<void> {
  const settings = deps.settings();
  if ((name === undefined) === (flags.embedded === undefined)) {
    throw new KeysError('usage', 'say one: a profile, or --embedded', {
      hint: 'keys profile list shows them',
    });
  }
  if (name === undefined) await settings.unset('profile');
  else await settings.set('profile', name);
  deps.output().say(name === undefined ? 'using the embedded service' : `using ${name}`);
}

type AddDeps = Pick<Deps, 'flags' | 'output' | 'settings'>;

async function add(name: string, flags: { environment?: string }, deps: AddDeps): Promise<void> {
  const settings = deps.settings();
  const before = settings.profiles().find((profile) => profile.name === name);
  const { baseUrl } = deps.flags();
  await settings.saveProfile({
    ...before,
    name,
    ...(baseUrl === undefined ? {} : { base_url: normalizeBaseUrl(baseUrl) }),
    ...(flags.environment === undefined ? {} : { environment: flags.environment }),
  });
  deps.output().say(`${before ? 'changed' : 'added'} ${name}`);
}

async function remove(name: string, deps: Pick<Deps, 'credentials' | 'output' | 'settings'>): Promise<void> {
  const settings = deps.settings();
  const { base_url } = settings.profile(name);
  // The credential first: a profile that is still there can be removed again, a credential without one is forgotten.
  if (base_url !== undefined) await removeCredential(name, deps);
  await settings.removeProfile(name);
  deps.output().say(`removed ${name}`);
}

/** A machine without a keychain can still be rid of a profile; what cannot be known is said. */
async function removeCredential(name: string, deps: Pick<Deps, 'credentials' | 'output'>): Promise<void> {
  try {
    await (await deps.credentials()).remove(name);
  } catch (error) {
    const broken =
      error instanceof KeysError &&
      (error.code === 'keychain_unavailable' || error.code === 'keychain_timeout');
    if (!broken) throw error;
    deps
      .output()
      .warn(`a credential of ${name} that the keychain may hold was not removed: ${error.message}`);
  }
}
