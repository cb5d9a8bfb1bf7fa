import { createReadStream } from 'node:fs';
import { KeysError } from '../domain/errors.js';

/** Most characters in a line: a file without line ends must not fill the memory. */
const MOST_IN_LINE = 100_000_000;

/**
 * The lines of a file, read piece by piece. They end at a line feed, with a carriage return before it or
 * without, and nowhere else. Throws `usage` if the file cannot be read, or for a line that is too long.
 */
export async function* readLines(path: string, mostInLine = MOST_IN_LINE): AsyncIterable<string> {
  try {
    let rest = '';
    for await (const text of createReadStream(path, 'utf8') as AsyncIterable<string>) {
      const [first = '', ...others] = text.split('\n');
      rest += first;
      if (rest.length > mostInLine) throw new Error(`a line of more than ${mostInLine} characters`);
      for (const next of others) {
        yield rest.replace(/\r$/, '');
        rest = next;
      }
    }
    if (rest !== '') yield rest;
  } catch (error) {
    throw new KeysError(
      'usage',
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
