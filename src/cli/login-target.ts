import { normalizeBaseUrl } from '../connect/base-url.js';
import { readSet, splitSet } from '../connect/resolve-target.js';
import { KeysError } from '../domain/errors.js';
import { isManagedByHand, resolveBaseUrl } from '../domain/provider.js';
import type { Profile } from '../storage/settings.js';
import type { Context } from './context.js';

/** Returns the profile with this name; undefined if there is none. */
export function profileNamed(name: string | undefined, context: Context): Profile | undefined {
  return context
    .settings()
    .profiles()
    .find((candidate) => candidate.name === name);
}

/** Returns the same context; if nothing says what to log in to, a person is asked, and the flags have the answer. */
export async function chooseTarget(context: Context): Promise<Context> {
  const { profile, provider, baseUrl } = context.flags;
  const known = profileNamed(profile, context);
  const said = provider ?? baseUrl ?? known?.provider ?? known?.base_url;
  const { KEYS_PROVIDER, KEYS_BASE_URL } = context.env;
  const isAsked = context.process.isAttended && context.flags.input !== false;
  if (said !== undefined || KEYS_PROVIDER || KEYS_BASE_URL || !isAsked) return context;
  const { askLoginTarget } = await import('./ask-login-target.js');
  return { ...context, flags: { ...context.flags, ...(await askLoginTarget(context)) } };
}

/** Returns what to log in to, from flags, the profile and the environment. Throws `unsupported` and `missing_answer`. */
export async function loginTarget(context: Context) {
  const { loadProvider } = await import('../providers/registry.js');
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

/** `https://keys.example.com` → `keys-example-com`. */
export function profileNameFor(baseUrl: string): string {
  return new URL(baseUrl).host.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
