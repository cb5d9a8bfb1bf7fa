import { KeysError } from './errors.js';
import type { Credential } from './key.js';
import type { Provider } from './provider.js';
import { cleanPastedSecret } from './secret-format.js';

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
