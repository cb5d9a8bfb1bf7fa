import type { ErrorCode } from '../domain/errors.js';

/** What each exit code means, for help, the man pages and keys-scripting(7). */
export const EXIT_CODES: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [0, 'done'],
  [1, 'failed'],
  [2, 'used wrongly: an unknown flag, a bad value, a missing answer without a terminal'],
  [3, 'no such key, profile or provider'],
  [4, 'not authenticated, or not permitted'],
  [5, 'the service could not be reached, or asked to try again later'],
  [6, 'refused: a conflict, a policy, or a credential used against another origin'],
  [7, '`verify`: the key is not valid'],
  [8, '`audit`: a finding at or above the level of --fail-on'],
  [9, 'done in part: something is left; the hint says what finishes it, such as `keys resume`'],
  [10, '`plan`: there is something to do'],
  [130, 'interrupted, or declined at the prompt'],
];

/** Codes that some commands alone end with. */
const EXITS_OF: Readonly<Record<number, readonly string[]>> = {
  7: ['verify', 'import', 'webhook'],
  8: ['audit', 'guard'],
  9: ['create', 'roll', 'resume', 'deliver', 'apply', 'revoke'],
  10: ['plan'],
};

/** The exit codes that a command can end with. */
export function exitCodesOf(command: string): typeof EXIT_CODES {
  return EXIT_CODES.filter(([code]) => EXITS_OF[code]?.includes(command) ?? true);
}

/** The exit code of each failure. */
const EXIT_BY_ERROR: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 2,
  usage: 2,
  missing_answer: 2,
  ambiguous_key: 2,
  payload_too_large: 2,
  unsupported_media_type: 2,
  not_found: 3,
  profile_not_found: 3,
  unauthenticated: 4,
  payment_required: 4,
  forbidden: 4,
  not_logged_in: 4,
  rate_limited: 5,
  unavailable: 5,
  unreachable: 5,
  timeout: 5,
  database_busy: 5,
  database_unavailable: 5,
  database_refused: 4,
  conflict: 6,
  idempotency_mismatch: 6,
  response_gone: 6,
  unsupported: 6,
  refused: 6,
  origin_mismatch: 6,
  insecure_transport: 6,
  key_not_valid: 7,
  audit_found: 8,
  pending: 9,
  interrupted: 130,
  declined: 130,
  bad_response: 1,
  provider_mistake: 1,
  not_set: 1,
  keychain_unavailable: 1,
  keychain_timeout: 1,
  settings_unreadable: 1,
  repository_unreadable: 1,
  data_unwritable: 1,
  disk_full: 1,
  database_newer: 1,
  database_damaged: 1,
  delivery_failed: 1,
  contract_broken: 1,
  checks_failed: 1,
  method_not_allowed: 1,
  internal: 1,
};

/** The exit code of a call that failed: never 0, whatever code a provider file has made up. */
export function exitCodeOf({ code }: { readonly code: ErrorCode }): number {
  return EXIT_BY_ERROR[code] ?? 1;
}
