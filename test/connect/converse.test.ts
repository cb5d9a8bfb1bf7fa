import { expect, it } from 'vitest';
import { createConversation } from '../../src/connect/guided/converse.js';
import { KeysError } from '../../src/domain/errors.js';
import { createNoPrompts } from '../../src/terminal/prompts.js';

it('asks again for a key that is known already, as for any paste that cannot be right', async () => {
  // Empty: a line break in front of a paste ends the prompt.
  const empty = ['', ' ', '', ''];
  const pasted = [...empty, 'fake-known-key-0001', 'fake-new-key-0001'];
  const warnings: string[] = [];
  const conversation = createConversation({
    output: { warn: (line: string) => void warnings.push(line) } as never,
    input: { isTerminal: true } as never,
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
});
