import { KeysError } from '../domain/errors.js';
import { visibleText } from '../domain/visible-text.js';
import { askedText, type Prompts } from './prompts.js';

type OnSignal = (listener: (signal: NodeJS.Signals) => void) => () => void;

/** What a line prompt reads and writes. */
interface Lines {
  /** Writes text, and returns the line that is typed then. Throws `interrupted` at Esc. */
  ask(text: string): Promise<string>;
  /** The same for a line that is not shown. */
  askHidden(text: string): Promise<string>;
  say(text: string): void;
}

/**
 * Questions for a terminal without cursor moves (`TERM=dumb`), such as one in an editor, and for readers of
 * the screen: each is written once, on stderr, and answered by a line. Throws `interrupted` at Esc, Ctrl-C,
 * the end of input and a signal that would end the process.
 */
export function createLinePrompts(
  stdin: NodeJS.ReadStream,
  stderr: NodeJS.WriteStream,
  onSignal: OnSignal,
): Prompts {
  const lines: Lines = {
    ask: (text) => nextLine(stdin, stderr, onSignal, text),
    askHidden: (text) => nextHiddenLine(stdin, stderr, onSignal, text),
    say: (text) => void stderr.write(`${text}\n`),
  };
  return { available: true, ...typed(lines), ...confirmations(lines), ...choosing(lines) };
}

const declined = () => new KeysError('declined', 'declined; nothing was changed');

/** Questions for which a person types something. */
function typed({ ask, askHidden, say }: Lines): Pick<Prompts, 'text' | 'press' | 'secret'> {
  return {
    async text({ default: fallback = '', check, ...question }) {
      const byDefault = fallback === '' ? '' : ` [${visibleText(fallback)}]`;
      for (;;) {
        const answer = (await ask(`${askedText(question)}${byDefault}: `)) || fallback;
        const verdict = check === undefined ? true : await check(answer);
        if (verdict === true) return answer;
        say(visibleText(verdict));
      }
    },
    press: async ({ message, key }) => (await ask(`${message} `)).trim().toLowerCase().startsWith(key),
    secret: ({ message }) => askHidden(`${message} (not shown): `),
  };
}

function confirmations({ ask, say }: Lines): Pick<Prompts, 'confirm' | 'confirmByName'> {
  return {
    async confirm({ message }) {
      for (;;) {
        const answer = (await ask(`${message} (y/N) `)).trim().toLowerCase();
        if (answer === '' || 'no'.startsWith(answer)) throw declined();
        if ('yes'.startsWith(answer)) return;
        say('answer yes or no');
      }
    },
    async confirmByName({ message, name }) {
      const tip = `type ${visibleText(name)} to confirm`;
      if ((await ask(`${askedText({ message, tip })}: `)) !== name)
        throw new KeysError('declined', 'the name was not typed as it is; nothing was changed');
    },
  };
}

/** Choices that are listed at a time. */
const PAGE = 20;

/** Questions with choices: they are listed once, with numbers. */
function choosing(lines: Lines): Pick<Prompts, 'choose' | 'chooseSeveral' | 'pick'> {
  const { ask, say } = lines;
  const list = (titles: readonly string[]) =>
    titles.forEach((title, at) => void say(`  ${at + 1}  ${visibleText(title)}`));
  return {
    async choose({ choices, default: fallback, ...question }) {
      const first = Math.max(
        0,
        choices.findIndex(({ value }) => value === fallback),
      );
      say(askedText(question));
      list(choices.map(({ title }) => title));
      for (;;) {
        const answer = (await ask(`Number [${first + 1}]: `)).trim();
        const chosen = choices[answer === '' ? first : indexOf(answer)];
        if (chosen !== undefined) return chosen.value;
        say(`a number from 1 to ${choices.length}`);
      }
    },
    async chooseSeveral({ choices, required = false, ...question }) {
      say(askedText(question));
      list(choices.map(({ title }) => title));
      for (;;) {
        const answer = await ask(`Numbers, commas between them${required ? '' : '; empty: none'}: `);
        const numbers = answer
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '');
        const indexes = new Set(numbers.map(indexOf));
        const isWhole = [...indexes].every((at) => choices[at] !== undefined);
        if (isWhole && (indexes.size > 0 || !required))
          return choices.filter((_, at) => indexes.has(at)).map(({ value }) => value);
        say(`numbers from 1 to ${choices.length}`);
      }
    },
    pick: (question) => pick(question, lines, list),
  };
}

/** Lists the first choices, and after each text those that hold it, until a number picks one. */
async function pick(
  { choices, ...question }: Parameters<Prompts['pick']>[0],
  { ask, say }: Lines,
  list: (titles: readonly string[]) => void,
): Promise<string> {
  say(askedText(question));
  let found = choices;
  for (;;) {
    const shown = found.slice(0, PAGE);
    list(shown.map(({ title, details = '' }) => `${title}${details === '' ? '' : `  ${details}`}`));
    if (found.length > shown.length) say(`  ${shown.length} of ${found.length} shown`);
    const answer = (await ask('Number, or a part of a name: ')).trim();
    const chosen = shown[indexOf(answer)];
    if (chosen !== undefined) return chosen.value;
    const wanted = answer.normalize('NFC').toLowerCase();
    const fitting = choices.filter(({ search }) => search.normalize('NFC').toLowerCase().includes(wanted));
    const [only] = fitting;
    if (answer !== '' && only !== undefined && fitting.length === 1) return only.value;
    if (fitting.length === 0) say(`none holds ${visibleText(answer)}`);
    else found = fitting;
  }
}

/** The place of a number from 1 in a list; -1 for what is none. */
function indexOf(answer: string): number {
  return /^[1-9]\d{0,5}$/.test(answer) ? Number(answer) - 1 : -1;
}

const ESCAPE = '\u001b';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_BACKSLASH = '\u001c';
const ERASES = new Set(['\u007f', '\b']);

function interrupted(): KeysError {
  return new KeysError('interrupted', 'interrupted');
}

/** One line, which the terminal itself lets a person edit. */
async function nextLine(
  stdin: NodeJS.ReadStream,
  stderr: NodeJS.WriteStream,
  onSignal: OnSignal,
  text: string,
): Promise<string> {
  let line = '';
  stdin.setRawMode?.(false);
  return await reading(stdin, onSignal, text, stderr, (chunk) => {
    line += chunk;
    if (line.includes(ESCAPE)) throw interrupted();
    const end = line.search(/[\r\n]/);
    return end < 0 ? null : line.slice(0, end);
  });
}

/** One line that the terminal does not show: it gets each character at once, and nothing is drawn. */
async function nextHiddenLine(
  stdin: NodeJS.ReadStream,
  stderr: NodeJS.WriteStream,
  onSignal: OnSignal,
  text: string,
): Promise<string> {
  let line: string[] = [];
  stdin.setRawMode?.(true);
  try {
    return await reading(stdin, onSignal, text, stderr, (chunk) => {
      for (const character of chunk) {
        if ([ESCAPE, CTRL_C, CTRL_D, CTRL_BACKSLASH].includes(character)) throw interrupted();
        if (/[\r\n]/.test(character)) return line.join('');
        line = ERASES.has(character) ? line.slice(0, -1) : [...line, character];
      }
      return null;
    });
  } finally {
    stdin.setRawMode?.(false);
    stderr.write('\n');
  }
}

/** Bytes of an answer: a place or a list of scopes may be long. */
const MOST_IN_ANSWER = 64 * 1024;

/** Writes a question, and reads until `take` returns an answer. */
async function reading(
  stdin: NodeJS.ReadStream,
  onSignal: OnSignal,
  text: string,
  stderr: NodeJS.WriteStream,
  take: (chunk: string) => string | null,
): Promise<string> {
  stderr.write(text);
  const decoder = new TextDecoder();
  let forget = () => {};
  let length = 0;
  try {
    return await new Promise<string>((resolve, reject) => {
      const onData = (chunk: Uint8Array) => {
        try {
          length += chunk.length;
          if (length > MOST_IN_ANSWER)
            throw new KeysError('usage', `an answer of more than ${MOST_IN_ANSWER} bytes`);
          const answer = take(decoder.decode(chunk, { stream: true }));
          if (answer !== null) resolve(answer);
        } catch (error) {
          reject(error);
        }
      };
      const onEnd = () => reject(interrupted());
      const stop = onSignal(onEnd);
      stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
      forget = () => {
        stop();
        stdin.off('data', onData).off('end', onEnd).off('error', onEnd);
      };
      stdin.resume();
    });
  } finally {
    forget();
    stdin.pause();
  }
}
