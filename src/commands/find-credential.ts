import type { Deps } from '../deps.js';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { Provider } from '../domain/provider.js';
import { cleanPastedSecret } from '../domain/secret-format.js';
import { findSavedKey } from './find-saved-key.js';

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

/** One key, or for a pair two lines. Throws `usage`. */
export function fromText(text: string, { format }: Pick<Provider, 'format'>): Credential {
  const lines = text
    .split(/\r?\n/)
    .map((line) => cleanPastedSecret(line).secret)
    .filter((line) => line !== '');
  const [first, second] = lines;
  if (format.kind === 'pair' && first !== undefined && second !== undefined && lines.length === 2) {
    return { api_key: first, secret_key: second };
  }
  if (format.kind === 'secret' && first !== undefined && lines.length === 1) return { secret: first };
  throw new KeysError('usage', lines.length === 0 ? 'no key on stdin' : `${lines.length} lines on stdin`, {
    hint:
      format.kind === 'pair' ? 'two lines: the API key, then the secret key' : 'one key, alone, on one line',
  });
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
