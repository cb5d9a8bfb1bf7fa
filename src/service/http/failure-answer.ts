import { KeysError } from '../../domain/errors.js';
import { problemOf } from '../../http/wire/problem.js';
import { PROBLEM_TYPE } from '../../http/wire/routes.js';
import type { Policy } from '../policies/policy.js';

export interface FailureAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A failure as it goes over HTTP, in the policy's shape. What was not foreseen is logged by its name, and told to no one. */
export function answerFailure(
  error: unknown,
  requestId: string,
  { policy, log }: { readonly policy: Policy; readonly log: (line: string) => void },
): FailureAnswer {
  const known =
    error instanceof KeysError
      ? error
      : new KeysError('internal', 'the service failed; the request id names it in the log');
  if (known !== error) {
    log(JSON.stringify({ request_id: requestId, error: error instanceof Error ? error.name : 'unknown' }));
  } else if (known.httpStatus >= 500) {
    log(JSON.stringify({ request_id: requestId, error: known.code, ...causeOf(known) }));
  }
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

/** The code of what lay behind a failure, such as `ECONNREFUSED`; its text could hold what belongs in no log. */
function causeOf({ cause }: KeysError): { cause?: string } {
  const code = cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? { cause: code } : {};
}
