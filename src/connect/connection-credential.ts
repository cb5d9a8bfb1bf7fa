import { fromVariable } from '../domain/credential-text.js';
import { KeysError } from '../domain/errors.js';
import { recognise, unmistakable } from '../domain/recognise.js';
import { titleInSentence } from '../domain/systems.js';
import { clauses, option, type Words, ways, withOptionsOnly, words } from '../domain/words.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import { loadAllProviders } from '../providers/registry.js';
import type { FoundCredential } from '../storage/keychain/credentials.js';
import { type ConnectContext, KEY_SERVICE } from './connection.js';
import type { Target } from './resolve-target.js';

/** Where a credential is from, if it is in no store. */
export const FROM_ENVIRONMENT = 'KEYS_API_KEY';

/** Whether a credential has the checksum that our own key service gives. */
export async function hasOurFormat(secret: string): Promise<boolean> {
  const { inspectSecret } = await import('../domain/secret-format.js');
  return inspectSecret(secret).shape === 'ours';
}

/**
 * Throws `invalid_request` for a credential that is plainly another provider's: it is not sent to this one.
 */
export async function refuseForeign(secret: string, provider: ProviderDefinition): Promise<void> {
  // Nearly every credential begins as its provider says: then no other provider's file needs to be loaded.
  if (recognise(secret, [provider]).length > 0) return;
  if (provider.managementPrefixes.some((prefix) => secret.startsWith(prefix))) return;
  const looksLike = unmistakable(secret, await loadAllProviders());
  if (looksLike === null || looksLike.provider === provider.id) return;
  // A key service under a vendor's policy is managed by a key of its own.
  if (looksLike.provider === KEY_SERVICE && provider.operations.create === 'dashboard') return;
  throw new KeysError(
    'invalid_request',
    `this credential looks like one of ${titleInSentence(looksLike)}, not of ${titleInSentence(provider)}; it was not sent`,
    {
      hint: clauses(
        ways(
          words`${option('provider', looksLike.provider)}`,
          `the credential of ${titleInSentence(provider)}`,
        ),
        'KEYS_ANY_CREDENTIAL=1 sends it all the same',
      ),
    },
  );
}

/**
 * Names the variables that a job must set. `--profile` beats all of them; without it the credential is
 * enough, because the call says already whose it is.
 */
function variablesHint(
  { provider, baseUrl }: Target,
  profile: string | undefined,
  env: ConnectContext['env'],
): Words {
  if (profile === undefined) return withOptionsOnly('set KEYS_API_KEY');
  const names = [
    'KEYS_API_KEY',
    ...(provider === KEY_SERVICE ? [] : ['KEYS_PROVIDER']),
    ...(baseUrl === null ? [] : ['KEYS_BASE_URL']),
  ];
  if (!env['KEYS_API_KEY'])
    return withOptionsOnly(words`set ${names.join(' and ')}, and leave out ${option('profile')}`);
  const missing = names.filter((name) => !env[name]);
  const also = missing.length === 0 ? '' : `, and set ${missing.join(' and ')}`;
  return words`KEYS_API_KEY is used without ${option('profile')}: leave it out${also}`;
}

/**
 * The credential from the environment if that counts, else the one stored for the profile, which is bound to
 * its origin. Throws `not_logged_in` where there is none, and `origin_mismatch` for one of another origin.
 */
export async function storedCredential(
  context: Pick<ConnectContext, 'credentials' | 'env' | 'flags' | 'process'>,
  target: Target,
  baseUrl: string,
): Promise<FoundCredential> {
  const { origin } = new URL(baseUrl);
  const { isAttended } = context.process;
  const given = target.useEnvironmentKey ? fromVariable(context.env, 'KEYS_API_KEY') : null;
  if (given !== null) return { secret: given, origin, source: FROM_ENVIRONMENT };
  const { profile } = target;
  const found = profile === null ? null : await (await context.credentials()).read(profile);
  if (found === null) {
    const isIgnored = context.flags.profile !== undefined && Boolean(context.env['KEYS_API_KEY']);
    throw new KeysError('not_logged_in', `no credential for ${baseUrl}`, {
      // A person logs in; a job has variables.
      ...(isAttended && !isIgnored
        ? {}
        : { hint: variablesHint(target, context.flags.profile, context.env) }),
      next: 'log_in',
      details: {
        ...(target.provider === KEY_SERVICE ? {} : { provider: target.provider }),
        ...(target.provider !== KEY_SERVICE && target.baseUrl === null ? {} : { base_url: baseUrl }),
        profile,
        ...(Object.keys(target.set).length > 0 ? { set: target.set } : {}),
      },
    });
  }
  if (found.origin !== origin) {
    throw new KeysError(
      'origin_mismatch',
      `the credential of ${profile} is for ${found.origin}, not for ${origin}`,
      { hint: 'log in to the new address if it is right; the credential was not sent' },
    );
  }
  return found;
}

/** SHA-256 (hex), by which the credential of another account is recognised. */
export async function fingerprintOf(secret: string): Promise<string | null> {
  const { credentialDigests } = await import('../domain/credential-digests.js');
  return credentialDigests({ secret })[0] ?? null;
}

/**
 * Ids that a credential may have by itself: the credential, its first half, or the text that stands for it
 * where ids are secrets.
 */
export async function idsIn(secret: string): Promise<readonly string[]> {
  const { handleOf } = await import('../providers/hide-secret.js');
  return [secret, secret.split(':')[0] ?? '', handleOf(secret)];
}
