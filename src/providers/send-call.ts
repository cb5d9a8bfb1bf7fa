import { compact } from '../domain/compact.js';
import { withOutcome } from '../domain/errors.js';
import { isRecord } from '../domain/is-record.js';
import { type Credential, secretPartOf } from '../domain/key.js';
import type { Redactor } from '../domain/redactor.js';
import type { Transport, TransportRequest, TransportResponse } from '../http/transport.js';
import { headersIn } from './authentication.js';
import type { Call, CallContext, ProviderDefinition } from './define-provider.js';
import { guarded } from './mistakes.js';

/** What every request of one service needs. */
export interface Wire {
  readonly definition: ProviderDefinition;
  readonly baseUrl: string;
  readonly credential: Credential;
  readonly transport: Transport;
  readonly userAgent: string;
  readonly redactor: Redactor;
}

/** Returns the headers that authenticate a request. */
export type Authenticate = (
  request: Pick<TransportRequest, 'method' | 'url' | 'body'>,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

export interface SendOptions {
  /** Where it is sent, if that is not the service's address. */
  readonly at?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly secretInResponse: boolean;
  /** Secrets that the request carries beside the credential. */
  readonly secrets: readonly string[];
}

/** A response, and the address that was asked. */
export interface Sent {
  readonly response: TransportResponse;
  readonly url: string;
}

const CONTENT_TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  'json-patch': 'application/json-patch+json',
  'json-api': 'application/vnd.api+json',
} as const;

/** Sends one call. An XML response comes back as JSON. */
export async function sendCall(
  wire: Wire,
  call: Call,
  context: CallContext,
  authenticate: Authenticate,
  { at = wire.baseUrl, headers, secretInResponse, secrets }: SendOptions,
): Promise<Sent> {
  const { definition, credential, transport, redactor } = wire;
  const { url, body } = written(definition, at, call);
  const request = { method: call.method, url, ...compact({ body }) };
  const authentication = await authenticate(request);
  redactor.add(...secrets);
  const response = await transport({
    ...request,
    secretInResponse,
    credentialHeaders: [...Object.keys(authentication), ...Object.keys(call.headers ?? {})],
    secrets: [...secrets, secretPartOf(credential)],
    ...compact({ readOnly: call.readOnly }),
    headers: {
      ...usualHeaders(wire, context),
      ...(body === undefined ? {} : { 'content-type': CONTENT_TYPES[call.encoding ?? 'json'] }),
      ...headers,
      ...authentication,
      // Last: a request that carries a key of its own is sent with that one, not with the management
      // credential.
      ...call.headers,
    },
  });
  if (definition.responses === 'json') return { response, url };
  const { xmlAsJson } = await import('./xml.js');
  return { response: xmlAsJson(response), url };
}

/** A call's address and body. Throws before anything is sent, such as for a body that JSON cannot say. */
function written(definition: ProviderDefinition, at: string, call: Call) {
  try {
    return guarded(
      () => ({ url: urlOf(at, call), body: writeBody(call) }),
      definition,
      `${call.method} ${call.path}`,
      call.from?.body ?? 'body',
    );
  } catch (error) {
    throw withOutcome(error, 'not_done');
  }
}

/** The headers that every request of a definition has. */
function usualHeaders({ definition, userAgent }: Wire, context: CallContext): Record<string, string> {
  return {
    accept: definition.responses === 'xml' ? 'application/xml, text/xml' : 'application/json',
    'user-agent': userAgent,
    ...definition.headers,
    ...headersOf(definition, context),
  };
}

/** Throws before anything is sent. */
function headersOf(definition: ProviderDefinition, context: CallContext) {
  try {
    return guarded(
      () => headersIn(withoutUndefined(definition.requestHeaders(context)), 'headers'),
      definition,
      'every request',
      'headers',
    );
  } catch (error) {
    throw withOutcome(error, 'not_done');
  }
}

function withoutUndefined(headers: unknown): unknown {
  if (!isRecord(headers)) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

function urlOf(baseUrl: string, call: Call): string {
  const url = new URL(baseUrl + call.path);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

function writeBody({ body, encoding }: Call): string | undefined {
  if (body === undefined) return undefined;
  if (encoding !== 'form') return JSON.stringify(body);
  const fields = Object.entries(body as Record<string, unknown>).flatMap(([name, value]) =>
    value === undefined || value === null
      ? []
      : [value].flat().map((each): [string, string] => [name, String(each)]),
  );
  return new URLSearchParams(fields).toString();
}
