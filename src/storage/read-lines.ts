import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { KeysError } from '../domain/errors.js';

/** The lines of a file, read piece by piece. Throws `usage` if it cannot be read. */
export async function* readLines(path: string): AsyncIterable<string> {
  const stream = createReadStream(path);
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    if (stream.errored) throw stream.errored;
  } catch (error) {
    throw new KeysError(
      'usage',
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  } finally {
    stream.destroy();
  }
}
