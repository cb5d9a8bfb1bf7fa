import { KeysError } from './errors.js';
import type { Credential } from './key.js';
import { cleanPastedSecret } from './pasted-secret.js';
import { type PipedChoice, pipedLines } from './piped-lines.js';
import type { Provider } from './provider.js';

/**
 * As `fromText`, of what was piped in, which may be the variables of an env file. Throws `usage`, with `hint`
 * for several variables.
 */
export function fromPiped(
  text: string,
  { format, variables }: Pick<Provider, 'format'> & Partial<Pick<Provider, 'variables'>>,
  hint: PipedChoice['hint'],
): Credential {
  const pair = variables !== undefined && 'api_key' in variables ? variables : null;
  const names = pair === null ? {} : { variables: [pair.api_key, pair.secret_key] };
  return fromText(pipedLines(text, { hint, ...names }).lines.join('\n'), { format });
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
  throw new KeysError(
    'usage',
    lines.length === 0
      ? 'no key on stdin'
      : `${lines.length} ${lines.length === 1 ? 'line' : 'lines'} on stdin`,
    {
      hint:
        format.kind === 'pair'
          ? 'two lines: the API key, then the secret key'
          : 'one key, alone, on one line',
    },
  );
}

/**
 * The credential in an environment variable, without what files and CI settings leave around it: line breaks,
 * byte order marks, quotes. Null for none. Throws `usage`, without the value, for a character that no header
 * can carry.
 */
export function fromVariable(env: Readonly<Record<string, string | undefined>>, name: string): string | null {
  const { secret } = cleanPastedSecret(env[name] ?? '');
  const wrong = /[^\x20-\x7e\u0080-\u{10ffff}]|[\u0080-\u009f\u2028\u2029\ufffd]/u.exec(secret);
  if (wrong === null) return secret === '' ? null : secret;
  const code = (wrong[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  throw new KeysError('usage', `${name} holds the character U+${code}, which no key has`, {
    hint: 'it was not sent; was more than the key copied, or a file of another encoding read?',
  });
}
