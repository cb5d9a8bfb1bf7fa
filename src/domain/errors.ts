interface ErrorRow {
  readonly status?: number;
  readonly exit: number;
}

/**
 * The one table of failures: code ↔ HTTP status ↔ exit code. The service turns a code into a status, the client
 * turns a status back into a code, the program turns a code into an exit code; help, man page and tests read it too.
 */
export const ERRORS = {
  invalid_request: { status: 400, exit: 2 },
  usage: { exit: 2 },
  missing_answer: { exit: 2 },
  ambiguous_key: { exit: 2 },
  payload_too_large: { status: 413, exit: 2 },
  unsupported_media_type: { status: 415, exit: 2 },
  not_found: { status: 404, exit: 3 },
  profile_not_found: { exit: 3 },
  unauthenticated: { status: 401, exit: 4 },
  payment_required: { status: 402, exit: 4 },
  forbidden: { status: 403, exit: 4 },
  not_logged_in: { exit: 4 },
  rate_limited: { status: 429, exit: 5 },
  unavailable: { status: 503, exit: 5 },
  unreachable: { exit: 5 },
  timeout: { exit: 5 },
  database_busy: { status: 503, exit: 5 },
  database_unavailable: { status: 503, exit: 5 },
  database_refused: { exit: 4 },
  conflict: { status: 409, exit: 6 },
  idempotency_mismatch: { status: 409, exit: 6 },
  answer_gone: { status: 409, exit: 6 },
  unsupported: { status: 501, exit: 6 },
  refused: { exit: 6 },
  origin_mismatch: { exit: 6 },
  insecure_transport: { exit: 6 },
  key_not_valid: { exit: 7 },
  audit_found: { exit: 8 },
  delivery_owed: { exit: 9 },
  interrupted: { exit: 130 },
  declined: { exit: 130 },
  bad_answer: { exit: 1 },
  provider_mistake: { exit: 1 },
  not_set: { exit: 1 },
  keychain_unavailable: { exit: 1 },
  keychain_timeout: { exit: 1 },
  settings_unreadable: { exit: 1 },
  repository_unreadable: { exit: 1 },
  data_unwritable: { exit: 1 },
  disk_full: { status: 507, exit: 1 },
  database_newer: { exit: 1 },
  database_damaged: { exit: 1 },
  delivery_failed: { exit: 1 },
  contract_broken: { exit: 1 },
  method_not_allowed: { status: 405, exit: 1 },
  internal: { status: 500, exit: 1 },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** What each exit code means, for help, man page and README. */
export const EXIT_CODES: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [0, 'done'],
  [1, 'failed'],
  [2, 'used wrongly: an unknown flag, a bad value, a missing answer without a terminal'],
  [3, 'no such key, profile or provider'],
  [4, 'not authenticated, or not permitted'],
  [5, 'the service could not be reached, or said to come back later: trying again can help'],
  [6, 'refused: a conflict, a policy, or a credential used against another origin'],
  [7, '`verify` found the key not valid'],
  [8, '`audit` found something at or above the level asked for'],
  [9, 'done in part: a delivery is owed; `keys resume` finishes'],
  [130, 'interrupted, or declined at the prompt'],
];

/** Codes that some commands alone end with. */
const EXITS_OF: Readonly<Record<number, readonly string[]>> = {
  7: ['verify', 'import', 'webhook'],
  8: ['audit', 'guard'],
  9: ['create', 'roll', 'resume', 'run'],
};

/** The exit codes that a command can end with. */
export function exitCodesOf(command: string): typeof EXIT_CODES {
  return EXIT_CODES.filter(([code]) => EXITS_OF[code]?.includes(command) ?? true);
}

export interface KeysErrorOptions {
  /** What the reader can do about it; lowercase, no final period. */
  readonly hint?: string;
  /** Machine-readable facts, such as `key_id` or `candidates`; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which the same call may succeed. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

const BRAND = Symbol.for('keys.KeysError');

/** A failure that was foreseen: a code from the table, a message and a hint, none of which ever holds a secret. */
export class KeysError extends Error {
  /** The library has this class once more than the program: what one throws is the other's too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  readonly [BRAND] = true;
  override readonly name = 'KeysError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: KeysErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get exitCode(): number {
    return ERRORS[this.code].exit;
  }

  /** The HTTP status the service answers with; failures of the tool itself have none and count as 500. */
  get httpStatus(): number {
    const row: ErrorRow = ERRORS[this.code];
    return row.status ?? 500;
  }
}

const CODE_BY_STATUS = new Map<number, ErrorCode>();
for (const [code, row] of Object.entries(ERRORS) as Array<[ErrorCode, ErrorRow]>) {
  if (row.status !== undefined && !CODE_BY_STATUS.has(row.status)) CODE_BY_STATUS.set(row.status, code);
}

/** The code for an HTTP status whose body names none of ours. */
export function codeForStatus(status: number): ErrorCode {
  if (status === 502 || status === 504) return 'unavailable';
  return CODE_BY_STATUS.get(status) ?? (status >= 500 ? 'unavailable' : 'bad_answer');
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}
