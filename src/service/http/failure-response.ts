import type { IncomingMessage } from 'node:http';
import { compact } from '../../domain/compact.js';
import { type ErrorCode, KeysError } from '../../domain/errors.js';
import { problemOf } from '../../http/wire/problem.js';
import { PROBLEM_TYPE } from '../../http/wire/routes.js';
import type { Policy } from '../policies/policy.js';

export interface FailureResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A failure as it goes over HTTP, in the policy's shape. An unexpected error is logged by its name and not
 * sent to the caller.
 */
export function failureResponse(
  error: unknown,
  requestId: string,
  { policy, log }: { readonly policy: Policy; readonly log: (line: string) => void },
): FailureResponse {
  const known = publicFailure(error, requestId, log);
  const problem = problemOf(known, requestId);
  const error_type = known.code === 'unauthenticated' ? 'api_auth_error' : `api_${known.code}`;
  const ours = policy.errors === 'problem';
  return {
    status: problem.status,
    headers: {
      'content-type': ours ? PROBLEM_TYPE : 'application/json',
      ...(known.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
      ...(known.retryAfterSeconds === undefined ? {} : { 'retry-after': String(known.retryAfterSeconds) }),
    },
    body: JSON.stringify(ours ? problem : { error_type, error_message: known.message, ...problem }),
  };
}

/** A failure without the paths and addresses of the service. What was not foreseen is logged by its name. */
export function publicFailure(error: unknown, requestId: string, log: (line: string) => void): KeysError {
  const known = error instanceof KeysError ? withoutPlaces(error) : failed(error);
  if (!(error instanceof KeysError)) {
    log(JSON.stringify({ request_id: requestId, error: error instanceof Error ? error.name : 'unknown' }));
  } else if (known.httpStatus >= 500) {
    log(JSON.stringify({ request_id: requestId, error: error.code, ...causeOf(known), ...rowOf(error) }));
  }
  return known;
}

/** The failure of a request whose sender broke off, or sent a broken body: theirs, and not the service's. */
export function cutOff(error: unknown, incoming: IncomingMessage): unknown {
  if (error instanceof KeysError || incoming.complete || !incoming.destroyed) return error;
  return new KeysError('invalid_request', 'the request was cut off', { cause: error });
}

/** Why a key was refused, such as `revoked`; undefined for any other failure. */
export function reasonOf(error: unknown): string | undefined {
  const reason = error instanceof KeysError ? error.details?.['reason'] : undefined;
  return typeof reason === 'string' ? reason : undefined;
}

function failed(cause: unknown): KeysError {
  return new KeysError('internal', 'the service failed; the request id names it in the log', { cause });
}

/**
 * What a caller may know of a failure that is about the service's own files and database: their paths are not
 * for callers.
 */
const OF_THE_PLACE: Readonly<Partial<Record<ErrorCode, string>>> = {
  database_busy: 'the database is busy',
  database_unavailable: 'the database cannot be reached',
  disk_full: 'the service has no space left; nothing was changed',
};

function withoutPlaces(error: KeysError): KeysError {
  const { code, cause, retryAfterSeconds } = error;
  const message = OF_THE_PLACE[code];
  if (message !== undefined) {
    return new KeysError(code, message, {
      cause,
      ...compact({ retryAfterSeconds }),
    });
  }
  return error.httpStatus === 500 ? failed(cause) : error;
}

/** Which row is damaged, for whoever repairs the database. */
function rowOf({ code, message }: KeysError): { damaged?: string } {
  return code === 'database_damaged' ? { damaged: message } : {};
}

/**
 * The code of what lay behind a failure, such as `ECONNREFUSED`; its text could hold what belongs in no log.
 */
function causeOf({ cause }: KeysError): { cause?: string } {
  const code = cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? { cause: code } : {};
}
