import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import { requireEnvironmentOf } from '../domain/expressible.js';
import { option, words } from '../domain/words.js';
import { loadProvider } from '../providers/registry.js';
import type { Profile } from '../storage/settings.js';
import { normalizeBaseUrl } from './base-url.js';
import type { ConnectContext } from './connection.js';
import { profileNamed, readSet, splitSet } from './resolve-target.js';
import { refusePublishedAddress } from './targeted-provider.js';

/**
 * Returns a profile, a new one or one that exists, as the global flags and `said` change it. Throws `usage`
 * and `conflict` for what it cannot have; stores nothing.
 */
export async function changedProfile(
  name: string,
  said: { readonly environment?: string; readonly policy?: string },
  context: ConnectContext,
): Promise<Profile> {
  const before = profileNamed(name, context);
  const { baseUrl, provider, set } = context.flags;
  if (provider !== undefined) await loadProvider(provider, context);
  if (said.policy !== undefined) {
    await loadProvider(said.policy, context);
    if ((baseUrl ?? before?.base_url) !== undefined || (provider ?? before?.provider) !== undefined) {
      throw new KeysError(
        'usage',
        words`${option('policy')} is for an embedded service: it has no address and no provider`,
        {
          hint: 'a service elsewhere keeps the policy that it was started with',
        },
      );
    }
    if (before?.policy !== undefined && before.policy !== said.policy) {
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
    ...compact({ provider, policy: said.policy }),
    ...(set === undefined ? {} : { set: splitSet({ ...before?.set, ...readSet(set) }).set }),
    ...compact({ environment: said.environment }),
  };
  await refuseUnserved(profile, context);
  return profile;
}

/**
 * Throws `usage` for an environment that the provider does not have, and for one that the address of the
 * profile does not serve.
 */
async function refuseUnserved(
  { provider: id, base_url, environment }: Profile,
  context: ConnectContext,
): Promise<void> {
  if (id === undefined || environment === undefined) return;
  const provider = await loadProvider(id, context);
  if (provider.environments.length > 1) requireEnvironmentOf(provider, environment);
  refusePublishedAddress(provider, base_url ?? null, environment);
}

/** Removes a profile and its credential. Throws `profile_not_found`. */
export async function removeProfile(name: string, context: ConnectContext): Promise<void> {
  const settings = context.settings();
  const { base_url } = settings.profile(name);
  // The credential first: a profile that is still there can be removed again, a credential without one is
  // forgotten.
  if (base_url !== undefined) await removeCredential(name, context);
  await settings.removeProfile(name);
}

/** Without a keychain, the profile is removed with a warning. */
async function removeCredential(name: string, context: ConnectContext): Promise<void> {
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
