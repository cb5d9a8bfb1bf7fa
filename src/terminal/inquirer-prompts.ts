import { confirm, input, password, select } from '@inquirer/prompts';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { Prompts } from './prompts.js';
import { visibleText } from './visible-text.js';

/** Questions by inquirer, drawn on stderr so that stdout stays data. */
export function createInquirerPrompts(stdin: NodeJS.ReadStream, stderr: NodeJS.WriteStream): Prompts {
  const context = { input: stdin, output: stderr, clearPromptOnDone: false };
  const declined = () => new KeysError('declined', 'declined; nothing was changed');
  return {
    available: true,
    text: ({ message, default: fallback, check }) =>
      input(
        {
          message,
          ...compact({ default: fallback, validate: check }),
        },
        context,
      ),
    choose: ({ message, choices, default: fallback }) =>
      select(
        {
          message,
          choices: choices.map(({ value, title }) => ({ value, name: title })),
          ...compact({ default: fallback }),
        },
        context,
      ),
    secret: ({ message }) => password({ message, mask: '*' }, context),
    async confirm({ message }) {
      if (!(await confirm({ message, default: false }, context))) throw declined();
    },
    async confirmByName({ message, name }) {
      const typed = await input({ message: `${message} (type ${visibleText(name)} to confirm)` }, context);
      if (typed !== name) throw declined();
    },
  };
}
