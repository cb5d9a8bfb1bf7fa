import { KeysError } from '../domain/errors.js';

/** Where text goes: resolves when the system has taken it, rejects with the system's own error when it has not. */
export interface TextSink {
  readonly isTerminal: boolean;
  /** Width in columns; 80 where unknown. */
  readonly columns: number;
  write(text: string | Uint8Array): Promise<void>;
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
