import { checkbox, confirm, input, password, search, select } from '@inquirer/prompts';
import { KeysError } from '../domain/errors.js';
import { visibleText } from '../domain/visible-text.js';
import type { Prompts } from './prompts.js';

interface PromptContext {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly clearPromptOnDone: boolean;
  readonly signal: AbortSignal;
}

type OnSignal = (
  listener: (signal: NodeJS.Signals) => void,
  further?: readonly NodeJS.Signals[],
) => () => void;

/**
 * Questions by inquirer, drawn on stderr so that stdout stays data. `onSignal`: see `ProcessFacts`. Throws
 * `interrupted` at Ctrl-C, at the end of input and at a signal that would end the process; the terminal is
 * left as it was.
 */
export function createInquirerPrompts(
  stdin: NodeJS.ReadStream,
  stderr: NodeJS.WriteStream,
  onSignal: OnSignal,
): Prompts {
  const asked = <Answer>(ask: (context: PromptContext) => Promise<Answer>): Promise<Answer> =>
    untilInputEnds(stdin, onSignal, (signal) =>
      ask({ input: stdin, output: stderr, clearPromptOnDone: false, signal }),
    );
  const declined = () => new KeysError('declined', 'declined; nothing was changed');
  return {
    available: true,
    text: ({ message, default: fallback, check }) =>
      asked((context) =>
        input(
          {
            message,
            ...(fallback === undefined ? {} : { default: fallback }),
            ...(check === undefined ? {} : { validate: check }),
          },
          context,
        ),
      ),
    choose: ({ message, choices, default: fallback }) =>
      asked((context) =>
        select(
          {
            message,
            choices: choices.map(({ value, title }) => ({ value, name: title })),
            ...(fallback === undefined ? {} : { default: fallback }),
          },
          context,
        ),
      ),
    chooseSeveral: ({ message, choices, required = false }) =>
      asked((context) =>
        checkbox(
          { message, required, choices: choices.map(({ value, title }) => ({ value, name: title })) },
          context,
        ),
      ),
    pick: ({ message, choices }) =>
      asked((context) =>
        search({ message, source: (term = '') => matching(choices, term), pageSize: 10 }, context),
      ),
    secret: ({ message }) => asked((context) => password({ message, mask: '*' }, context)),
    async confirm({ message }) {
      if (!(await asked((context) => confirm({ message, default: false }, context)))) throw declined();
    },
    async confirmByName({ message, name }) {
      const question = `${message} (type ${visibleText(name)} to confirm)`;
      const typed = await asked((context) => input({ message: question }, context));
      if (typed !== name) throw declined();
    },
  };
}

/** The choices that hold what was typed, whatever its case. */
function matching(
  choices: ReadonlyArray<{ value: string; title: string; search: string }>,
  term: string,
): Array<{ value: string; name: string }> {
  const wanted = term.trim().normalize('NFC').toLowerCase();
  return choices
    .filter(({ search: text }) => text.normalize('NFC').toLowerCase().includes(wanted))
    .map(({ value, title }) => ({ value, name: visibleText(title) }));
}

/**
 * Asks one question, until stdin ends or a signal comes: inquirer would wait for ever, or leave the terminal
 * without echo.
 */
async function untilInputEnds<Answer>(
  stdin: NodeJS.ReadStream,
  onSignal: OnSignal,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const ending = new AbortController();
  let continued = false;
  const stop = onSignal(
    (signal) => {
      if (signal === 'SIGCONT') continued = true;
      else ending.abort();
    },
    ['SIGCONT'],
  );
  // Node's readline pauses its input when it closes at Ctrl-D, and when it goes on after Ctrl-Z.
  const onPause = () =>
    setImmediate(() => {
      if (!continued) return ending.abort();
      continued = false;
      stdin.resume();
    });
  stdin.on('pause', onPause);
  try {
    return await ask(ending.signal);
  } catch (error) {
    if (ending.signal.aborted) throw new KeysError('interrupted', 'interrupted');
    throw error;
  } finally {
    stdin.off('pause', onPause);
    stop();
  }
}
