import { KeysError } from '../../domain/errors.js';
import { pipedLines } from '../../domain/piped-lines.js';
import type { Provider } from '../../domain/provider.js';
import type { Context } from '../context.js';

type LoginFacts = Pick<Provider, 'credentialNeeds' | 'documentation' | 'id' | 'title'>;

/** Reads the credential of a login, from stdin or a masked question. Throws `usage` for what is none. */
export async function readLoginCredential(
  flags: { readonly withToken?: true },
  { id, title, documentation, credentialNeeds }: LoginFacts,
  context: Context,
): Promise<string> {
  const text = flags.withToken
    ? await context.input.readText()
    : await askForCredential(
        id === 'keys'
          ? null
          : `keys needs a credential of ${title} that may manage keys. ${credentialNeeds === null ? '' : `${credentialNeeds} `}${documentation} says where it is created`,
        context,
      );
  const secret = pipedLines(text, { hint: ONE_VARIABLE }).lines.join('\n');
  if (/^[\x21-\x7e]{1,16384}$/.test(secret)) return secret;
  throw new KeysError(
    'usage',
    secret === '' ? 'no credential on stdin' : 'the credential holds white space or control characters',
    {
      hint: 'one credential, alone, on one line',
    },
  );
}

const ONE_VARIABLE = "choose one: grep '^NAME=' .env | keys login --with-token";

async function askForCredential(where: string | null, { output, prompts }: Context): Promise<string> {
  const asking = await prompts();
  if (where !== null && asking.available) output.say(where);
  return await asking.secret({
    message: 'Management key',
    flag: '--with-token',
    instead: 'give the credential on stdin: keys login --with-token < management.key',
  });
}
