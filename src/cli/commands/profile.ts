import { Command } from '@commander-js/extra-typings';
import { normalizeBaseUrl } from '../../connect/base-url.js';
import { readSet, splitSet } from '../../connect/resolve-target.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Profile } from '../../storage/settings.js';
import type { Column } from '../../terminal/output.js';
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
    .option('--embedded', 'none: the embedded service')
    .action((name, flags) => use(name, flags, context));
  profile
    .command('add')
    .summary('make or change a profile')
    .description(
      'Makes a profile, or changes what is said of one. Its provider, address and context are the global --provider, --base-url and --set; with none of them it is the embedded service.',
    )
    .argument('<name>', 'small letters, digits, - and _')
    .option('--environment <name>', 'default environment of new keys')
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
  const column = (id: string, title: string, plain: (row: Row) => string): Column<Row> => ({
    id,
    title,
    plain,
    human: plain,
  });
  await context.output.list(
    rows,
    [
      {
        ...column('in_use', 'in use', (row) => (row.in_use ? '*' : '')),
        human: (row) => (row.in_use ? 'yes' : '-'),
      },
      column('name', 'name', (row) => row.name),
      column('provider', 'provider', (row) => row.policy ?? row.provider ?? 'keys'),
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
  const { loadProvider } = await import('../../providers/registry.js');
  const settings = context.settings();
  const before = settings.profiles().find((profile) => profile.name === name);
  const { baseUrl, provider, set } = context.flags;
  if (provider !== undefined) await loadProvider(provider, context);
  if (flags.policy !== undefined) {
    await loadProvider(flags.policy, context);
    if ((baseUrl ?? before?.base_url) !== undefined || (provider ?? before?.provider) !== undefined) {
      throw new KeysError('usage', '--policy is for an embedded service: it has no address and no provider', {
        hint: 'a service elsewhere keeps the policy that it was started with',
      });
    }
    if (before?.policy !== undefined && before.policy !== flags.policy) {
      throw new KeysError(
        'conflict',
        `the service of ${name} is under the policy ${before.policy}, and keeps it`,
        {
          hint: 'add another profile for another policy',
        },
      );
    }
  }
  const { policy, ...kept } = before ?? {};
  // A service at another address may follow another policy: login stores what it says.
  const moved = baseUrl !== undefined || provider !== undefined;
  const profile: Profile = {
    ...kept,
    ...(moved ? {} : compact({ policy })),
    name,
    ...(baseUrl === undefined ? {} : { base_url: normalizeBaseUrl(baseUrl) }),
    ...compact({ provider, policy: flags.policy }),
    ...(set === undefined ? {} : { set: splitSet({ ...before?.set, ...readSet(set) }).set }),
    ...compact({ environment: flags.environment }),
  };
  await refuseUnserved(profile, context);
  await settings.saveProfile(profile);
  context.output.say(`${before ? 'changed' : 'added'} ${name}`);
}

/**
 * Throws `usage` for an environment that the provider does not have, and for one that the address of the
 * profile does not serve.
 */
async function refuseUnserved(
  { provider: id, base_url, environment }: Profile,
  context: Context,
): Promise<void> {
  if (id === undefined || environment === undefined) return;
  const [{ loadProvider }, { refusePublishedAddress }, { requireEnvironmentOf }] = await Promise.all([
    import('../../providers/registry.js'),
    import('../../connect/targeted-provider.js'),
    import('../imported-record.js'),
  ]);
  const provider = await loadProvider(id, context);
  if (provider.environments.length > 1) requireEnvironmentOf(provider, environment);
  refusePublishedAddress(provider, base_url ?? null, environment);
}

async function remove(name: string, context: Context): Promise<void> {
  const settings = context.settings();
  const { base_url } = settings.profile(name);
  // The credential first: a profile that is still there can be removed again, a credential without one is
  // forgotten.
  if (base_url !== undefined) await removeCredential(name, context);
  await settings.removeProfile(name);
  context.output.say(`removed ${name}`);
}

/** Without a keychain, the profile is removed with a warning. */
async function removeCredential(name: string, context: Context): Promise<void> {
  try {
    await (await context.credentials()).remove(name);
  } catch (error) {
    const broken =
      error instanceof KeysError &&
      (error.code === 'keychain_unavailable' || error.code === 'keychain_timeout');
    if (!broken) throw error;
    context.output.warn(
      `a credential of ${name} that the keychain may hold was not removed: ${error.message}`,
    );
  }
}
