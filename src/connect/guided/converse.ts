import { fromPiped } from '../../domain/credential-text.js';
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

/** The number of pastes, empty ones among them, after which the conversation ends. */
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
    let failed = 0;
    const again = (error: KeysError) => {
      failed++;
      if (!input.isTerminal || failed === MOST_TRIES) throw error;
      output.warn(`${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`);
    };
    for (;;) {
      const credential = await askForCredential(format, options, again);
      try {
        await check(credential);
        return credential;
      } catch (error) {
        if (!(error instanceof KeysError)) throw error;
        again(error);
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
 * The credential from stdin, or from masked prompts on a terminal, which call `again` for an empty paste.
 * Throws `missing_answer` for an empty stdin.
 */
async function askForCredential(
  format: CredentialFormat,
  { input, prompts }: ConversationOptions,
  again: (error: KeysError) => void,
): Promise<Credential> {
  if (!input.isTerminal) return fromPiped(await input.readText(), { format }, 'give the value of one, alone');
  const asked = await prompts();
  const secret = async (message: string): Promise<string> => {
    for (;;) {
      const pasted = cleanPastedSecret(await asked.secret({ message, flag: 'the key on stdin' })).secret;
      // The prompt ends with echo on again. The other half of a pair may follow at once.
      input.hideTyping();
      if (pasted !== '') return pasted;
      // A line break in front of a key ends the prompt. Of a pair, only this part is asked for again.
      again(
        new KeysError('invalid_request', 'nothing was pasted', {
          hint: 'paste the key without a line break in front of it',
        }),
      );
    }
  };
  if (format.kind === 'secret') return { secret: await secret('Paste the key') };
  return { api_key: await secret('Paste the API key'), secret_key: await secret('Paste the secret key') };
}
