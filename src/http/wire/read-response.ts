import { compact } from '../../domain/compact.js';
import {
  codeForStatus,
  ERRORS,
  type ErrorCode,
  isErrorCode,
  KeysError,
  type KeysErrorOptions,
  type NextStep,
  type RequestOutcome,
} from '../../domain/errors.js';
import { isRecord } from '../../domain/is-record.js';
import { issueLine, type SchemaIssue } from '../../domain/schema-words.js';
import { errorMessage } from './error-message.js';

/** A response as it came: status, headers (names in lower case) and bytes. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** See `TransportResponse`. */
  readonly repeated?: boolean;
}

/** What checks a response's body; every zod schema does, of either form. */
export interface ResponseSchema<Output = unknown> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: Output }
    | {
        readonly success: false;
        readonly error: {
          readonly issues: readonly SchemaIssue[];
        };
      };
}

/** Longest message that is taken over from a body. */
const MOST_MESSAGE = 300;
/** Characters that are redacted before the message is cut. */
const MARGIN = 16_000;

/**
 * Takes secrets out of a text. A message is redacted before it is cut: half a secret would not be recognised.
 */
type Redact = (text: string) => string;
const asItIs: Redact = (text) => text;

/**
 * The response's body as its schema reads it. Throws `bad_response`, naming URL and status, for what is not
 * what it should be (HTML, half a body, another shape, a 200 that says `success: false`), and for an error
 * status the error that it tells.
 */
export function readResponse<Output>(
  schema: ResponseSchema<Output>,
  response: RawResponse,
  method: string,
  url: string,
  redact: Redact = asItIs,
): Output {
  const type = contentType(response);
  const json = jsonOf(response);
  throwErrorStatus(response, method, url, redact);
  const where = `${method} ${url} (status ${response.status})`;
  if (response.body.length === 0) throw bad(`the response is empty: ${where}`);
  if (json === undefined) {
    const got =
      type === 'application/json' || type.endsWith('+json')
        ? 'JSON that breaks off, is none or is nested too deep'
        : type || 'no content type';
    throw bad(`the response is not JSON but ${got}: ${where}`);
  }
  if (typeof json === 'object' && json !== null && 'success' in json && json.success === false) {
    const message = messageOf(json, redact);
    throw bad(`the response says that it failed${message ? ` (${message})` : ''}: ${where}`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const wrong = issue === undefined ? 'not its shape' : issueLine(issue, json, 'the whole');
  throw bad(`the response is not what it should be (${wrong}): ${where}`);
}

/** The body of a response where it is JSON and says so; undefined otherwise. */
export function readJson(response: RawResponse): unknown {
  return jsonOf(response);
}

/** Throws the error that an error status tells; the body of a success does not matter. */
export function throwErrorStatus(
  response: RawResponse,
  method: string,
  url: string,
  redact: Redact = asItIs,
): void {
  if (response.status < 200 || response.status > 299)
    throw errorOf(response, jsonOf(response), method, url, redact);
}

function contentType(response: RawResponse): string {
  return response.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Several readers look at one response: its body is parsed once. */
const parsed = new WeakMap<RawResponse, unknown>();

/** The body where it is JSON and says so; undefined otherwise. */
function jsonOf(response: RawResponse): unknown {
  const type = contentType(response);
  if (type !== 'application/json' && !type.endsWith('+json')) return undefined;
  if (!parsed.has(response)) parsed.set(response, parse(response.body));
  return parsed.get(response);
}

/**
 * No record of a service nests deeper. What does is not read, because much that is done with a value calls
 * itself for each level, until the stack is full.
 */
const DEEPEST_JSON = 100;

function parse(body: Uint8Array): unknown {
  if (isTooDeep(body)) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Whether lists and objects are nested deeper than `DEEPEST_JSON`, before anything is made of them. */
function isTooDeep(body: Uint8Array): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (inText) {
      if (byte === BACKSLASH) at++;
      else inText = byte !== QUOTE;
    } else if (byte === QUOTE) inText = true;
    else if (OPENING.has(byte)) {
      if (++depth > DEEPEST_JSON) return true;
    } else if (CLOSING.has(byte)) depth--;
  }
  return false;
}

function bad(message: string): KeysError {
  return new KeysError('bad_response', message, {
    hint: 'is this the address of a key service, and nothing in between that responds in its place?',
  });
}

function errorOf(
  response: RawResponse,
  json: unknown,
  method: string,
  url: string,
  redact: Redact,
): KeysError {
  const body = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  const told = body['code'];
  // Another service's code by the same name may mean something else: ours comes with its own status.
  const ours = isErrorCode(told) && ERRORS[told] === response.status;
  const code = ours ? told : codeForStatus(response.status);
  const reason = messageOf(json, redact) ?? plainText(response, redact);
  const message = reason ?? `the service responded with ${response.status}`;
  const seconds = Number(response.headers['retry-after']);
  const waits =
    response.headers['retry-after'] && Number.isFinite(seconds)
      ? `try again in ${seconds} seconds`
      : undefined;
  const details = ours && isRecord(body['details']) ? body['details'] : undefined;
  const hint = ours && typeof body['hint'] === 'string' ? body['hint'] : (waits ?? usualHint(code, reason));
  const advice = adviceOf(code, details) ?? {
    hint,
    next: hint === undefined || hint === HINTS[code] ? nextStep(code, details) : undefined,
  };
  return new KeysError(code, ours ? message : `${message} (${method} ${url}, status ${response.status})`, {
    ...compact({ ...advice, details }),
    ...(Number.isFinite(seconds) && response.headers['retry-after'] ? { retryAfterSeconds: seconds } : {}),
    outcome: outcomeOf(response, ours ? code : undefined),
  });
}

/** Statuses of a refusal that may follow on work that was done, or is still being done. */
const UNCERTAIN: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/**
 * A refusal is certain only if the request was sent once. `code` is set if our own service names what it has
 * refused.
 */
function outcomeOf({ status, repeated }: RawResponse, code: ErrorCode | undefined): RequestOutcome {
  // 501: our service has no such operation under its policy, so it has begun nothing.
  if (code === 'unsupported' && !repeated) return 'not_done';
  if (repeated || status < 400 || status > 499) return 'unknown';
  return UNCERTAIN.has(status) && code === undefined ? 'unknown' : 'not_done';
}

const HINTS: Readonly<Record<string, string>> = {
  unauthenticated: 'is the key right, not revoked, and for this service?',
  forbidden: 'the key lacks a permission for this',
  rate_limited: 'try again later',
  unavailable: 'try again later',
};

/** A reason that a permission would help against. */
const OF_PERMISSIONS =
  /permission|scope|privilege|role\b|not authori[sz]ed|authori[sz]ation|^\W*(403\W*)?(forbidden|access denied|unauthori[sz]ed)\W*$/i;

/** The hint for a code. None where the service refuses for another reason, such as a quota or a plan. */
function usualHint(code: ErrorCode, reason: string | undefined): string | undefined {
  return code === 'forbidden' && reason !== undefined && !OF_PERMISSIONS.test(reason)
    ? undefined
    : HINTS[code];
}

/** What helps against an error that comes with no hint of its own. */
function nextStep(code: ErrorCode, details: Readonly<Record<string, unknown>> = {}): NextStep | undefined {
  if (code === 'unauthenticated') return 'show_status';
  return code === 'not_found' && 'key_id' in details ? 'list_keys' : undefined;
}

type Advice = Pick<KeysErrorOptions, 'hint' | 'next'>;

/**
 * What helps a user of the program where a key service refuses its key. The service's own hint is for those
 * who send requests themselves. Undefined: that hint is for all.
 */
function adviceOf(code: ErrorCode, details: Readonly<Record<string, unknown>> = {}): Advice | undefined {
  const { reason, scope, instead } = details;
  const next = 'create_management_key';
  if (code === 'forbidden' && typeof scope === 'string' && /^keys:\w+$/.test(scope))
    return { hint: 'this takes a management key', next };
  if (code === 'forbidden' && reason === 'other_environment') {
    const hint = 'use a live management key';
    return typeof instead === 'string' ? { hint, next: 'create_instead' } : { hint };
  }
  const isHalf = code === 'unauthenticated' && reason === 'signature_missing';
  return isHalf ? { hint: 'a pair uses the API and manages no keys', next } : undefined;
}

/** An error that is said in plain text, in one line. */
function plainText(response: RawResponse, redact: Redact): string | undefined {
  if (contentType(response) !== 'text/plain') return undefined;
  const [line = ''] = new TextDecoder().decode(response.body).trim().split('\n');
  return line === '' ? undefined : cut(line, redact);
}

/** The reason that the service gives, cut and without secrets. */
function messageOf(body: unknown, redact: Redact): string | undefined {
  const found = errorMessage(body);
  return found === undefined ? undefined : cut(found, redact);
}

function cut(text: string, redact: Redact): string {
  return redact(text.slice(0, MARGIN)).slice(0, MOST_MESSAGE);
}
