import { compact } from './compact.js';
import type { Wording } from './words.js';

/**
 * Every failure: its code, and the HTTP status by which a service reports it; null for failures of the
 * program itself. The service turns a code into a status, and the client turns a status back into a code.
 * `cli/exit-codes.ts` has the exit codes.
 */
export const ERRORS = {
  invalid_request: 400,
  usage: null,
  missing_answer: null,
  ambiguous_key: null,
  payload_too_large: 413,
  unsupported_media_type: 415,
  not_found: 404,
  profile_not_found: null,
  unauthenticated: 401,
  payment_required: 402,
  forbidden: 403,
  not_logged_in: null,
  rate_limited: 429,
  unavailable: 503,
  unreachable: null,
  timeout: null,
  database_busy: 503,
  database_unavailable: 503,
  database_refused: null,
  conflict: 409,
  idempotency_mismatch: 409,
  response_gone: 409,
  unsupported: 501,
  refused: null,
  origin_mismatch: null,
  insecure_transport: null,
  key_not_valid: null,
  audit_found: null,
  pending: null,
  interrupted: null,
  declined: null,
  bad_response: null,
  provider_mistake: null,
  not_set: null,
  keychain_unavailable: null,
  keychain_timeout: null,
  settings_unreadable: null,
  repository_unreadable: null,
  data_unwritable: null,
  disk_full: 507,
  database_newer: null,
  database_damaged: null,
  delivery_failed: null,
  contract_broken: null,
  checks_failed: null,
  method_not_allowed: 405,
  internal: 500,
} as const satisfies Record<string, number | null>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * What the user can do next with a command of the program. The words are in `cli/hints.ts`, so that the
 * errors of the library and the responses of the service name no command. Some need details: the provider's
 * id, an option's name, an address.
 */
export type NextStep =
  | 'add_place'
  | 'add_profile'
  | 'allow_insecure'
  | 'correct_and_resume'
  | 'create_again'
  | 'create_instead'
  | 'create_ledger_key'
  | 'create_management_key'
  | 'deliver_again'
  | 'find_run_key'
  | 'follow_ledger'
  | 'forget_key'
  | 'forget_version'
  | 'give_address'
  | 'give_expiry'
  | 'give_option'
  | 'give_provider'
  | 'give_scopes'
  | 'identify_key'
  | 'import_key'
  | 'keep_ledger'
  | 'keep_policy'
  | 'import_pasted'
  | 'learn_policy'
  | 'learn_policy_again'
  | 'list_keys'
  | 'list_or_import_keys'
  | 'list_pending'
  | 'list_providers'
  | 'log_in'
  | 'log_in_again'
  | 'log_in_insecurely'
  | 'move_ledger'
  | 'make_database'
  | 'new_provider'
  | 'print_saved'
  | 'recover_management_key'
  | 'replace_key'
  | 'replace_secret'
  | 'revoke_version'
  | 'look_again'
  | 'resume'
  | 'resume_delivery'
  | 'resume_or_abort'
  | 'resume_or_drop'
  | 'roll_key'
  | 'save_delivered'
  | 'save_key'
  | 'show_key'
  | 'show_provider'
  | 'show_schema'
  | 'show_status'
  | 'skip_place'
  | 'store_in_file'
  | 'test_provider'
  | 'use_key'
  | 'use_known_address'
  | 'verify_key';

export interface KeysErrorOptions {
  /** What the user can do about it; lowercase, no final period. */
  readonly hint?: Wording;
  /** The next command to run. The program appends it to `hint`. */
  readonly next?: NextStep;
  /** Machine-readable facts, such as `key_id` or `candidates`; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which the same call may succeed. */
  readonly retryAfterSeconds?: number;
  /**
   * For a request that changes something: whether it certainly did nothing. Absent: derived from the code.
   */
  readonly outcome?: RequestOutcome;
  readonly cause?: unknown;
}

/** What a failed request did: certainly nothing, or possibly the requested change. */
export type RequestOutcome = 'not_done' | 'unknown';

const BRAND = Symbol.for('keys.KeysError');

/**
 * A failure that was foreseen: a code from the table, a message and a hint, none of which ever holds a
 * secret.
 */
export class KeysError extends Error {
  /** The library has this class once more than the program: what one throws is the other's too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  readonly [BRAND] = true;
  override readonly name = 'KeysError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly next: NextStep | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly outcome: RequestOutcome | undefined;
  readonly #message: Wording;
  readonly #hint: Wording | undefined;

  constructor(code: ErrorCode, message: Wording, options: KeysErrorOptions = {}) {
    super(String(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.#message = message;
    this.#hint = options.hint;
    this.hint = options.hint === undefined ? undefined : String(options.hint);
    this.next = options.next;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.outcome = options.outcome;
  }

  /**
   * The message and the hint in their parts, for a surface that names no options of the command line. As
   * strings, both are what the terminal shows.
   */
  get wording(): { readonly message: Wording; readonly hint: Wording | undefined } {
    return { message: this.#message, hint: this.#hint };
  }

  /** The HTTP status of the response; failures of the tool itself have none and count as 500. */
  get httpStatus(): number {
    return ERRORS[this.code] ?? 500;
  }
}

/**
 * Whatever was thrown as an error of this program; what was not foreseen becomes `internal`, with its
 * message.
 */
export function keysErrorOf(thrown: unknown): KeysError {
  if (thrown instanceof KeysError) return thrown;
  return new KeysError('internal', thrown instanceof Error ? thrown.message : String(thrown), {
    cause: thrown,
  });
}

/** Returns the same failure with this outcome; what is no `KeysError`, as it is. */
export function withOutcome(error: unknown, outcome: RequestOutcome): unknown {
  if (!(error instanceof KeysError) || error.outcome === outcome) return error;
  return changed(error, { outcome });
}

/** What `changed` puts in place of a member of a failure. `hint` and `next`: null leaves them out. */
interface Changes extends Omit<KeysErrorOptions, 'hint' | 'next'> {
  readonly code?: ErrorCode;
  readonly message?: Wording;
  readonly hint?: Wording | null;
  readonly next?: NextStep | null;
}

/** The same failure with these members changed. */
export function changed(error: KeysError, changes: Changes): KeysError {
  // One that was thrown by an earlier version of the library has no parts.
  const { message, hint } = error.wording ?? error;
  const { next, details, retryAfterSeconds, outcome, cause } = error;
  const { code = error.code, message: said = message, ...others } = changes;
  const all = { hint, next, details, retryAfterSeconds, outcome, cause, ...others };
  return new KeysError(
    code,
    said,
    compact({ ...all, hint: all.hint ?? undefined, next: all.next ?? undefined }),
  );
}

const CODE_BY_STATUS = new Map<number, ErrorCode>();
for (const [code, status] of Object.entries(ERRORS) as Array<[ErrorCode, number | null]>) {
  if (status !== null && !CODE_BY_STATUS.has(status)) CODE_BY_STATUS.set(status, code);
}

/** Statuses that other services use for failures of ours. */
const OTHER_STATUSES: Readonly<Record<number, ErrorCode>> = {
  408: 'timeout',
  410: 'not_found',
  412: 'conflict',
  422: 'invalid_request',
  423: 'conflict',
  425: 'unavailable',
  428: 'conflict',
};

/**
 * Returns the code for an HTTP status whose body names none of ours. A status without a meaning of its own is
 * `bad_response`; whether the request did anything is `KeysError.outcome`.
 */
export function codeForStatus(status: number): ErrorCode {
  const known = CODE_BY_STATUS.get(status) ?? OTHER_STATUSES[status];
  return known ?? (status >= 500 ? 'unavailable' : 'bad_response');
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}
