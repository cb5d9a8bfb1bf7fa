import { KeysError } from '../domain/errors.js';
import type { Redactor } from '../domain/redactor.js';

/**
 * Where text goes: resolves when the system has taken it, rejects with the system's own error when it has
 * not.
 */
export interface TextSink {
  readonly isTerminal: boolean;
  /** Width in columns; 80 where unknown. */
  readonly columns: number;
  write(text: string | Uint8Array): Promise<void>;
}

/** A sink for messages: secrets that the redactor knows when a text is written are left out of it. */
export function redactingSink(sink: TextSink, redactor: Redactor): TextSink {
  return {
    isTerminal: sink.isTerminal,
    get columns() {
      return sink.columns;
    },
    write: (text) => sink.write(typeof text === 'string' ? redactor.redact(text) : text),
  };
}

/** Whether a write failed because its reader went away, as `head` does. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** What stdout would not take, as `delivery_failed`; a reader that went away keeps its own error. */
export async function writeData(sink: TextSink, text: string | Uint8Array): Promise<void> {
  try {
    await sink.write(text);
  } catch (error) {
    if (isClosedPipe(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeysError('delivery_failed', `stdout could not be written: ${reason}`, {
      hint: 'look at where the output goes: a full disk, or a closed terminal',
      cause: error,
    });
  }
}

/** Characters that are gathered before they are written. */
const BATCH = 64 * 1024;

/** Gathers small pieces: a write each would take most of the time of a long list. Errors: see `writeData`. */
export function batchedWrites(sink: TextSink) {
  let gathered = '';
  const flush = async () => {
    const text = gathered;
    gathered = '';
    if (text !== '') await writeData(sink, text);
  };
  return {
    /** Resolves at once where nothing is due to be written. */
    async add(text: string): Promise<void> {
      gathered += text;
      if (gathered.length >= BATCH) await flush();
    },
    flush,
  };
}
