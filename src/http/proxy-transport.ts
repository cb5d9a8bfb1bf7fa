import { type Dispatcher, EnvHttpProxyAgent, request as send } from 'undici';
import { plainHeaders, refusePlainHttp, type TransportLimits, tooLarge, withDefaults } from './limits.js';
import { networkFailure } from './network-failure.js';
import type { Proxies } from './proxies.js';
import type { Transport } from './transport.js';

/** The transport through proxies, by undici: loaded only where the environment names one. */
export function createProxyTransport(
  proxies: Proxies,
  options: TransportLimits = {},
): Transport & { close(): Promise<void> } {
  const limits = withDefaults(options);
  const { wholeTimeoutMs, maxAnswerBytes } = limits;
  const dispatcher: Dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: limits.connectTimeoutMs },
    headersTimeout: limits.headersTimeoutMs,
    bodyTimeout: limits.bodyTimeoutMs,
    ...proxies,
  });

  const transport: Transport = async (request) => {
    refusePlainHttp(request.url, limits.insecure);
    const signal = AbortSignal.timeout(wholeTimeoutMs);
    try {
      const answer = await send(request.url, {
        method: request.method,
        headers: request.headers,
        ...(request.body === undefined ? {} : { body: request.body }),
        dispatcher,
        signal,
      });
      const body = await readBody(answer.body, maxAnswerBytes, request.url);
      return { status: answer.statusCode, headers: plainHeaders(answer.headers), body };
    } catch (error) {
      throw networkFailure(error, request.url, wholeTimeoutMs);
    }
  };
  return Object.assign(transport, { close: () => dispatcher.destroy() });
}

async function readBody(body: AsyncIterable<Buffer>, maxBytes: number, url: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes, url);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
