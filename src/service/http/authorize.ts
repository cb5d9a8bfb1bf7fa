import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { RequestFacts } from '../../domain/key-service.js';
import { signedPart } from '../../domain/signed-part.js';
import { ROUTES } from '../../http/wire/routes.js';
import type { AuthenticationFacts } from '../authenticate.js';
import { type Policy, refuseUnknownEnvironment } from '../policies/policy.js';
import type { CheckedKey } from '../store/key-store.js';
import { holdsKey, refuseAddress } from './address.js';
import type { AdmissionNotes, Admit } from './admission.js';
import {
  appendedRequest,
  type Requirements,
  requirementHeaders,
  requireTrusted,
} from './appended-request.js';
import { presentedKey, refuseNameless, refuseTwoAuthorizations } from './caller.js';
import { cutOff, failureResponse, reasonOf } from './failure-response.js';
import { MOST_BODY_BYTES } from './limits.js';
import type { Metrics } from './metrics.js';
import { callerAddress, type ReadOrigin } from './origin.js';
import { isLogged, type LogLevel, requestLine } from './request-line.js';
import { RESPONSE_HEADERS } from './response-headers.js';
import { startStopwatch } from './stopwatch.js';

const PATH = ROUTES.authorize.path;
/** POST too: what signs its body can be judged only with it. */
const METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'POST']);
const FIXED_HEADERS = Object.entries(RESPONSE_HEADERS).flat();

export interface AuthorizeOptions {
  readonly admit: Admit;
  readonly policy: Policy;
  readonly readOrigin: ReadOrigin;
  /** The environment that keys must be of, whatever the request asks for; default: any. */
  readonly environment?: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: (line: string) => void;
  /** Which requests are logged; default all. */
  readonly logLevel?: LogLevel;
}

/** Whether a request is for `createAuthorize`. */
export function isAuthorize({ method, url = '' }: IncomingMessage): boolean {
  if (!url.startsWith(PATH)) return false;
  const next = url[PATH.length];
  return next === '/' || ((next === undefined || next === '?') && METHODS.has(method));
}

/** Checks the key of a request. */
type Check = (incoming: IncomingMessage, notes: AdmissionNotes) => Promise<CheckedKey>;

function createCheck({ admit, policy, readOrigin, environment: ownEnvironment }: AuthorizeOptions): Check {
  return async (incoming, notes) => {
    if (policy.signatureHeader === undefined) limitUnneededBody(incoming);
    const url = incoming.url ?? PATH;
    const appended = appendedRequest(incoming, PATH);
    if (appended === null && url.length > PATH.length) refuseAddress(url);
    if (policy.userAgentRequired) refuseNameless(incoming.headers['user-agent']);
    const origin = readOrigin(incoming);
    if (appended !== null) requireTrusted(origin);
    const original = appended ?? origin.original;
    if (original?.uri !== undefined && holdsKey(original.uri)) {
      throw new KeysError('forbidden', 'a key does not belong in the address', {
        hint: 'addresses end up in logs; send it in a header, and roll it',
      });
    }
    refuseTwoAuthorizations(incoming.rawHeaders);
    const key = presentedKey((name) => textOf(incoming, name), policy);
    const facts: Mutable<AuthenticationFacts> =
      original === null ? ownLine(incoming.method, url) : lineOf(original);
    const wanted = appended === null ? wantedOf(url, policy) : requirementHeaders(incoming);
    if (wanted.scope !== undefined) facts.scope = wanted.scope;
    refuseUnknownEnvironment(wanted.environment, policy);
    refuseOtherEnvironment(wanted.environment, ownEnvironment);
    const environment = wanted.environment ?? ownEnvironment;
    if (environment !== undefined) facts.environment = environment;
    if (origin.ip !== undefined) facts.ip = origin.ip;
    const { referer } = incoming.headers;
    if (referer !== undefined) facts.referrer = referer;
    if (policy.signatureHeader !== undefined) {
      facts.signature = textOf(incoming, policy.signatureHeader);
      const body = await readBody(incoming);
      facts.signed = signedPart({ url: `http://localhost${original?.uri ?? url}`, body });
    }
    return await admit(key, facts, notes);
  };
}

/**
 * The gateway check, handled on Node's own request: it is asked before every request of someone's API, and
 * the framework would cost more than the check itself. 204 with the key's id, scopes, type, environment and
 * service in headers, or a problem. 200 where the proxy appends its caller's path: Envoy takes no other
 * status for yes.
 */
export function createAuthorize(options: AuthorizeOptions) {
  const { policy, readOrigin, clock, metrics, log, logLevel = 'all' } = options;
  const check = createCheck(options);

  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const start = clock.now();
    const elapsed = startStopwatch();
    const requestId = randomUUID();
    const headers = [...FIXED_HEADERS, 'x-request-id', requestId];
    let status = appendedRequest(incoming, PATH) === null ? 204 : 200;
    let keyId: string | undefined;
    let reason: string | undefined;
    try {
      const row = await check(incoming, {
        setHeader: (name, value) => void headers.push(name, value),
        setKey(id) {
          keyId = id;
        },
      });
      // All in any case: a proxy that copies them then never leaves its caller's own in place.
      headers.push(...keyHeaders(row));
      if (status === 200) headers.push('content-length', '0');
      outgoing.writeHead(status, headers).end();
    } catch (error) {
      const failure = failureResponse(cutOff(error, incoming), requestId, { policy, log });
      status = failure.status;
      reason = reasonOf(error);
      headers.push(
        ...Object.entries(failure.headers).flat(),
        ...['x-key-problem', inHeader(failure.body)],
        'content-length',
        `${Buffer.byteLength(failure.body)}`,
      );
      // What is left of a body that was too much is not waited for.
      if (!incoming.complete && (policy.signatureHeader !== undefined || isTooLong(incoming)))
        headers.push('connection', 'close');
      outgoing.writeHead(status, headers).end(failure.body);
    }
    const ms = elapsed();
    metrics.responded(PATH, status, ms);
    if (!isLogged(logLevel, status)) return;
    const address = reason === undefined ? undefined : callerAddress(incoming, readOrigin);
    const method = incoming.method ?? '';
    log(
      requestLine({
        start,
        requestId,
        method,
        route: PATH,
        status,
        ms: Math.round(ms),
        keyId,
        reason,
        address,
      }),
    );
  };
}

/**
 * JSON as a header takes it. nginx drops the body of this response and can send the header's text in its
 * place.
 */
function inHeader(json: string): string {
  return json.replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

type Mutable<Type> = { -readonly [Member in keyof Type]: Type[Member] };

function ownLine(method: string | undefined, url: string): RequestFacts {
  return { method: method ?? 'GET', path: url.split('?', 1)[0] ?? url };
}

function lineOf({ method, uri }: { method: string | undefined; uri: string | undefined }): RequestFacts {
  return {
    ...compact({ method }),
    ...compact({ path: uri?.split('?', 1)[0] }),
  };
}

/** Such as `x-key-id`. What may hold any character is percent-encoded. An empty service or owner: none. */
function keyHeaders({ id, scopes, type, environment, service, owner }: CheckedKey): string[] {
  return [
    ...['x-key-id', id, 'x-key-scopes', scopes.join(' '), 'x-key-type', type],
    ...['x-key-environment', encoded(environment), 'x-key-service', encoded(service ?? '')],
    ...['x-key-owner', encoded(owner ?? '')],
  ];
}

/** What stays as it is when it is percent-encoded. */
const PLAIN = /^[\w.~-]*$/;

/** A lone surrogate, which has no UTF-8, becomes the replacement character. */
function encoded(text: string): string {
  return PLAIN.test(text) ? text : encodeURIComponent(Buffer.from(text).toString());
}

const PARAMETERS: ReadonlySet<string> = new Set(['scope', 'environment']);

/**
 * What the proxy's configuration asks for. Throws `invalid_request` for what would silently ask for less: a
 * parameter that is not known, has no value or comes twice. A policy whose callers sign their query allows
 * parameters of their own.
 */
function wantedOf(url: string, { signatureHeader }: Policy): Requirements {
  if (url.length === PATH.length) return {};
  const query = new URLSearchParams(url.slice(PATH.length));
  for (const [name, value] of query) {
    if (PARAMETERS.has(name) ? value !== '' : signatureHeader !== undefined) continue;
    const what = PARAMETERS.has(name) ? 'has no value' : 'there is no such parameter';
    throw new KeysError('invalid_request', `${name}: ${what}`, {
      hint: 'scope and environment can be asked for',
      details: { member: name },
    });
  }
  const one = (name: string): string | undefined => {
    const values = query.getAll(name);
    if (values.length > 1) throw new KeysError('invalid_request', `${name}: given more than once`);
    return values[0];
  };
  return { scope: one('scope'), environment: one('environment') };
}

/**
 * Throws `forbidden` where a request asks for another environment than the operator set: it may ask for less,
 * not for else.
 */
function refuseOtherEnvironment(wanted: string | undefined, own: string | undefined): void {
  if (wanted === undefined || own === undefined || wanted === own) return;
  throw new KeysError('forbidden', `environment: only ${own} keys are accepted here, not ${wanted} keys`, {
    hint: `leave out environment, or ask for ${own}`,
    details: { member: 'environment', reason: 'wrong_environment' },
  });
}

function textOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** By its own word. */
function isTooLong({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > MOST_BODY_BYTES;
}

/**
 * A body that the check does not need. Throws `payload_too_large` where its length is stated; one without a
 * length is responded to at once, and cut off where it becomes too long.
 */
function limitUnneededBody(incoming: IncomingMessage): void {
  if (isTooLong(incoming)) throw tooLong();
  if (incoming.headers['transfer-encoding'] === undefined) return;
  let length = 0;
  incoming.on('data', (chunk: Uint8Array) => {
    length += chunk.length;
    if (length > MOST_BODY_BYTES) incoming.socket.destroy();
  });
}

function tooLong(): KeysError {
  return new KeysError('payload_too_large', `the body is larger than ${MOST_BODY_BYTES} bytes`);
}

/** Throws `payload_too_large`. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MOST_BODY_BYTES) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
