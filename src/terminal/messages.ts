import { visibleText } from '../domain/visible-text.js';
import type { Output } from './output.js';
import type { TextSink } from './text-sink.js';
import { unmarked } from './unbroken.js';

type Paint = (text: string) => string;

/** A message in lines of at most so many columns; see `wrapMessage`, which is loaded for a terminal alone. */
export type Wrap = (message: string, width: number) => string;

/**
 * What every output says on stderr in the same way. A message that cannot be written is not worth a failure.
 */
export function messages(
  stderr: TextSink,
  wrap: Wrap = unmarked,
  paint: { warning: Paint; hint: Paint; note?: Paint } = PLAIN,
): Pick<Output, 'say' | 'warn' | 'hint' | 'progress'> & {
  /** Says something beside data, to a person alone. */
  readonly note: (message: string) => void;
} {
  const line = (text: string) => void stderr.write(`${wrap(text, stderr.columns)}\n`).catch(() => undefined);
  return {
    say: (message) => line(visibleText(message)),
    note(message) {
      const { note = PLAIN.hint } = paint;
      if (stderr.isTerminal) line(note(visibleText(message)));
    },
    warn: (message) => line(`keys: ${paint.warning('warning')}: ${visibleText(String(message))}`),
    progress(done, total) {
      if (!stderr.isTerminal) return;
      if (total === null) {
        void stderr.write(`\r${done} …`).catch(() => undefined);
        return;
      }
      const filled = Math.round((done / total) * BAR_WIDTH);
      const bar = '█'.repeat(filled).padEnd(BAR_WIDTH, '░');
      void stderr.write(`\r${bar} ${done}/${total}${done === total ? '\n' : ''}`).catch(() => undefined);
    },
    hint: (message) => line(`keys: ${paint.hint('hint')}: ${visibleText(String(message))}`),
  };
}

const BAR_WIDTH = 30;
const PLAIN = { warning: (text: string) => text, hint: (text: string) => text };
