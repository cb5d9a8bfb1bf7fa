import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import { pipedLines } from '../../domain/piped-lines.js';
import type { Provider } from '../../domain/provider.js';
import type { Context } from '../context.js';
import { readPastedCredential } from '../find-credential.js';

/**
 * Reads the key that is verified, from stdin or a masked question. Throws `usage` where there is none, or
 * more than one.
 */
export async function readKeyToVerify(
  { format, variables }: Provider,
  context: Context,
): Promise<Credential> {
  if (format.kind === 'pair') return await readPastedCredential({ format, variables }, context);
  const text = context.input.isTerminal
    ? await (await context.prompts()).secret({ message: 'Key', flag: 'a key on stdin' })
    : await context.input.readText();
  const piped = pipedLines(text, { hint: 'name one: keys verify --from .env#NAME' });
  // A line break inside a key is part of what is judged.
  const secret = piped.lines.join('\n');
  const [variable] = piped.from;
  if (secret === '') throw new KeysError('usage', 'no key on stdin', { hint: 'keys verify <<<"$KEY"' });
  refuseSeveral(piped.lines, format);
  if (variable !== undefined) context.output.hint(`the key is the value of ${variable}`);
  if (piped.unquoted) context.output.hint('quotes around the key were left out');
  return { secret };
}

/** Throws `usage` for several whole keys: that one of them is malformed would be untrue. */
function refuseSeveral(lines: readonly string[], { prefixes }: Provider['format']): void {
  const begun = lines.filter((line) => prefixes.some(({ prefix }) => line.startsWith(prefix)));
  if (begun.length < 2) return;
  throw new KeysError('usage', `${begun.length} keys on stdin`, { hint: 'one key, alone' });
}
