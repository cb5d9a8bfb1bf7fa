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
import type { Operation, OperationTarget } from '../../storage/ledger/operation.js';
import { systemOf } from '../../storage/settings.js';
import { accountOf } from '../find/account-of.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../operation/means.js';
import { openMeans } from '../operation/open-means.js';
import type { NamedAccount } from './keys-file.js';

/** An account of the file, opened with its own credential. */
export interface OpenAccount {
  readonly file: NamedAccount;
  readonly account: Account;
  readonly connection: Connection;
  readonly means: Means;
  /** The call as this account sees it: no other account's credential is in it. */
  readonly context: LifecycleContext;
}

/** An account of the file, and the call as this account sees it. Nothing is opened. */
export interface AccountTarget {
  readonly target: OperationTarget;
  readonly context: LifecycleContext;
}

/**
 * Where an account is, and by which credential. Its credential is that of the profile of its name, else the
 * one in `KEYS_API_KEY_<NAME>`. `directory`: the folder that relative places are in. Throws `refused` for a
 * profile of another provider.
 */
export function targetOfAccount(
  file: NamedAccount,
  context: LifecycleContext,
  { directory }: { readonly directory: string },
): AccountTarget {
  const profile = profileNamed(file.name, context);
  const given = profile === undefined ? fromVariable(context.env, credentialVariable(file.name)) : null;
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
  return {
    context: own,
    target: {
      // An embedded service under a policy is of `keys`, whatever name the file has for it.
      provider: baseUrl === null && profile?.policy !== undefined ? 'keys' : file.provider,
      profile: profile?.name ?? null,
      baseUrl,
      set: { ...profile?.set, ...file.set },
      useEnvironmentKey: given !== null,
      account: file.name,
      ...compact({ policy: baseUrl === null ? profile?.policy : undefined }),
    },
  };
}

/**
 * Opens an account. An address that the file names gets the credential of the environment only if
 * `KEYS_BASE_URL_<NAME>` is the same address: the file alone must not decide where a credential goes. Throws
 * as `targetOfAccount` and `openConnection` do.
 */
export async function openAccount(
  file: NamedAccount,
  context: LifecycleContext,
  folder: { readonly directory: string },
): Promise<OpenAccount> {
  const { target, context: own } = targetOfAccount(file, context, folder);
  if (target.useEnvironmentKey && target.baseUrl !== null)
    refuseOtherAddress(file.name, target.baseUrl, context);
  const connection = await connectAs(file, own, target);
  return {
    file,
    connection,
    account: accountOf(connection),
    means: await openMeans(connection, own, { showSecrets: false }),
    context: own,
  };
}

async function connectAs(
  { name, provider }: NamedAccount,
  context: LifecycleContext,
  target: OperationTarget,
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

/** Whether an operation was begun for this account. */
export function isOfAccount({ address, target }: Operation, account: Account): boolean {
  return address === account.address && (target.policy ?? target.provider) === account.provider;
}
