import type { Clock } from '../domain/clock.js';
import type { Redactor } from '../domain/redactor.js';
import { redactHeaders, redactText } from './redact.js';
import type { Transport } from './transport.js';

/** Most characters of a body that a trace shows. */
const MOST_BODY = 2_000;
/** Characters that are redacted before a body is cut, so that no half of a secret remains at its end. */
const MARGIN = 16_000;

/**
 * A transport that writes every request and response without a secret: a line each, then headers and body.
 */
export function withTrace(
  transport: Transport,
  clock: Clock,
  write: (line: string) => void,
  redactor: Redactor,
): Transport {
  const tell = (
    mark: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    credentialHeaders?: readonly string[],
  ) => {
    for (const [name, value] of Object.entries(redactHeaders(headers, redactor, credentialHeaders)))
      write(`${mark} ${name}: ${value}`);
    const safe = redactText(body.slice(0, MOST_BODY + MARGIN), redactor);
    if (body) write(`${mark} ${safe.slice(0, MOST_BODY)}`);
  };
  return async (request) => {
    write(`> ${request.method} ${redactText(request.url, redactor)}`);
    const sent = Buffer.from(request.body ?? '').toString('utf8');
    tell('>', request.headers, sent, request.credentialHeaders);
    const start = clock.now();
    try {
      const response = await transport(request);
      write(`< ${response.status} after ${clock.now() - start} ms`);
      const shown = request.secretInResponse
        ? `[${response.body.length} bytes that show a secret]`
        : Buffer.from(response.body).toString('utf8');
      tell('<', response.headers, response.body.length === 0 ? '' : shown);
      return response;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      write(`< failed after ${clock.now() - start} ms: ${redactText(message, redactor)}`);
      throw error;
    }
  };
}
