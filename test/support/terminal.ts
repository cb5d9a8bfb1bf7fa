import xterm from '@xterm/headless';
import { expect, onTestFinished } from 'vitest';
import { BIN, type KeysProgram } from './keys.js';
import { startOnTerminal } from './pseudo-terminal.js';

const POLL = { timeout: 60_000 };

export interface Size {
  readonly cols?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The built program under a pseudo-terminal: what it shows, and what is typed. */
export function terminal(keys: Pick<KeysProgram, 'env' | 'home'>, args: readonly string[], size: Size = {}) {
  return onTerminal(keys, [process.execPath, '--', BIN, ...args], size);
}

/** The same of any command, in the home of the program. */
export function onTerminal(
  keys: Pick<KeysProgram, 'env' | 'home'>,
  command: readonly string[],
  { cols = 100, rows = 30, env = {} }: Size = {},
) {
  let shown = '';
  const [file = '', ...args] = command;
  const pty = startOnTerminal(file, args, {
    cols,
    rows,
    env: { ...keys.env, TERM: 'xterm-256color', ...env },
    cwd: keys.home,
  });
  pty.onData((data) => {
    shown += data;
  });
  const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  onTestFinished(() => {
    try {
      pty.kill('SIGKILL');
    } catch {
      // Ended already.
    }
  });
  return {
    pid: pty.pid,
    /** Does nothing once the program has ended. */
    signal: (name: NodeJS.Signals) => pty.kill(name),
    shown: () => shown,
    type: (text: string) => pty.write(text),
    see: (text: string | RegExp) => expect.poll(() => shown, POLL).toMatch(text),
    ended,
    /** The rows of the screen as a person sees them now, without empty ones at its end. */
    screen: () => screenOf(shown, cols, rows),
  };
}

/** What a terminal of this size shows of an output, with what has left it at the top. */
async function screenOf(output: string, cols: number, rows: number): Promise<string[]> {
  const drawn = new xterm.Terminal({ cols, rows, scrollback: 5_000, allowProposedApi: true });
  await new Promise<void>((written) => drawn.write(output, written));
  const { active } = drawn.buffer;
  const lines = Array.from(
    { length: active.length },
    (_, at) => active.getLine(at)?.translateToString(true) ?? '',
  );
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Answers each question in turn, and returns the exit code and all that came. */
export async function answerEach(
  screen: ReturnType<typeof terminal>,
  answers: ReadonlyArray<readonly [question: string, typed: string]>,
) {
  for (const [question, typed] of answers) {
    await screen.see(new RegExp(question));
    screen.type(typed);
  }
  return { code: await screen.ended, shown: screen.shown() };
}
