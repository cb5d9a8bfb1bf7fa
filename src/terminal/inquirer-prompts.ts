import { styleText } from 'node:util';
import { checkbox, confirm, input, password, search, select } from '@inquirer/prompts';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import { visibleText } from '../domain/visible-text.js';
import { askedText, type PickChoice, type Prompts, type Question } from './prompts.js';
import { fitText, textWidth, wrapWithIndent } from './text-width.js';

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
  const asked: Asked = (ask, onKey = {}) => {
    const { output, drawAgain, showCursor } = remembering(stderr);
    return untilInputEnds({ stdin, onSignal, onKey, drawAgain, showCursor }, (signal) =>
      ask({ input: stdin, output, clearPromptOnDone: false, signal }),
    );
  };
  const width = () => stderr.columns || 80;
  // `? ` stands before the first line.
  const wrapped = (message: string) => wrapWithIndent(message, width() - 2, '  ');
  return {
    available: true,
    ...typedAnswers(asked, wrapped),
    ...confirmations(asked, wrapped),
    ...choosing(asked, wrapped, width),
  };
}

/** Asks one question. `onKey`: what ends it at once. */
type Asked = <Answer>(
  ask: (context: PromptContext) => Promise<Answer>,
  onKey?: Readonly<Record<string, () => Answer>>,
) => Promise<Answer>;

type Wrapped = (message: string) => string;

/** Questions for which a person types something. */
function typedAnswers(asked: Asked, wrapped: Wrapped): Pick<Prompts, 'text' | 'press' | 'secret'> {
  return {
    text: ({ default: fallback, check, ...question }) => {
      const look = { ...shown(question, wrapped), ...compact({ default: fallback, validate: check }) };
      return asked((context) => input(look, context), { escape: leave });
    },
    press: ({ message, key }) =>
      asked(
        async (context) => {
          const typed = await input({ message: wrapped(message) }, context);
          return typed.trim().toLowerCase().startsWith(key);
        },
        { [key]: () => true, escape: () => false },
      ),
    secret: ({ message }) =>
      asked((context) => password({ message: wrapped(message), mask: '*' }, context), { escape: leave }),
  };
}

function confirmations(asked: Asked, wrapped: Wrapped): Pick<Prompts, 'confirm' | 'confirmByName'> {
  const decline = (): never => {
    throw new KeysError('declined', 'declined; nothing was changed');
  };
  return {
    async confirm({ message }) {
      const mark = answerMark();
      const transformer = (yes: boolean) => {
        mark.set(yes);
        return yes ? 'Yes' : 'No';
      };
      const look = { message: wrapped(message), default: false, transformer, theme: mark.theme };
      if (!(await asked((context) => confirm(look, context), { escape: decline }))) decline();
    },
    async confirmByName({ message, name }) {
      const mark = answerMark();
      const { theme, ...look } = shown({ message, tip: `type ${visibleText(name)} to confirm` }, wrapped);
      const validate = (typed: string) => {
        mark.set(typed === name);
        return true;
      };
      const marked = Object.assign(mark.theme, theme);
      const question = { ...look, validate, theme: marked };
      if ((await asked((context) => input(question, context), { escape: decline })) !== name)
        throw new KeysError('declined', 'the name was not typed as it is; nothing was changed');
    },
  };
}

/** The sign before a question that was answered: another one than the usual tick after a no. */
function answerMark() {
  let agrees = true;
  const theme = {
    // Inquirer reads it whenever it draws the question.
    get prefix() {
      return agrees ? {} : { done: styleText('yellow', '×') };
    },
  };
  return {
    theme,
    set: (yes: boolean) => {
      agrees = yes;
    },
  };
}

/** Questions with a list of choices. */
function choosing(
  asked: Asked,
  wrapped: Wrapped,
  width: () => number,
): Pick<Prompts, 'choose' | 'chooseSeveral' | 'pick'> {
  const offered = <Value extends string>(
    choices: ReadonlyArray<{ value: Value; title: string }>,
    before: number,
  ) =>
    choices.map(({ value, title }) => ({
      value,
      short: title,
      name: wrapWithIndent(title, width() - 1, ' '.repeat(before)),
    }));
  return {
    choose({ choices, default: fallback, ...question }) {
      const start = compact({ default: fallback });
      const look = { ...shown(question, wrapped, leaveTip()), choices: offered(choices, 2), ...start };
      return asked((context) => select(look, context), { escape: leave });
    },
    chooseSeveral({ choices, required = false, ...question }) {
      const look = { ...shown(question, wrapped, leaveTip()), required, choices: offered(choices, 4) };
      return asked((context) => checkbox(look, context), { escape: leave });
    },
    pick({ choices, ...question }) {
      let fitting = 0;
      const source = (term = '') => {
        const found = matching(choices, term, width() - 3);
        fitting = found.length;
        return found;
      };
      const tip = () => (fitting > PAGE ? [`${PAGE} of ${fitting} shown`] : []);
      const look = { ...shown(question, wrapped, leaveTip(tip)), source, pageSize: PAGE };
      return asked((context) => search(look, context), { escape: notChosen });
    },
  };
}

/** How a question is drawn: with its tip as long as it is open, and `none` for an empty answer. */
function shown<Style extends object>(
  question: Pick<Question, 'message' | 'tip'>,
  wrapped: Wrapped,
  style?: Style,
) {
  const message = (text: string, status: string) =>
    styleText('bold', status === 'done' ? wrapped(question.message) : text);
  const answer = (text: string) => styleText('cyan', text === '' ? 'none' : text);
  return { message: wrapped(askedText(question)), theme: { style: { ...style, message, answer } } };
}

/** Choices that are shown at a time where there are many. */
const PAGE = 10;

/** A question that begins a command was left: nothing has happened yet. */
function notChosen(): never {
  throw new KeysError('declined', 'nothing was chosen; nothing was changed');
}

/** A question in the middle of a command was left, as by Ctrl-C. */
function leave(): never {
  throw new KeysError('interrupted', 'interrupted');
}

/** The line below a list: which keys do what, how to leave, and what `more` says. */
function leaveTip(more: () => readonly string[] = () => []) {
  const keysHelpTip = (keys: ReadonlyArray<[key: string, action: string]>) =>
    [...[...keys, ['esc', 'leave']].map((pair) => pair.join(' ')), ...more()].join(' • ');
  return { keysHelpTip };
}

/** The choices that hold what was typed, whatever its case, each in one line that fits so many columns. */
function matching(
  choices: readonly PickChoice[],
  term: string,
  width: number,
): Array<{ value: string; name: string; short: string }> {
  const wanted = term.trim().normalize('NFC').toLowerCase();
  return choices
    .filter(({ search: text }) => text.normalize('NFC').toLowerCase().includes(wanted))
    .map((choice) => {
      const [title, details] = [visibleText(choice.title), visibleText(choice.details ?? '')];
      const after = details === '' ? '' : `  ${details}`;
      const room = Math.max(LEAST_TITLE, width - textWidth(after));
      const name = fitText(`${fitText(title, room)}${after}`, width);
      return { value: choice.value, name, short: fitText(title, width) };
    });
}

/** A title is cut to these columns before its details are. */
const LEAST_TITLE = 12;

/** What inquirer writes before it draws a question anew: it erases the lines of the last time. */
const ERASING = /^(?:\u001b\[\d+B)?(?:\u001b\[2K(?:\u001b\[\d*A)?)*(?:\u001b\[G)?/;
const MOVES_CURSOR = /^\u001b\[\d+G$/;

/** The same stream, which remembers the question that is on it, and can draw it once more. */
function remembering(stream: NodeJS.WriteStream): {
  readonly output: NodeJS.WriteStream;
  drawAgain(): void;
  showCursor(): void;
} {
  let [drawn, moved] = ['', ''];
  const output = Object.create(stream, {
    write: {
      value(piece: string, ...rest: []) {
        if (MOVES_CURSOR.test(piece)) moved = piece;
        else [drawn, moved] = [String(piece).replace(ERASING, ''), ''];
        return stream.write(piece, ...rest);
      },
    },
  }) as NodeJS.WriteStream;
  return {
    output,
    drawAgain: () => void stream.write(`\r\u001b[2K${drawn}${moved}`),
    showCursor: () => void stream.write('\u001b[?25h'),
  };
}

/** What is read from, and what ends a question at once: signals, and keys by their names. */
interface Ends<Answer> {
  readonly stdin: NodeJS.ReadStream;
  readonly onSignal: OnSignal;
  /** What a key answers, or throws. */
  readonly onKey: Readonly<Record<string, () => Answer>>;
  /** Called when the program goes on after it was stopped: the shell has written below the question. */
  readonly drawAgain: () => void;
  /** Lists hide the cursor, which a shell needs. */
  readonly showCursor: () => void;
}

interface Keypress {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly sequence?: string;
}

/** What quits a program, where the terminal gives it to the program as a character. */
const CTRL_BACKSLASH = '\u001c';
const CTRL_Z = '\u001a';

/**
 * Asks one question, until it is answered, a key of `onKey` is pressed, stdin ends or a signal comes:
 * inquirer would wait for ever, or leave the terminal without echo.
 */
async function untilInputEnds<Answer>(
  { stdin, onSignal, onKey, drawAgain, showCursor }: Ends<Answer>,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const ending = new AbortController();
  let continued = false;
  let pressed: (() => Answer) | undefined;
  const stop = onSignal(
    (signal) => {
      if (signal !== 'SIGCONT') return ending.abort();
      continued = true;
      setImmediate(() => {
        continued = false;
        if (ending.signal.aborted) return;
        // The shell has set the terminal as it likes it. Node sets no mode that it believes to be set.
        stdin.setRawMode?.(false);
        stdin.setRawMode?.(true);
        drawAgain();
      });
    },
    ['SIGCONT'],
  );
  // Node's readline pauses its input when it closes at Ctrl-D, and when it goes on after Ctrl-Z.
  const onPause = () => {
    const goesOn = continued;
    setImmediate(() => (goesOn ? stdin.resume() : ending.abort()));
  };
  const onKeypress = (_: unknown, key: Keypress | undefined) => {
    if (key?.sequence === CTRL_BACKSLASH) ending.abort();
    if (key?.sequence === CTRL_Z) showCursor();
    const name = key?.ctrl ? '' : (key?.name ?? '');
    if (Object.hasOwn(onKey, name)) pressed ??= onKey[name];
    if (pressed !== undefined) ending.abort();
  };
  // What was typed before the question is shown answers nothing: inquirer waits as long.
  // Before readline, which stops the program at Ctrl-Z.
  const listening = setImmediate(() => stdin.prependListener('keypress', onKeypress));
  stdin.on('pause', onPause);
  try {
    return await ask(ending.signal);
  } catch (error) {
    if (pressed !== undefined) return pressed();
    if (ending.signal.aborted) throw new KeysError('interrupted', 'interrupted');
    throw error;
  } finally {
    clearImmediate(listening);
    stdin.off('keypress', onKeypress);
    stdin.off('pause', onPause);
    stop();
  }
}
