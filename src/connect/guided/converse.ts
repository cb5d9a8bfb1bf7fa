import { fromText } from '../../domain/credential-text.js';
import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import { cleanPastedSecret } from '../../domain/pasted-secret.js';
import type { CredentialFormat } from '../../domain/provider.js';
import type { Input } from '../../terminal/node-streams.js';
import type { Output } from '../../terminal/output.js';
import type { Prompts } from '../../terminal/prompts.js';
import type { Conversation } from './conversation.js';

interface ConversationOptions {
  readonly output: Output;
  readonly input: Input;
  readonly prompts: () => Promise<Prompts>;
  /** Returns whether the page was opened; see `pageOpener`. */
  readonly openPage: (url: string) => Promise<boolean>;
  /** Answer every question with yes. */
  readonly yes: boolean;
}

/** How often a paste that cannot be right is asked for again. */
const MOST_TRIES = 3;

/**
 * The conversation of a guided operation, on the terminal: steps on stderr, secrets from masked prompts or
 * from stdin.
 */
export function createConversation(options: ConversationOptions): Conversation {
  const { output, input, prompts, openPage, yes } = options;

  async function untilItFits(
    format: CredentialFormat,
    check: (credential: Credential) => Promise<void>,
  ): Promise<Credential> {
    for (let tries = 1; ; tries++) {
      const credential = await askForCredential(format, options);
      try {
        await check(credential);
        return credential;
      } catch (error) {
        if (!(error instanceof KeysError) || !input.isTerminal || tries === MOST_TRIES) throw error;
        output.warn(`${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`);
      }
    }
  }

  return {
    async prepare() {
      if (input.isTerminal) await prompts();
    },
    steps(title, lines) {
      output.say(`${title}:`);
      for (const [i, line] of lines.entries()) output.say(`  ${i + 1}. ${line}`);
    },
    say: (line) => output.say(line),
    warn: (line) => output.warn(line),

    async open(url) {
      // The key may be pasted while the browser is watched. The prompt drops what was typed before it, and
      // asks.
      input.hideTyping();
      output.say((await openPage(url)) ? `opening ${url}` : `open ${url}`);
    },

    async paste(format, check) {
      try {
        return await untilItFits(format, check);
      } finally {
        input.showTyping();
      }
    },

    async confirm(question) {
      try {
        if (!yes) await (await prompts()).confirm({ message: question, flag: '--yes' });
      } finally {
        input.showTyping();
      }
    },
  };
}

/**
 * The credential from stdin, or from masked prompts on a terminal. Throws `missing_answer` for an empty
 * stdin.
 */
async function askForCredential(
  format: CredentialFormat,
  { output, input, prompts }: ConversationOptions,
): Promise<Credential> {
  if (!input.isTerminal) return fromText(await input.readText(), { format });
  const asked = await prompts();
  const secret = async (message: string): Promise<string> => {
    for (;;) {
      const pasted = cleanPastedSecret(await asked.secret({ message, flag: 'the key on stdin' })).secret;
      // The prompt ends with echo on again. The other half of a pair may follow at once.
      input.hideTyping();
      if (pasted !== '') return pasted;
      // A line break in front of a key ends the prompt. That is not a key that cannot be right.
      output.warn('nothing was pasted: paste the key without a line break in front of it');
    }
  };
  if (format.kind === 'secret') return { secret: await secret('Paste the key') };
  return { api_key: await secret('Paste the API key'), secret_key: await secret('Paste the secret key') };
}
