import type { Clock } from '../domain/clock.js';
import { redactHeaders, redactText } from './redact.js';
import type { Transport } from './transport.js';

/** Most characters of a body that a trace shows. */
const MOST_BODY = 2_000;

/** A transport that tells every request and answer, without a secret: a line each, then headers and body. */
export function withTrace(transport: Transport, clock: Clock, write: (line: string) => void): Transport {
  const tell = (
    mark: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    secrets?: readonly string[],
  ) => {
    for (const [name, value] of Object.entries(redactHeaders(headers))) write(`${mark} ${name}: ${value}`);
    if (body) write(`${mark} ${redactText(body.slice(0, MOST_BODY), secrets)}`);
  };
  return async (request) => {
    const { secrets } = request;
    write(`> ${request.method} ${redactText(request.url, secrets)}`);
    tell('>', request.headers, Buffer.from(request.body ?? '').toString('utf8'), secrets);
    const start = clock.now();
    try {
      const answer = await transport(request);
      write(`< ${answer.status} after ${clock.now() - start} ms`);
      const shown = request.answersSecret
        ? `[${answer.body.length} bytes that show a secret]`
        : Buffer.from(answer.body).toString('utf8');
      tell('<', answer.headers, answer.body.length === 0 ? '' : shown, secrets);
      return answer;
    } catch (error) {
      write(
        `< failed after ${clock.now() - start} ms: ${redactText(error instanceof Error ? error.message : String(error))}`,
      );
      throw error;
    }
  };
}
