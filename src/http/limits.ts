import { KeysError } from '../domain/errors.js';
import { LONGEST_REQUEST_MS } from '../domain/longest-request.js';
import { isLoopback } from './loopback.js';

/** What bounds a request; times in milliseconds. */
export interface TransportLimits {
  /** Plain HTTP to other machines too. */
  readonly insecure?: boolean;
  readonly connectTimeoutMs?: number;
  /** Until the response's headers. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of the body. */
  readonly bodyTimeoutMs?: number;
  /** The whole of a request and its response. */
  readonly wholeTimeoutMs?: number;
  readonly maxResponseBytes?: number;
}

/** The encodings that `receiveBody` decodes and that are worth their time. */
export const ACCEPT_ENCODING = { 'accept-encoding': 'gzip, br' } as const;

const MIB = 1024 * 1024;

/** The limits in full, with what counts where nothing else is said. */
export function withDefaults({ insecure = false, ...limits }: TransportLimits): Required<TransportLimits> {
  const { connectTimeoutMs = 10_000, headersTimeoutMs = 30_000, bodyTimeoutMs = 30_000 } = limits;
  const { wholeTimeoutMs = LONGEST_REQUEST_MS, maxResponseBytes = 16 * MIB } = limits;
  return { insecure, connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs, wholeTimeoutMs, maxResponseBytes };
}

/** Throws `insecure_transport` for a credential that would cross a network in clear. */
export function refusePlainHttp(url: string, insecure: boolean): void {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol === 'https:' || insecure || isLoopback(hostname)) return;
  throw new KeysError(
    'insecure_transport',
    `plain HTTP would show the credential to the network: ${origin}`,
    {
      hint: 'use https',
      next: 'allow_insecure',
    },
  );
}

/** For a response that is larger than its limit. */
export function tooLarge(maxBytes: number, url: string): KeysError {
  return new KeysError(
    'bad_response',
    `the response is larger than ${maxBytes} bytes: ${new URL(url).origin}`,
    {
      hint: 'is this the address of a key service?',
    },
  );
}

/** Headers as a `TransportResponse` has them. */
export function plainHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
