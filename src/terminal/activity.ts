import { visibleText } from '../domain/visible-text.js';
import type { TextSink } from './text-sink.js';

/** Says on a terminal's stderr that the program is waiting. */
export interface Activity {
  /**
   * Returns what `work` returns. If that takes longer than half a second, a spinner says what is waited for.
   */
  during<Value>(what: string, work: () => Promise<Value>): Promise<Value>;
  /** The sink, whose writes remove the spinner first. */
  guard(sink: TextSink): TextSink;
  /** No spinner from now on: the screen belongs to a pager, or nobody looks at it. */
  stop(): void;
}

const DELAY_MS = 500;
const FRAME_MS = 100;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ERASE_LINE = '\r\u001b[K';

/** `stderr`: without a guard. */
export function createActivity(stderr: TextSink, delayMs = DELAY_MS): Activity {
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = !stderr.isTerminal;
  let drawn = false;
  let frame = 0;
  /** Whether another writer has begun a line and not ended it, as a bar of progress does. */
  let lineIsOpen = false;

  const write = (text: string) => void stderr.write(text).catch(() => undefined);
  const erase = () => {
    if (drawn) write(ERASE_LINE);
    drawn = false;
  };
  const draw = () => {
    const [what] = waiting;
    if (what === undefined || lineIsOpen || stopped) return;
    write(`${ERASE_LINE}${FRAMES[frame++ % FRAMES.length]} waiting for ${visibleText(what)}`);
    drawn = true;
  };
  const rest = () => {
    clearTimeout(timer);
    timer = undefined;
    erase();
  };
  const tick = () => {
    draw();
    timer = setTimeout(tick, FRAME_MS).unref();
  };

  return {
    async during(what, work) {
      if (stopped) return await work();
      waiting.add(what);
      timer ??= setTimeout(tick, delayMs).unref();
      try {
        return await work();
      } finally {
        waiting.delete(what);
        if (waiting.size === 0) rest();
      }
    },
    guard: (sink) =>
      observed(sink, (text) => {
        erase();
        lineIsOpen = typeof text === 'string' && text !== '' && !text.endsWith('\n');
      }),
    stop() {
      rest();
      stopped = true;
    },
  };
}

/** The same sink, which says what it is about to write, where that is a terminal. */
function observed(sink: TextSink, before: (text: string | Uint8Array) => void): TextSink {
  return {
    isTerminal: sink.isTerminal,
    get columns() {
      return sink.columns;
    },
    async write(text) {
      if (sink.isTerminal) before(text);
      await sink.write(text);
    },
  };
}
