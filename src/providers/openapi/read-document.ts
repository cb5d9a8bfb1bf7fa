import { resolve } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import type { Transport } from '../../http/transport.js';
import { readUserFile } from '../../storage/user-files.js';

/** What reading a document needs of a call of the program. */
interface DocumentContext {
  readonly process: { readonly directory: string };
  transport(): Promise<Transport>;
}

/** The largest documents of vendors have some ten megabytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The text of a file, or of a public address. No credential is sent. */
export async function readDocument(place: string, context: DocumentContext): Promise<string> {
  if (!/^https?:\/\//.test(place)) {
    const bytes = await readUserFile(resolve(context.process.directory, place), MOST_BYTES);
    return new TextDecoder().decode(bytes);
  }
  const transport = await context.transport();
  const { status, body } = await transport({
    method: 'GET',
    url: place,
    headers: { accept: 'application/json, application/yaml, text/yaml, */*', 'user-agent': 'keys' },
  });
  if (status === 200) return new TextDecoder().decode(body);
  throw new KeysError('bad_response', `no document at ${place}: status ${status}`);
}
