import { KeysError } from '../domain/errors.js';

interface Kind {
  readonly code: 'unreachable' | 'timeout' | 'bad_answer';
  readonly says: string;
  readonly hint?: string;
}

const CERTIFICATE: Kind = {
  code: 'unreachable',
  says: 'its certificate is not trusted',
  hint: 'name the authority that signed it in NODE_EXTRA_CA_CERTS; a proxy in between may have put its own',
};

const CUT: Kind = {
  code: 'unreachable',
  says: 'the connection was closed before the answer was whole',
};
const NO_CONNECTION: Kind = { code: 'timeout', says: 'no connection in time' };
const NO_ANSWER: Kind = { code: 'timeout', says: 'no answer in time' };
const HALF_AN_ANSWER: Kind = { code: 'timeout', says: 'the answer stopped half-way' };

/** By Node's, OpenSSL's, undici's or the direct transport's code. */
const KINDS: Readonly<Record<string, Kind>> = {
  ENOTFOUND: { code: 'unreachable', says: 'no such host', hint: 'is the address right?' },
  EAI_AGAIN: { code: 'unreachable', says: 'its name could not be looked up', hint: 'is there a network?' },
  ECONNREFUSED: {
    code: 'unreachable',
    says: 'nothing listens there',
    hint: 'is the service running, and the port right?',
  },
  ECONNRESET: { code: 'unreachable', says: 'the connection was reset' },
  EPIPE: { code: 'unreachable', says: 'the connection was closed' },
  CUT_SHORT: CUT,
  UND_ERR_SOCKET: CUT,
  CONNECT_TIMEOUT: NO_CONNECTION,
  UND_ERR_CONNECT_TIMEOUT: NO_CONNECTION,
  HEADERS_TIMEOUT: NO_ANSWER,
  UND_ERR_HEADERS_TIMEOUT: NO_ANSWER,
  BODY_TIMEOUT: HALF_AN_ANSWER,
  UND_ERR_BODY_TIMEOUT: HALF_AN_ANSWER,
  ETIMEDOUT: NO_CONNECTION,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { code: 'bad_answer', says: 'the answer was cut short' },
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  CERT_HAS_EXPIRED: { ...CERTIFICATE, says: 'its certificate has expired' },
  ERR_TLS_CERT_ALTNAME_INVALID: { ...CERTIFICATE, says: 'its certificate is for another host' },
};

/** Failures before a byte of the request was sent: nothing can have come of it. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'CONNECT_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  ...Object.keys(KINDS).filter((code) => KINDS[code]?.says.includes('certificate')),
]);

/** What went wrong below HTTP, as one of ours that names the origin. The underlying message is left out: it may quote headers. `details.sent` is false where nothing was sent. */
export function networkFailure(error: unknown, url: string, wholeTimeoutMs: number): KeysError {
  if (error instanceof KeysError) return error;
  const { origin } = new URL(url);
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return new KeysError('timeout', `no whole answer within ${wholeTimeoutMs / 1000} seconds: ${origin}`);
  }
  const code = codeOf(error);
  const kind: Kind = (code === undefined ? undefined : KINDS[code]) ?? {
    code: 'unreachable',
    says: `the request failed${code === undefined ? '' : ` (${code})`}`,
  };
  return new KeysError(kind.code, `${kind.says}: ${origin}`, {
    ...(kind.hint === undefined ? {} : { hint: kind.hint }),
    ...(code !== undefined && NOT_SENT.has(code) ? { details: { sent: false } } : {}),
  });
}

/** A code, of the error itself, of its cause, or of the first of several attempts. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
