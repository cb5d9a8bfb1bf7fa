import { normalizeBaseUrl } from '../../connect/base-url.js';
import { profileNamed, readSet, splitSet } from '../../connect/resolve-target.js';
import { KeysError } from '../../domain/errors.js';
import { requireKnownSet } from '../../domain/expressible.js';
import { isManagedByHand, resolveBaseUrl } from '../../domain/provider.js';
import type { Profile } from '../../storage/settings.js';
import type { Context } from '../context.js';

/**
 * Returns the same context; if nothing says what to log in to, a person is asked, and the flags have the
 * answer.
 */
export async function chooseTarget(context: Context): Promise<Context> {
  const { profile, provider, baseUrl } = context.flags;
  const known = profileNamed(profile, context);
  const said = provider ?? baseUrl ?? known?.provider ?? known?.base_url;
  const { KEYS_PROVIDER, KEYS_BASE_URL } = context.env;
  const isAsked = context.process.isAttended && context.flags.input !== false;
  if (said !== undefined || KEYS_PROVIDER || KEYS_BASE_URL || !isAsked) return context;
  const { askLoginTarget } = await import('../questions/ask-login-target.js');
  return { ...context, flags: { ...context.flags, ...(await askLoginTarget(context)) } };
}

/**
 * Returns what to log in to, from flags, the profile and the environment. Throws `unsupported` and
 * `missing_answer`.
 */
export async function loginTarget(context: Context) {
  const { loadProvider } = await import('../../providers/registry.js');
  const { profile: wanted, baseUrl: given, provider: named, set = [] } = context.flags;
  const profile = profileNamed(wanted, context);
  const id = named ?? profile?.provider ?? (context.env['KEYS_PROVIDER'] || 'keys');
  const provider = await loadProvider(id, context);
  requireKnownSet(provider, Object.keys(readSet(set)));
  const said = given ?? profile?.base_url ?? (context.env['KEYS_BASE_URL'] || undefined);
  const fields = splitSet({ ...profile?.set, ...readSet(set) }).set;
  const address = said === undefined ? null : normalizeBaseUrl(said);
  const baseUrl = resolveBaseUrl(provider, address, fields);
  if (isManagedByHand(provider, baseUrl)) {
    throw new KeysError(
      'unsupported',
      `${provider.title} has no endpoints to log in to: its keys are created in its dashboard`,
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

/**
 * Asks whether a profile of another service or account may be replaced. Returns at once if there is no such
 * profile. Throws `declined` on no, and `conflict` without a terminal.
 */
export async function confirmReplacement(
  name: string,
  target: { readonly baseUrl: string; readonly fields: Readonly<Record<string, string>> },
  context: Context,
): Promise<void> {
  const earlier = profileNamed(name, context);
  if (earlier === undefined) return;
  const address = await addressOf(earlier, context);
  const { set = {} } = earlier;
  const sameAccount = Object.entries(target.fields).every(
    ([field, value]) => (set[field] ?? value) === value,
  );
  if (address === target.baseUrl && sameAccount) return;
  const other = address === target.baseUrl ? 'another account' : (address ?? 'the embedded service');
  const prompts = await context.prompts();
  if (prompts.available) {
    const message = `The profile ${name} is for ${other} now. Replace it?`;
    return await prompts.confirm({ message, flag: '--yes' });
  }
  throw new KeysError('conflict', `the profile ${name} is for ${other}`, {
    hint: 'log in with another --profile; or replace this one with --yes',
    details: { profile: name },
  });
}

/** The base URL that a profile names, itself or by its provider; null for the embedded service. */
async function addressOf({ base_url, provider = 'keys', set = {} }: Profile, context: Context) {
  if (base_url !== undefined) return normalizeBaseUrl(base_url);
  const { loadProvider } = await import('../../providers/registry.js');
  return resolveBaseUrl(await loadProvider(provider, context), null, splitSet(set).set);
}

/** `https://keys.example.com` → `keys-example-com`. */
export function profileNameFor(baseUrl: string): string {
  return new URL(baseUrl).host.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
