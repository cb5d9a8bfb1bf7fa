import { expect, it } from 'vitest';
import { createConversation } from '../../src/connect/guided/converse.js';
import { KeysError } from '../../src/domain/errors.js';
import type { Credential } from '../../src/domain/key.js';
import { createNoPrompts } from '../../src/terminal/prompts.js';

const EMPTY = 'nothing was pasted; paste the key without a line break in front of it';

/** A conversation on a terminal whose prompts are answered with these pastes, and what it did. */
function conversationOf(pastes: readonly string[]) {
  const left = [...pastes];
  const [warnings, asked, echo]: [string[], string[], string[]] = [[], [], []];
  const conversation = createConversation({
    output: { warn: (line: string) => void warnings.push(line) } as never,
    input: {
      isTerminal: true,
      hideTyping: () => void echo.push('hidden'),
      showTyping: () => void echo.push('shown'),
    } as never,
    prompts: async () => ({
      ...createNoPrompts(),
      async secret({ message }) {
        asked.push(message);
        const paste = left.shift();
        if (paste === undefined) throw new Error('asked once more');
        return paste;
      },
    }),
    openPage: async () => false,
    yes: false,
  });
  return { conversation, warnings, asked, echo };
}

async function refuseKnown(credential: Credential): Promise<void> {
  if (JSON.stringify(credential).includes('known'))
    throw new KeysError('conflict', 'this key is known already');
}

it('asks again for a key that is known already, as for any paste that cannot be right', async () => {
  const pastes = ['', 'fake-known-key-0001', 'fake-new-key-0001'];
  const { conversation, warnings, echo } = conversationOf(pastes);
  const credential = await conversation.paste({ kind: 'secret', prefixes: [] }, refuseKnown);
  expect(credential).toEqual({ secret: 'fake-new-key-0001' });
  expect(warnings).toEqual([EMPTY, 'this key is known already']);
  // Between two prompts, too, the terminal does not show what is pasted.
  expect(echo).toEqual([...pastes.map(() => 'hidden'), 'shown']);
});

it.each([
  ['empty each', ['', ' ', ''], 'nothing was pasted'],
  ['empty in part', ['fake-known-key-0001', '', 'fake-known-key-0001'], 'this key is known already'],
])('ends after three failed pastes: %s', async (_, pastes, message) => {
  const { conversation, warnings, echo } = conversationOf(pastes);
  await expect(conversation.paste({ kind: 'secret', prefixes: [] }, refuseKnown)).rejects.toThrow(message);
  expect(warnings).toHaveLength(2);
  expect(echo.at(-1)).toBe('shown');
});

it('asks again only for the part of a pair that was empty, and counts it', async () => {
  const pair = { kind: 'pair', prefixes: [] } as const;
  const whole = conversationOf(['', 'fake-api-key-0001', '', 'fake-secret-key-0001']);
  await expect(whole.conversation.paste(pair, refuseKnown)).resolves.toEqual({
    api_key: 'fake-api-key-0001',
    secret_key: 'fake-secret-key-0001',
  });
  expect(whole.asked.map((message) => message.replace('Paste the ', ''))).toEqual([
    ...['API key', 'API key', 'secret key', 'secret key'],
  ]);
  const half = conversationOf(['fake-api-key-0001', '', '', '']);
  await expect(half.conversation.paste(pair, refuseKnown)).rejects.toThrow('nothing was pasted');
});
