import type { KeysError } from '../../domain/errors.js';
import { inFileWords } from '../../lifecycle/as-code/in-file-words.js';
import { wordingOfHint } from '../hints.js';

/** The hint of a failure for who has written a `keys.yaml`. Undefined if there is none. */
export function hintInFile(error: KeysError): string | undefined {
  // The service's own hint is for those who send requests themselves.
  if (error.details?.['reason'] === 'last_management_key') return 'create another management key first';
  const text = inFileWords(wordingOfHint(error) ?? '');
  return text === '' ? undefined : text;
}
