import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';

interface Kind {
  readonly code: 'unreachable' | 'timeout' | 'bad_response' | 'invalid_request';
  readonly says: string;
  readonly hint?: string;
  /** Whether it happens before a byte of the request is sent. */
  readonly unsent?: true;
  /** Whether another try fails in the same way. */
  readonly lasting?: true;
}

const TLS = { code: 'unreachable', unsent: true, lasting: true } as const;
const CERTIFICATE: Kind = {
  ...TLS,
  says: 'its certificate is not trusted',
  hint: 'name the authority that signed it in NODE_EXTRA_CA_CERTS; a proxy in between may have put its own',
};
const PLAIN_HTTP: Kind = {
  ...TLS,
  says: 'it does not speak TLS',
  hint: 'is it a service over plain http, or another port?',
};
const NOT_HTTP: Kind = {
  code: 'bad_response',
  says: 'the response is not HTTP',
  hint: 'is it a service over https, or another port?',
};
const NO_ROUTE: Kind = {
  code: 'unreachable',
  says: 'there is no way to its network',
  hint: 'is there a network, or is a proxy needed?',
  unsent: true,
};

const CUT: Kind = {
  code: 'unreachable',
  says: 'the connection was closed before the response was whole',
};
const NO_CONNECTION: Kind = { code: 'timeout', says: 'no connection in time', unsent: true };
const NO_RESPONSE: Kind = { code: 'timeout', says: 'no response in time' };
const HALF_A_RESPONSE: Kind = { code: 'timeout', says: 'the response stopped half-way' };

/** By Node's, OpenSSL's, undici's or the direct transport's code. */
const KINDS: Readonly<Record<string, Kind>> = {
  ENOTFOUND: {
    code: 'unreachable',
    says: 'no such host',
    // The address is often a provider's own, which nobody typed.
    hint: 'is there a network, or a proxy to name in HTTPS_PROXY? is the address right?',
    unsent: true,
  },
  EAI_AGAIN: {
    code: 'unreachable',
    says: 'its name could not be looked up',
    hint: 'is there a network?',
    unsent: true,
  },
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ENETDOWN: NO_ROUTE,
  ECONNREFUSED: {
    code: 'unreachable',
    says: 'nothing listens there',
    hint: 'is the service running, and the port right?',
    unsent: true,
  },
  ECONNRESET: { code: 'unreachable', says: 'the connection was reset' },
  EPIPE: { code: 'unreachable', says: 'the connection was closed' },
  CUT_SHORT: CUT,
  UND_ERR_SOCKET: CUT,
  CONNECT_TIMEOUT: NO_CONNECTION,
  UND_ERR_CONNECT_TIMEOUT: NO_CONNECTION,
  HEADERS_TIMEOUT: NO_RESPONSE,
  UND_ERR_HEADERS_TIMEOUT: NO_RESPONSE,
  BODY_TIMEOUT: HALF_A_RESPONSE,
  UND_ERR_BODY_TIMEOUT: HALF_A_RESPONSE,
  ETIMEDOUT: { code: 'timeout', says: 'no connection in time' },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { code: 'bad_response', says: 'the response was cut short' },
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  ERR_INVALID_CHAR: {
    code: 'invalid_request',
    says: 'the credential or another header holds a character that HTTP cannot carry',
    hint: 'copy it again, whole and alone; nothing was sent',
    unsent: true,
  },
  UNABLE_TO_GET_ISSUER_CERT: CERTIFICATE,
  CERT_UNTRUSTED: CERTIFICATE,
  CERT_REJECTED: CERTIFICATE,
  CERT_REVOKED: { ...TLS, says: 'its certificate has been revoked' },
  CERT_HAS_EXPIRED: {
    ...TLS,
    says: 'its certificate has expired',
    hint: 'is the clock of this machine right? otherwise its operator must renew it',
  },
  CERT_NOT_YET_VALID: {
    ...TLS,
    says: 'its certificate is not valid yet',
    hint: 'is the clock of this machine right?',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    ...TLS,
    says: 'its certificate is for another host',
    hint: 'is the address right, or does something in between respond in its place?',
  },
};

/** Kinds of a failed TLS handshake, whose code is always the same, by OpenSSL's reason. */
const HANDSHAKE: ReadonlyArray<readonly [reason: RegExp, kind: Kind]> = [
  [/wrong version number|packet length too long|http request|record layer failure/i, PLAIN_HTTP],
  [
    /unsupported protocol|protocol version/i,
    { ...TLS, says: 'it speaks another version of TLS only', hint: 'TLS 1.2 or later is needed' },
  ],
  [/certificate required|bad certificate/i, { ...TLS, says: 'it wants a client certificate' }],
  [/unrecognized name/i, { ...TLS, says: 'it does not know the name of this host' }],
];
const NO_HANDSHAKE: Kind = { ...TLS, says: 'no TLS connection could be agreed on' };

function kindOf(code: string | undefined, message: string): Kind {
  if (code !== undefined && Object.hasOwn(KINDS, code)) return KINDS[code] as Kind;
  if (code === 'EPROTO' || code?.startsWith('ERR_SSL_')) {
    const reason = `${code} ${message}`.replaceAll('_', ' ');
    return HANDSHAKE.find(([pattern]) => pattern.test(reason))?.[1] ?? NO_HANDSHAKE;
  }
  if (code?.startsWith('HPE_')) return NOT_HTTP;
  return { code: 'unreachable', says: `the request failed${code === undefined ? '' : ` (${code})`}` };
}

/**
 * What went wrong below HTTP, as one of ours that names the origin. The underlying message is left out: it
 * may quote headers. `details.sent` is false where nothing was sent, `details.retry` where another try is of
 * no use.
 */
export function networkFailure(error: unknown, url: string, wholeTimeoutMs: number): KeysError {
  if (error instanceof KeysError) return error;
  const { origin } = new URL(url);
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return new KeysError('timeout', `no whole response within ${wholeTimeoutMs / 1000} seconds: ${origin}`);
  }
  const code = codeOf(error);
  const { code: ours, says, hint, unsent, lasting } = kindOf(code, messageOf(error));
  const details = { ...(unsent ? { sent: false } : {}), ...(lasting ? { retry: false } : {}) };
  return new KeysError(ours, `${says}: ${origin}`, {
    ...compact({ hint }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  });
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return error instanceof AggregateError ? messageOf(error.errors[0]) : error.message;
}

/** A code, of the error itself, of its cause, or of the first of several attempts. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
