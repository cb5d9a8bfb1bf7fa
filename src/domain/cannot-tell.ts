import type { ErrorCode } from './errors.js';

/** Errors of a look at a key that say nothing of the key: this credential or this service cannot look. */
export const CANNOT_TELL: ReadonlySet<string> = new Set<ErrorCode>([
  'forbidden',
  'unsupported',
  'method_not_allowed',
]);
