import { Command, Option } from '@commander-js/extra-typings';
import type { Identity } from '../../connect/identify.js';
import { KeysError } from '../../domain/errors.js';
import { requireStorage } from '../../storage/keychain/require-storage.js';
import type { Settings } from '../../storage/settings.js';
import { checkProfileName } from '../../storage/settings-file.js';
import type { Context } from '../context.js';
import { chooseTarget, confirmReplacement, loginTarget, profileNameFor } from '../options/login-target.js';
import { insecureStorageOption } from '../options/place-options.js';
import { readLoginCredential } from '../questions/read-login-credential.js';

interface LoginFlags {
  readonly withToken?: true;
  readonly insecureStorage?: true;
  readonly yes?: true;
  readonly token?: string | true;
  readonly apiKey?: string | true;
  readonly key?: string | true;
  readonly password?: string | true;
}

export function loginCommand(context: Context) {
  return new Command('login')
    .description(
      "Checks a service's credential and keeps it in the OS keychain, for a profile, with the policy that a key service follows. The credential is read from a masked prompt, or from stdin with --with-token; never from the command line.",
    )
    .argument('[nothing]', 'give no credential here: others on this machine can read a command line')
    .option('--with-token', 'read the credential from stdin')
    .addOption(insecureStorageOption())
    .option('-y, --yes', 'replace the profile without asking, even if it is for another service')
    .addOption(refused('--token [value]'))
    .addOption(refused('--api-key [value]'))
    .addOption(refused('--key [value]'))
    .addOption(refused('--password [value]'))
    .addHelpText(
      'after',
      `
Examples:
  keys login --base-url http://127.0.0.1:8787 --profile team
  keys login --provider resend
  keys login --base-url https://keys.example.com --profile ci --with-token < management.key`,
    )
    .action((argument, flags) => login(argument, flags as LoginFlags, context));
}

/** A flag that is there only to be refused with its reason. */
function refused(flags: string): Option {
  return new Option(flags).hideHelp();
}

async function login(argument: string | undefined, flags: LoginFlags, context: Context): Promise<void> {
  const { logIn } = await import('../../connect/log-in.js');
  refuseCredentialArgument(argument, flags);
  const { id, provider, address, baseUrl, fields } = await loginTarget(await chooseTarget(context));
  const profile = context.flags.profile ?? profileNameFor(baseUrl);
  checkProfileName(profile);
  if (!flags.yes) await confirmReplacement(profile, { baseUrl, fields }, context);
  const insecureStorage = flags.insecureStorage ?? context.settings().get('storage') === 'file';
  // Before a person looks for the credential.
  if (!flags.withToken && context.input.isTerminal) await requireStorage(context, insecureStorage);
  const secret = await readLoginCredential(flags, provider, context);
  const target = { id, provider, address, baseUrl, fields };
  const { key, policy, doubt, source, isKeyService } = await logIn(
    target,
    { profile, secret, insecureStorage },
    context,
  );
  await report({ profile, base_url: baseUrl, stored_in: source, key, policy }, context);
  if (isKeyService && key !== null) {
    const { warnOfPlainKey } = await import('../warn-of-plain-key.js');
    warnOfPlainKey(context, key);
  }
  if (doubt !== null) context.output.warn(doubt);
}

/** Throws `usage` for a credential on the command line. */
function refuseCredentialArgument(argument: string | undefined, flags: LoginFlags): void {
  if (argument === undefined && !(flags.token || flags.apiKey || flags.key || flags.password)) return;
  throw new KeysError(
    'usage',
    'a credential does not belong on a command line, where other users can read it',
    {
      hint: 'give it on stdin: keys login --with-token < file; and roll it if this machine is shared',
    },
  );
}

interface LoggedIn extends Identity {
  readonly profile: string;
  readonly base_url: string;
  readonly stored_in: string;
}

async function report(done: LoggedIn, { output, env, settings }: Context): Promise<void> {
  const { profile, base_url, stored_in, key, policy } = done;
  await output.record(done, [
    ['profile', profile],
    ['base URL', base_url],
    ['stored in', stored_in],
    ...(policy === null ? [] : [['policy', policy] as const]),
    ...(key ? [['logged in as', `${key.name} (${key.id})`] as const] : []),
    ...(key?.environment ? [['environment', key.environment] as const] : []),
  ]);
  if (env['KEYS_API_KEY'])
    output.warn(`KEYS_API_KEY is set: it is used unless you give --profile ${profile}`);
  if (settings().get('profile') !== profile) {
    output.hint(
      `use it with ${targetFlag(profile, settings())}, or for every call: keys profile use ${profile}`,
    );
  }
}

/** The flag that is enough to name a profile: the provider's, where it is the only one at its own address. */
function targetFlag(name: string, settings: Pick<Settings, 'profile' | 'profiles'>): string {
  const { provider, base_url } = settings.profile(name);
  const alike = settings.profiles().filter((one) => one.provider === provider && one.base_url === undefined);
  return provider !== undefined && base_url === undefined && alike.length === 1
    ? `--provider ${provider}`
    : `--profile ${name}`;
}
