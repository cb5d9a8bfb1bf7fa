import { STATUS_CODES } from 'node:http';
import type { KeysError } from '../../domain/errors.js';
import { type OptionName, type Surface, textOf } from '../../domain/words.js';
import type { Problem } from './response-schemas.js';

/** Members of a request whose name is not that of the option. */
const MEMBERS: Readonly<Partial<Record<OptionName, string>>> = {
  expires: 'expires_at',
  grace: 'grace_seconds',
  scope: 'scopes',
};

/** A caller of the service has members of the request in place of options. */
const REQUEST: Surface = {
  hasOptions: false,
  option: (part) =>
    'setting' in part ? part.setting : (MEMBERS[part.option] ?? part.option.replaceAll('-', '_')),
};

/** A failure as RFC 9457 problem details, with `success: false`, our code and hint, and the request's id. */
export function problemOf(error: KeysError, requestId: string): Problem {
  const status = error.httpStatus;
  const { message, hint } = error.wording;
  const advice = hint === undefined ? '' : textOf(hint, REQUEST);
  return {
    success: false,
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: textOf(message, REQUEST),
    code: error.code,
    ...(advice === '' ? {} : { hint: advice }),
    ...(error.details === undefined ? {} : { details: { ...error.details } }),
    request_id: requestId,
  };
}
