import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import { createRedactor, REDACTED, type Redactor } from '../domain/redactor.js';
import type { Transport } from './transport.js';

/**
 * Headers whose value is a credential, by the end of their name: every vendor has a name of its own for them.
 */
const SECRET_HEADER = /(^|-)(authorization|authenticate|cookie|signature|secret|token|password|apikey|key)$/i;
/** Members of a body whose value is a secret. */
const SECRET_MEMBERS =
  /("(?:secret|key|api_key|secret_key|secretKey|client_secret|access_token|refresh_token|token|value|password|idempotency_key)"\s*:\s*)"(?:[^"\\]|\\.)*"?/gi;
/**
 * What looks like a key wherever it stands: a prefix as vendors write them, and a long run without a break.
 */
const KEY_LIKE = /\b[a-z]{2,8}[_-](?:[a-z]{2,10}[_-])?[A-Za-z0-9_-]{16,}/g;

/** A text of a trace without what is, or looks like, a secret. */
export function redactText(text: string, redactor: Redactor): string {
  return redactor
    .redact(text)
    .replace(SECRET_MEMBERS, `$1"${REDACTED}"`)
    .replace(KEY_LIKE, (found) => (/^key_\w{1,24}$/.test(found) ? found : REDACTED));
}

/** Headers of a trace. `credentialHeaders`: names of those that authenticate, in lower case. */
export function redactHeaders(
  headers: Readonly<Record<string, string>>,
  redactor: Redactor,
  credentialHeaders: readonly string[] = [],
): Record<string, string> {
  const isSecret = (name: string) =>
    SECRET_HEADER.test(name) || credentialHeaders.includes(name.toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      isSecret(name) ? REDACTED : redactText(value, redactor),
    ]),
  );
}

/**
 * The same failure without the secrets that the redactor knows. What is no `KeysError` is returned as it is.
 */
export function redactError(error: unknown, redactor: Redactor): unknown {
  if (!(error instanceof KeysError)) return error;
  const { code, message, hint, next, details, retryAfterSeconds, outcome, wording } = error;
  const safe = redactor.redact(message);
  const safeHint = hint === undefined ? undefined : redactor.redact(hint);
  const safeDetails = details === undefined ? undefined : redactDetails(details, redactor);
  if (safe === message && safeHint === hint && safeDetails === details) return error;
  return new KeysError(code, safe === message ? wording.message : safe, {
    ...compact({
      hint: safeHint === hint ? wording.hint : safeHint,
      next,
      details: safeDetails,
      retryAfterSeconds,
      outcome,
    }),
  });
}

/**
 * The same value without the secrets in its texts and the names of its members. Each text is replaced by
 * itself: JSON stays JSON.
 */
function redactDetails(details: Readonly<Record<string, unknown>>, redactor: Redactor) {
  const text = JSON.stringify(details);
  if (redactor.redact(text) === text) return details;
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value === 'string') return redactor.redact(value);
    if (typeof value === 'number') return redactor.redact(String(value)) === String(value) ? value : REDACTED;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [redactor.redact(name), member] as const),
    );
  }) as Record<string, unknown>;
}

/** A transport that tells the redactor of every request's secrets, and whose failures do not hold them. */
export function withRedaction(transport: Transport, redactor: Redactor = createRedactor()): Transport {
  return async (request) => {
    redactor.add(...(request.secrets ?? []));
    try {
      return await transport(request);
    } catch (error) {
      throw redactError(error, redactor);
    }
  };
}
