import type { Redactor } from '../domain/redactor.js';
import { redactText } from '../http/redact.js';
import type { Transport } from '../http/transport.js';

/** Longest body that is shown. */
const MOST_BODY = 300;

/**
 * The same transport, and what it last sent and received in one line, redacted; null before the first
 * request. The body of a response that shows a secret is left out.
 */
export function recordingTransport(
  transport: Transport,
  redactor: Redactor,
): { readonly transport: Transport; readonly last: () => string | null } {
  let last: string | null = null;
  const shown = (body: string | Uint8Array | undefined) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : new TextDecoder().decode(body);
    return text === '' ? '' : ` ${redactText(text, redactor).slice(0, MOST_BODY)}`;
  };
  return {
    async transport(request) {
      const { pathname, search } = new URL(request.url);
      const sent = `${request.method} ${redactText(pathname + search, redactor)}${shown(request.body)}`;
      last = `${sent} → no response`;
      const response = await transport(request);
      last = `${sent} → ${response.status}${request.secretInResponse ? '' : shown(response.body)}`;
      return response;
    },
    last: () => last,
  };
}
