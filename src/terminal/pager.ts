import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { childEnvironment } from '../domain/child-environment.js';
import { type TextSink, writeData } from './text-sink.js';

interface PagerFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** Height of the terminal in lines. */
  readonly rows: () => number;
  /** See `ProcessFacts`. */
  readonly onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void;
  /** Called before a pager takes the screen. */
  readonly onOpen: () => void;
}

/** Text for a person to read. What is longer than the screen goes to a pager. */
export interface PagedText {
  /** Rejects with `EPIPE` if the person has left the pager. */
  write(text: string): Promise<void>;
  /** Writes what is left, and waits until the person leaves the pager. */
  finish(): Promise<void>;
}

export type OpenPagedText = (stdout: TextSink) => PagedText;

/**
 * The options of less, unless the person has set their own. As git does: less ends if the text fits, keeps
 * colours, and leaves the text on the screen. Its last line says how to go on and how to leave: its own
 * prompt is a lone colon.
 */
const LESS_OPTIONS = 'FRXPs(more\\: space, leave\\: q)$';

/** The command that shows long text: `KEYS_PAGER`, `PAGER`, else less. Null: none is wanted. */
export function pagerCommand(env: PagerFacts['env'], platform: string): string | null {
  const command = env['KEYS_PAGER'] ?? env['PAGER'] ?? (platform === 'win32' ? '' : 'less');
  const words = command.trim();
  return words === '' || words === 'cat' || env['TERM'] === 'dumb' ? null : words;
}

/** Text goes straight to the screen. */
export const unpaged: OpenPagedText = (stdout) => ({
  write: (text) => writeData(stdout, text),
  finish: async () => undefined,
});

/**
 * Opens texts that go to the person's pager once they are longer than the screen. If it cannot be started,
 * they go to the screen.
 */
export function createPager(facts: PagerFacts): OpenPagedText {
  const command = pagerCommand(facts.env, facts.platform);
  if (command === null) return unpaged;
  return (stdout) => {
    let held = '';
    let to: Started | 'screen' | null = null;
    return {
      async write(text) {
        if (to === null) {
          held += text;
          if (held.split('\n').length <= facts.rows()) return;
          to = (await start(command, facts)) ?? 'screen';
          text = held;
        }
        await (to === 'screen' ? writeData(stdout, text) : to.write(text));
      },
      async finish() {
        if (to === null) await writeData(stdout, held);
        else if (to !== 'screen') await to.finish();
      },
    };
  };
}

type Started = PagedText;

/** Null if there is no such program. */
async function start(command: string, { env, onOpen, onSignal }: PagerFacts): Promise<Started | null> {
  // Simple words need no shell; then a program that is missing is noticed before anything is written to it.
  const isSimple = /^[\w./=+ -]+$/.test(command);
  const [program = '', ...args] = isSimple ? command.split(/ +/) : ['/bin/sh', '-c', command];
  // The person's own LESS may lack R: less would show each colour as letters.
  if (isSimple && basename(program) === 'less') args.push('-R');
  const child = spawn(program, args, {
    env: { LESS: LESS_OPTIONS, ...childEnvironment(env) },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const closed = once(child, 'close').catch(() => undefined);
  try {
    await once(child, 'spawn');
  } catch {
    return null;
  }
  onOpen();
  const { stdin } = child;
  stdin.on('error', () => undefined);
  // Ctrl-C is the pager's. Any other signal ends the pager, and with it this program.
  const stopListening = onSignal((signal) => {
    if (signal !== 'SIGINT') child.kill();
  });
  return {
    write: (text) => written(stdin, text),
    async finish() {
      stdin.end();
      await closed;
      stopListening();
    },
  };
}

function written(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(asClosedPipe(error)) : resolve()));
  });
}

/** A stream that has failed once names another reason at the next write. */
function asClosedPipe(error: Error): Error {
  return Object.assign(new Error(error.message), { code: 'EPIPE' });
}
