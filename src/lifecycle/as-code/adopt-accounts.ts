import { everyTarget } from '../../connect/every-target.js';
import { readSet } from '../../connect/resolve-target.js';
import { KeysError } from '../../domain/errors.js';
import { option, words } from '../../domain/words.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { type AdoptedAccount, adoptAccount } from './adopt.js';
import type { NamedAccount } from './keys-file.js';

/** Accounts for a new file, and the names of those that could not be read. */
interface AdoptedAccounts {
  readonly accounts: readonly AdoptedAccount[];
  readonly failed: readonly string[];
}

/**
 * Reads the accounts of these names with `adoptAccount`; without names, every account that is known. Warns of
 * one that cannot be read, and throws its error if it is the only one. Throws `profile_not_found` for a name
 * that no profile has.
 */
export async function adoptAccounts(
  names: readonly string[],
  context: LifecycleContext,
  { folder }: { readonly folder: string },
): Promise<AdoptedAccounts> {
  const accounts: AdoptedAccount[] = [];
  const failed: string[] = [];
  const asked = await accountsOf(names, context);
  for (const account of asked) {
    try {
      accounts.push(await adoptAccount(account, context, { folder }));
    } catch (error) {
      if (!(error instanceof KeysError) || asked.length === 1) throw error;
      context.output.warn(`${account.name} could not be read: ${error.message}`);
      failed.push(account.name);
    }
  }
  return { accounts, failed };
}

/**
 * The accounts that are meant: a new one of the flags, named profiles, or every profile and the embedded
 * service.
 */
async function accountsOf(names: readonly string[], context: LifecycleContext): Promise<NamedAccount[]> {
  const { flags } = context;
  if (flags.provider !== undefined) {
    const name = names[0] ?? flags.provider;
    return [
      { name, provider: flags.provider, baseUrl: flags.baseUrl ?? null, set: readSet(flags.set ?? []) },
    ];
  }
  const targets = await everyTarget(context);
  const all = targets.map(
    ({ profile, provider, baseUrl, set }): NamedAccount => ({
      name: profile ?? provider,
      provider,
      baseUrl,
      set,
    }),
  );
  const missing = names.find((name) => !all.some((account) => account.name === name));
  if (missing !== undefined) {
    throw new KeysError('profile_not_found', `no profile is named ${missing}`, {
      hint: words`with ${option('provider')}, the name is that of a new account`,
    });
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
