import { Agent, type Dispatcher, EnvHttpProxyAgent, request as send } from 'undici';
import { KeysError } from '../domain/errors.js';
import { isLoopback } from './loopback.js';
import { networkFailure } from './network-failure.js';
import type { Transport } from './transport.js';

export interface UndiciOptions {
  /** Where proxies are named: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Plain HTTP to other machines too. */
  readonly insecure?: boolean;
  readonly connectTimeoutMs?: number;
  /** Until the answer's headers. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of the body. */
  readonly bodyTimeoutMs?: number;
  /** The whole of a request and its answer. */
  readonly wholeTimeoutMs?: number;
  readonly maxAnswerBytes?: number;
}

const MIB = 1024 * 1024;

/** The transport by undici: loaded only where a request is made. */
export function createUndiciTransport(options: UndiciOptions = {}): Transport & { close(): Promise<void> } {
  const { wholeTimeoutMs = 60_000, maxAnswerBytes = 16 * MIB } = options;
  const dispatcher = createDispatcher(options);

  const transport: Transport = async (request) => {
    refusePlainHttp(request.url, options.insecure === true);
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

function createDispatcher(options: UndiciOptions): Dispatcher {
  const limits = {
    connect: { timeout: options.connectTimeoutMs ?? 10_000 },
    headersTimeout: options.headersTimeoutMs ?? 30_000,
    bodyTimeout: options.bodyTimeoutMs ?? 30_000,
  };
  const variable = (name: string) => options.env?.[name.toLowerCase()] || options.env?.[name] || undefined;
  const httpProxy = variable('HTTP_PROXY');
  const httpsProxy = variable('HTTPS_PROXY');
  if (httpProxy === undefined && httpsProxy === undefined) return new Agent(limits);
  // Said in full, empty strings included: what is left out, undici would take from the process.
  return new EnvHttpProxyAgent({
    ...limits,
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    noProxy: variable('NO_PROXY') ?? '',
  });
}

/** Throws `insecure_transport` for a credential that would cross a network in clear. */
function refusePlainHttp(url: string, insecure: boolean): void {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol === 'https:' || insecure || isLoopback(hostname)) return;
  throw new KeysError(
    'insecure_transport',
    `plain HTTP would show the credential to the network: ${origin}`,
    {
      hint: 'use https, or say --insecure where the network is your own',
    },
  );
}

async function readBody(body: AsyncIterable<Buffer>, maxBytes: number, url: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new KeysError(
        'bad_answer',
        `the answer is larger than ${maxBytes} bytes: ${new URL(url).origin}`,
        {
          hint: 'is this the address of a key service?',
        },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function plainHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
