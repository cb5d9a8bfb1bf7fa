import { STATUS_CODES } from 'node:http';
import { compact } from '../../domain/compact.js';
import type { KeysError } from '../../domain/errors.js';
import type { Problem } from './response-schemas.js';

/** A failure as RFC 9457 problem details, with `success: false`, our code and hint, and the request's id. */
export function problemOf(error: KeysError, requestId: string): Problem {
  const status = error.httpStatus;
  return {
    success: false,
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    ...compact({ hint: error.hint }),
    ...(error.details === undefined ? {} : { details: { ...error.details } }),
    request_id: requestId,
  };
}
