import { resolve } from 'node:path';
import { KeysError } from '../domain/errors.js';

/**
 * The absolute path of a module of the user's own. `what`: such as `a provider`. Throws `usage` for an
 * address in the network.
 */
export function ownModulePath(text: string, what: string, directory: string): string {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return resolve(directory, text);
  throw new KeysError('usage', `${what} is not loaded from the network: ${text}`, {
    hint: 'save it here, read it, then add the file',
  });
}
