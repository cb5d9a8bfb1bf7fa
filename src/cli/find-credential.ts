import { fromText } from '../domain/credential-text.js';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { Provider } from '../domain/provider.js';
import { findSavedKey } from '../lifecycle/find-saved-key.js';
import type { Deps } from './context.js';

type FindDeps = Pick<
  Deps,
  'clock' | 'credentials' | 'env' | 'flags' | 'input' | 'ledger' | 'savedSecrets' | 'target'
>;

/**
 * The credential for a request of the provider's own: the saved key that `--key` names (`-`: the one on stdin), else the one
 * in the environment (`KEYS_API_KEY`, or the provider's own variables), else the profile's. Throws `not_logged_in`.
 */
export async function findCredential(key: string | undefined, deps: FindDeps): Promise<Credential> {
  const { provider, profile, baseUrl } = await deps.target();
  if (key === '-') return fromText(await deps.input.readText(), provider);
  if (key !== undefined) {
    const { item } = await findSavedKey(key, deps);
    return await (await deps.savedSecrets()).read(item);
  }
  const explicit = deps.flags().profile !== undefined;
  const found = explicit ? null : fromEnvironment(provider, deps.env);
  if (found !== null) return found;
  const stored = profile === null ? null : await (await deps.credentials()).read(profile);
  if (stored === null) {
    throw new KeysError('not_logged_in', `no key for ${provider.title}`, {
      hint: `name a saved one with --key, give one on stdin with --key -, or set ${Object.values(provider.variables).join(' and ')}`,
    });
  }
  if (baseUrl !== null && stored.origin !== new URL(baseUrl).origin) {
    throw new KeysError('origin_mismatch', `the credential of ${profile} is for ${stored.origin}`, {
      hint: 'it was not sent; name another key with --key',
    });
  }
  return fromText(stored.secret, provider);
}

function fromEnvironment(
  { variables, format }: Provider,
  env: Readonly<Record<string, string | undefined>>,
): Credential | null {
  if ('secret' in variables) {
    const secret = env['KEYS_API_KEY'] || env[variables.secret];
    return secret ? { secret } : null;
  }
  const [api_key, secret_key] = [env[variables.api_key], env[variables.secret_key]];
  return format.kind === 'pair' && api_key && secret_key ? { api_key, secret_key } : null;
}

/** A pasted or piped credential: masked prompts on a terminal, else stdin. Throws `usage`, `missing_answer`. */
export async function readCredential(
  provider: Pick<Provider, 'format'>,
  deps: Pick<Deps, 'input' | 'prompts'>,
): Promise<Credential> {
  if (!deps.input.isTerminal) return fromText(await deps.input.readText(), provider);
  const prompts = await deps.prompts();
  const ask = (message: string) => prompts.secret({ message, flag: 'the key on stdin' });
  if (provider.format.kind === 'secret') return fromText(await ask('Key'), provider);
  return fromText(`${await ask('API key')}\n${await ask('Secret key')}`, provider);
}
