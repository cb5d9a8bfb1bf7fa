import { expect, it } from 'vitest';
import { createConversation } from '../../src/connect/guided/converse.js';
import { KeysError } from '../../src/domain/errors.js';
import { createNoPrompts } from '../../src/terminal/prompts.js';

it('asks again for a key that is known already, as for any paste that cannot be right', async () => {
  // Empty: a line break in front of a paste ends the prompt.
  const empty = ['', ' ', '', ''];
  const pastes = [...empty, 'fake-known-key-0001', 'fake-new-key-0001'];
  const pasted = [...pastes];
  const warnings: string[] = [];
  const echo: string[] = [];
  const conversation = createConversation({
    output: { warn: (line: string) => void warnings.push(line) } as never,
    input: {
      isTerminal: true,
      hideTyping: () => void echo.push('hidden'),
      showTyping: () => void echo.push('shown'),
    } as never,
    prompts: async () => ({ ...createNoPrompts(), secret: async () => pasted.shift() ?? '' }),
    openPage: async () => false,
    yes: false,
  });
  const credential = await conversation.paste({ kind: 'secret', prefixes: [] }, async (one) => {
    if (JSON.stringify(one).includes('known')) throw new KeysError('conflict', 'this key is known already');
  });
  expect(credential).toEqual({ secret: 'fake-new-key-0001' });
  expect(warnings).toEqual([
    ...empty.map(() => expect.stringContaining('nothing was pasted')),
    'this key is known already',
  ]);
  // Between two prompts, too, the terminal does not show what is pasted.
  expect(echo).toEqual([...pastes.map(() => 'hidden'), 'shown']);
});
