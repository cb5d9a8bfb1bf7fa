import { compact } from '../../domain/compact.js';
import { type ErrorCode, KeysError } from '../../domain/errors.js';

/** Seconds after which a call may find the database back. */
const RETRY_AFTER_SECONDS = 2;

/** Codes of PostgreSQL (appendix A of its manual); a class stands for all that begin with it. */
const GONE = /^(08|57P0[1-5]$|53300$|53200$|25006$)/;
const BUSY = /^(40001|40P01|55P03|57014)$/;
const NOT_ADMITTED = /^(28|42501$)/;
const NO_SUCH_DATABASE = '3D000';
const DISK_FULL = '53100';
const DAMAGED = /^XX00[12]$/;
/** A table or column that is not there, or of another type. */
const NOT_AS_MADE = /^(42P01|42703|42804|42883|22P02)$/;
const IO_ERROR = /^58/;
const NOT_TEXT = /^(22021|22P05)$/;
const DUPLICATE_TABLE = '42P07';

/** What the driver says, without a code, where a connection was not there or is no longer. */
const CONNECTION_WORDS = /connection|timeout|not queryable|was closed|ending|the pool|SSL/i;

/** The code that PostgreSQL gave a failure; undefined for a failure of the driver or the network. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object)
    ? code
    : undefined;
}

/** Whether the same transaction may succeed when it is run again at once. */
export function isSerializationFailure(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlState(error) ?? '');
}

/**
 * A failure while the service runs, as one of ours. Nothing of it names the database: the response goes to
 * callers. What a running service is refused it was admitted to before, so it may be admitted again: that too
 * is `database_unavailable`.
 */
export function postgresFailure(error: unknown): unknown {
  if (error instanceof KeysError || !(error instanceof Error)) return error;
  const state = sqlState(error);
  const fail = (code: ErrorCode, message: string, hint: string, retryAfterSeconds?: number) =>
    new KeysError(code, message, {
      hint,
      cause: error,
      ...compact({ retryAfterSeconds }),
    });
  if (state === undefined ? isConnectionFailure(error) : isGone(state)) {
    return fail(
      'database_unavailable',
      'the database cannot be reached',
      'try again later',
      RETRY_AFTER_SECONDS,
    );
  }
  if (state === undefined) return error;
  if (BUSY.test(state)) {
    return fail('database_busy', 'the database is too busy to respond in time', 'try again', 1);
  }
  if (state === DISK_FULL) return fail('disk_full', 'the database has no space left', 'nothing was changed');
  if (DAMAGED.test(state)) {
    return fail('database_damaged', 'the database is damaged', 'restore it from a backup');
  }
  if (NOT_AS_MADE.test(state)) {
    return fail(
      'database_damaged',
      `the tables are not as keys has made them (${state})`,
      'restore them from a backup',
    );
  }
  if (IO_ERROR.test(state)) {
    return fail('data_unwritable', 'the database could not be read or written', 'look at its disk');
  }
  if (NOT_TEXT.test(state)) {
    return fail('invalid_request', 'a text holds a character that cannot be kept', 'leave out NUL');
  }
  return error;
}

/**
 * A failure to open the database, as one of ours, for whoever starts the service: it names the address,
 * without a password. `redact`: for the server's own words, which may repeat the password.
 */
export function openingFailure(
  error: unknown,
  shown: string,
  redact: (text: string) => string = (text) => text,
): unknown {
  if (error instanceof KeysError || !(error instanceof Error)) return error;
  const state = sqlState(error);
  const options = { cause: error };
  if (state === NO_SUCH_DATABASE) {
    return new KeysError('usage', `there is no such database: ${shown}`, {
      ...options,
      hint: 'create it first (createdb), or look at the name',
    });
  }
  if (state === DUPLICATE_TABLE) {
    return new KeysError('refused', `the database holds tables of another program: ${shown}`, {
      ...options,
      hint: 'give keys a database or a schema of its own (?options=-csearch_path%3Dkeys)',
    });
  }
  if (state !== undefined && NOT_ADMITTED.test(state)) {
    return new KeysError(
      'database_refused',
      `the database refuses the connection: ${shown}: ${redact(error.message)}`,
      {
        ...options,
        hint: 'look at the user and its rights; the password comes from PGPASSWORD, PGPASSFILE, or the address in the environment',
      },
    );
  }
  // The driver's words for a server that asks for a password where there is none.
  if (/SASL|client password/i.test(error.message)) {
    return new KeysError('database_refused', `the database wants a password: ${shown}`, {
      ...options,
      hint: 'give it by PGPASSWORD, PGPASSFILE, or the address in the environment',
    });
  }
  const known = postgresFailure(error);
  if (!(known instanceof KeysError) || known.code !== 'database_unavailable') return known;
  const { code } = error as { code?: unknown };
  const why = typeof code === 'string' ? code : redact(error.message);
  return new KeysError('database_unavailable', `the database cannot be reached: ${shown} (${why})`, {
    ...options,
    hint: /CERT|SSL|TLS|SIGNATURE/i.test(why)
      ? 'TLS is asked for, for this is another machine: sslrootcert=<file> names its authority, sslmode=disable goes without'
      : 'look at the address, and whether the database runs',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function isGone(state: string): boolean {
  return GONE.test(state) || NOT_ADMITTED.test(state) || state === NO_SUCH_DATABASE;
}

/** The system's codes (`ECONNREFUSED`, `EAI_AGAIN`, those of TLS) or the driver's words. */
function isConnectionFailure(error: Error): boolean {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof syscall === 'string' || error instanceof AggregateError) return true;
  if (typeof code === 'string' && /^E[A-Z]+|CERT|SIGNATURE|TLS|SSL/.test(code)) return true;
  return CONNECTION_WORDS.test(error.message);
}
