import { Command, Option } from '@commander-js/extra-typings';
import { normalizeBaseUrl } from '../../connect/base-url.js';
import { readSet, splitSet } from '../../connect/resolve-target.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import { cleanPastedSecret } from '../../domain/pasted-secret.js';
import { isManagedByHand, type Provider, resolveBaseUrl } from '../../domain/provider.js';
import type { Profile } from '../../storage/settings.js';
import { checkProfileName } from '../../storage/settings-file.js';
import type { Context } from '../context.js';

interface LoginFlags {
  readonly withToken?: true;
  readonly insecureStorage?: true;
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
    .argument('[nothing]', 'a credential is not taken here: others on this machine can read a command line')
    .option('--with-token', 'read the credential from stdin')
    .option('--insecure-storage', 'keep it in a 0600 file instead of the keychain')
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
  const { definitionOfEndpoints, openClient } = await import('../../connect/client.js');
  const { moveToPolicy, refuseOtherPolicy, storedPolicy } = await import('../../connect/followed-policy.js');
  refuseCredentialArgument(argument, flags);
  const { id, provider, address, baseUrl, fields } = await loginTarget(await chooseTarget(context));
  const profile = context.flags.profile ?? profileNameFor(baseUrl);
  checkProfileName(profile);
  const { policy: _, ...earlier } = profileNamed(profile, context) ?? {};
  const secret = await readLoginCredential(flags, provider, context);
  const definition = await definitionOfEndpoints(provider);
  const { key, policy } = await check(
    await openClient(context, definition, { baseUrl, credential: secret, set: fields }),
  );
  if (definition.id === 'keys') refuseOtherPolicy(id, policy);
  const credentials = await context.credentials();
  const { origin } = new URL(baseUrl);
  const source = await credentials.store(
    profile,
    { secret, origin },
    { insecureStorage: flags.insecureStorage === true },
  );
  await context.settings().saveProfile({
    ...earlier,
    ...(id === 'keys' ? compact({ policy: storedPolicy(policy) }) : {}),
    name: profile,
    // A provider's own address is not written down: commands that name the provider alone find the profile.
    ...(address === null ? {} : { base_url: baseUrl }),
    ...(id === 'keys' ? {} : { provider: id }),
    ...(Object.keys(fields).length > 0 ? { set: fields } : {}),
  });
  if (id === 'keys') await moveToPolicy(policy, context, baseUrl);
  await report({ profile, base_url: baseUrl, stored_in: source, key, policy }, context);
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

function profileNamed(name: string | undefined, context: Context): Profile | undefined {
  return context
    .settings()
    .profiles()
    .find((candidate) => candidate.name === name);
}

/** The same; if nothing says what to log in to, a person is asked. */
async function chooseTarget(context: Context): Promise<Context> {
  const { profile, provider, baseUrl } = context.flags;
  const known = profileNamed(profile, context);
  const said = provider ?? baseUrl ?? known?.provider ?? known?.base_url;
  const { KEYS_PROVIDER, KEYS_BASE_URL } = context.env;
  const isAsked = context.process.isAttended && context.flags.input !== false;
  if (said !== undefined || KEYS_PROVIDER || KEYS_BASE_URL || !isAsked) return context;
  const { askLoginTarget } = await import('../ask-login-target.js');
  return { ...context, flags: { ...context.flags, ...(await askLoginTarget(context)) } };
}

/** What to log in to, from flags, the profile and the environment. Throws `unsupported` and `missing_answer`. */
async function loginTarget(context: Context) {
  const { loadProvider } = await import('../../providers/registry.js');
  const { profile: wanted, baseUrl: given, provider: named, set = [] } = context.flags;
  const profile = profileNamed(wanted, context);
  const id = named ?? profile?.provider ?? (context.env['KEYS_PROVIDER'] || 'keys');
  const provider = await loadProvider(id, context);
  const said = given ?? profile?.base_url ?? (context.env['KEYS_BASE_URL'] || undefined);
  const fields = splitSet({ ...profile?.set, ...readSet(set) }).set;
  const address = said === undefined ? null : normalizeBaseUrl(said);
  const baseUrl = resolveBaseUrl(provider, address, fields);
  if (isManagedByHand(provider, baseUrl)) {
    throw new KeysError(
      'unsupported',
      `${provider.title} has no endpoints to log in to: its keys are made in its dashboard`,
      {
        hint: `keys create --provider ${id} guides you; a key service under its rules is named by --base-url`,
      },
    );
  }
  if (baseUrl !== null) return { id, provider, address, baseUrl, fields };
  throw new KeysError('missing_answer', '--base-url is needed: the address of the key service', {
    hint: 'the embedded service needs no login; for another: keys login --base-url https://keys.example.com',
  });
}

interface LoggedIn {
  readonly profile: string;
  readonly base_url: string;
  readonly stored_in: string;
  readonly key: Key | null;
  readonly policy: string | null;
}

async function report(done: LoggedIn, { output, env, settings }: Context): Promise<void> {
  const { profile, base_url, stored_in, key, policy } = done;
  await output.record(done, [
    ['profile', profile],
    ['base URL', base_url],
    ['stored in', stored_in],
    ...(policy === null ? [] : [['policy', policy] as const]),
    ...(key ? [['logged in as', `${key.name} (${key.id})`] as const] : []),
  ]);
  if (env['KEYS_API_KEY']) output.warn(`KEYS_API_KEY is set: it wins where --profile ${profile} is not said`);
  if (settings().get('profile') !== profile) {
    output.hint(`use it with --profile ${profile}, or for every call: keys profile use ${profile}`);
  }
}

async function readLoginCredential(
  flags: LoginFlags,
  { id, title, documentation }: Pick<Provider, 'documentation' | 'id' | 'title'>,
  context: Context,
): Promise<string> {
  const text = flags.withToken
    ? await context.input.readText()
    : await askForCredential(
        id === 'keys' ? null : `${title} describes at ${documentation} where its keys are created`,
        context,
      );
  const { secret } = cleanPastedSecret(text);
  if (/^[\x21-\x7e]{1,16384}$/.test(secret)) return secret;
  throw new KeysError(
    'usage',
    secret === '' ? 'no credential on stdin' : 'the credential holds white space or control characters',
    {
      hint: 'one credential, alone, on one line',
    },
  );
}

async function askForCredential(where: string | null, { output, prompts }: Context): Promise<string> {
  const asking = await prompts();
  if (where !== null && asking.available) output.say(where);
  return await asking.secret({ message: 'Management key', flag: '--with-token' });
}

/**
 * Returns whose the credential is, and the policy that a key service follows; null for what the service does not say. A service
 * without `whoami` is sent a list request instead.
 */
async function check(service: KeyService): Promise<Pick<LoggedIn, 'key' | 'policy'>> {
  try {
    const own = await service.whoami();
    if (own === null) return { key: null, policy: null };
    const { policy = null, ...key } = own;
    return { key, policy };
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
    await service.list({ limit: 1 });
    return { key: null, policy: null };
  }
}

/** `https://keys.example.com` → `keys-example-com`. */
function profileNameFor(baseUrl: string): string {
  return new URL(baseUrl).host.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
