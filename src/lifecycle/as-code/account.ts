import { addressVariable, credentialVariable } from '../../connect/account-variables.js';
import { normalizeBaseUrl } from '../../connect/base-url.js';
import type { Connection } from '../../connect/connection.js';
import { connectTo } from '../../connect/open-connection.js';
import { profileNamed } from '../../connect/resolve-target.js';
import { compact } from '../../domain/compact.js';
import { fromVariable } from '../../domain/credential-text.js';
import { KeysError } from '../../domain/errors.js';
import type { Account } from '../../domain/managed-key.js';
import { shareGitStanding } from '../../places/git-standing.js';
import { systemOf } from '../../storage/settings.js';
import { accountOf } from '../account-of.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../means.js';
import { openMeans } from '../open-means.js';
import type { FileAccount } from './keys-file.js';

/** An account of the file, opened with its own credential. */
export interface OpenAccount {
  readonly file: FileAccount;
  readonly account: Account;
  readonly connection: Connection;
  readonly means: Means;
  /** The call as this account sees it: no other account's credential is in it. */
  readonly context: LifecycleContext;
}

/**
 * Opens an account. Its credential is that of the profile of its name, else the one in `KEYS_API_KEY_<NAME>`.
 * An address that the file names gets the credential of the environment only if `KEYS_BASE_URL_<NAME>` is the
 * same address: the file alone must not decide where a credential goes. `directory`: the folder that relative
 * places are in. Throws as `openConnection` does.
 */
export async function openAccount(
  file: FileAccount,
  context: LifecycleContext,
  { directory }: { readonly directory: string },
): Promise<OpenAccount> {
  const profile = profileNamed(file.name, context);
  const variable = credentialVariable(file.name);
  const given = profile === undefined ? fromVariable(context.env, variable) : null;
  if (profile !== undefined && ![profile.provider ?? 'keys', systemOf(profile)].includes(file.provider)) {
    throw new KeysError(
      'refused',
      `profile ${file.name} is of ${systemOf(profile)}, not of ${file.provider}`,
      {
        hint: 'rename the account or the profile; nothing was sent',
      },
    );
  }
  const stated = file.baseUrl ?? profile?.base_url;
  const baseUrl = stated === undefined ? null : normalizeBaseUrl(stated);
  if (given !== null && baseUrl !== null) refuseOtherAddress(file.name, baseUrl, context);
  const own: LifecycleContext = {
    ...context,
    flags: {},
    env: {
      ...context.env,
      KEYS_API_KEY: given ?? undefined,
      KEYS_PROFILE: undefined,
      KEYS_PROVIDER: undefined,
      KEYS_BASE_URL: undefined,
    },
    process: { ...context.process, directory },
  };
  shareGitStanding(own.env, context.env);
  const connection = await connectAs(file, own, {
    // An embedded service under a policy is of `keys`, whatever name the file has for it.
    provider: baseUrl === null && profile?.policy !== undefined ? 'keys' : file.provider,
    profile: profile?.name ?? null,
    baseUrl,
    set: { ...profile?.set, ...file.set },
    useEnvironmentKey: given !== null,
    account: file.name,
    ...compact({ policy: baseUrl === null ? profile?.policy : undefined }),
  });
  return {
    file,
    connection,
    account: accountOf(connection),
    means: await openMeans(connection, own, { showSecrets: false }),
    context: own,
  };
}

async function connectAs(
  { name, provider }: FileAccount,
  context: LifecycleContext,
  target: Parameters<typeof connectTo>[1],
): Promise<Connection> {
  try {
    return await connectTo(context, target);
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'not_logged_in') throw error;
    throw new KeysError('not_logged_in', `no credential for the account ${name}`, {
      hint: `set ${credentialVariable(name)}`,
      next: 'log_in',
      details: { provider, profile: name, ...(target.baseUrl === null ? {} : { base_url: target.baseUrl }) },
    });
  }
}

function refuseOtherAddress(name: string, baseUrl: string, { env }: LifecycleContext): void {
  const variable = addressVariable(name);
  const stated = env[variable];
  if (stated && normalizeBaseUrl(stated) === baseUrl) return;
  throw new KeysError('origin_mismatch', `the file sends the credential of ${name} to ${baseUrl}`, {
    hint: `if that is right, set ${variable}=${baseUrl}, or log in with a profile named ${name}; it was not sent`,
  });
}
