import { changed, KeysError } from '../domain/errors.js';
import { wordingOfHint } from './hints.js';

/**
 * The same operations, whose errors carry the whole hint, and the status of a conflict where the program
 * refused.
 */
export function explaining<Operations extends object>(operations: Operations): Operations {
  const explained = Object.entries(operations).map(([name, operation]) => [
    name,
    async (...input: unknown[]) => {
      try {
        return await (operation as (...input: unknown[]) => Promise<unknown>)(...input);
      } catch (error) {
        throw error instanceof KeysError ? explain(error) : error;
      }
    },
  ]);
  return Object.fromEntries(explained) as Operations;
}

/**
 * Failures of the program itself that a page reports as a conflict: the caller can do something about them.
 */
const CONFLICTS: ReadonlySet<string> = new Set([
  'refused',
  'unsupported',
  'usage',
  'missing_answer',
  'ambiguous_key',
  'delivery_failed',
]);

/** The error as a page shows it, which knows no names of next steps. */
export function explain(error: KeysError): KeysError {
  const code = CONFLICTS.has(error.code) ? 'conflict' : error.code;
  return changed(error, { code, hint: wordingOfHint(error) ?? null, next: null });
}
