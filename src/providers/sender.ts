import { KeysError } from '../domain/errors.js';
import { type Credential, secretPartOf } from '../domain/key.js';
import type { Redactor } from '../domain/redactor.js';
import type { Transport, TransportAnswer, TransportRequest } from '../http/transport.js';
import { readJson, readStatus } from '../http/wire/read-answer.js';
import type { Call, CallContext, ProviderDefinition, Session } from './define-provider.js';
import { asMistake, guarded, named } from './mistakes.js';

/** Where a session is kept between calls. */
export interface SessionStore {
  read(): Promise<Session | null>;
  write(session: Session | null): Promise<void>;
}

export interface SenderOptions {
  readonly baseUrl: string;
  readonly credential: Credential;
  readonly transport: Transport;
  readonly userAgent: string;
  readonly clock: { now(): number };
  readonly redactor: Redactor;
  /** For a login that is kept (`LoginStep.keep`). */
  readonly sessions?: SessionStore;
}

interface SendOptions {
  /** Where it is sent, if that is not the service's address. */
  readonly at?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answersSecret: boolean;
  readonly secrets: readonly string[];
}

export type Send = (
  call: Call,
  context: CallContext,
  options: SendOptions,
) => Promise<{ readonly answer: TransportAnswer; readonly url: string }>;

type Authenticate = (
  request: Pick<TransportRequest, 'method' | 'url' | 'body'>,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

const CONTENT_TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  'json-patch': 'application/json-patch+json',
} as const;

/** Sends calls as the management credential, after the vendor's login step where it has one. */
export function createSender(definition: ProviderDefinition, options: SenderOptions): Send {
  const { baseUrl, credential, transport, userAgent, clock, sessions, redactor } = options;
  const kept = definition.login?.keep ? sessions : undefined;
  let session: Session | null = null;

  async function sendWith(
    call: Call,
    context: CallContext,
    authenticate: Authenticate,
    { headers, at = baseUrl, ...told }: SendOptions,
  ) {
    const url = urlOf(at, call);
    const body = writeBody(call);
    const request = { method: call.method, url, ...(body === undefined ? {} : { body }) };
    const authentication = await authenticate(request);
    redactor.add(...told.secrets);
    const answer = await transport({
      ...request,
      ...told,
      credentialHeaders: [...Object.keys(authentication), ...Object.keys(call.headers ?? {})],
      secrets: [...told.secrets, secretPartOf(credential)],
      ...(call.readOnly === undefined ? {} : { readOnly: call.readOnly }),
      headers: {
        accept: definition.responses === 'xml' ? 'application/xml, text/xml' : 'application/json',
        'user-agent': userAgent,
        ...definition.headers,
        ...filled(definition.requestHeaders(context)),
        ...(body === undefined ? {} : { 'content-type': CONTENT_TYPES[call.encoding ?? 'json'] }),
        ...headers,
        ...authentication,
        // Last: a request that carries a key of its own is sent with that one, not with the management credential.
        ...call.headers,
      },
    });
    return {
      answer: definition.responses === 'xml' ? await (await import('./xml.js')).xmlAsJson(answer) : answer,
      url,
    };
  }

  async function logIn(context: CallContext): Promise<Session | null> {
    const step = definition.login;
    if (step === null) return null;
    session ??= (await kept?.read()) ?? null;
    if (session !== null && (session.expiresAt === undefined || session.expiresAt > clock.now()))
      return session;
    const call = guarded(() => step.call(credential, context), definition, 'login', 'call');
    // A service at another address than the vendor's, such as a proxy, logs in there as well: the credential goes nowhere else.
    const elsewhere = step.baseUrl !== undefined && baseUrl === definition.baseUrl;
    const { answer, url } = await sendWith(call, context, () => ({}), {
      ...(elsewhere ? { at: step.baseUrl } : {}),
      headers: {},
      answersSecret: true,
      secrets: [],
    });
    readStatus(answer, call.method, url, redactor.redact);
    const { status, headers } = answer;
    try {
      session = step.read({ status, headers, body: readJson(answer) }, context);
      redactor.add(...Object.values(session.headers).map((value) => value.replace(/^\w+ /, '')));
    } catch (error) {
      if (error instanceof KeysError) throw error;
      throw new KeysError(
        'bad_answer',
        `${named(definition)}: login: the response has no token where it is read: ${url}`,
      );
    }
    await kept?.write(session);
    return session;
  }

  return async (call, context, sending) => {
    const opened = await logIn(context);
    if (opened === null) {
      const authenticate: Authenticate = async (request) => {
        try {
          return await definition.managementAuth(credential, request);
        } catch (error) {
          throw asMistake(error, definition, 'auth', 'auth');
        }
      };
      return await sendWith(call, context, authenticate, sending);
    }
    const first = await sendWith(call, context, () => opened.headers, sending);
    if (first.answer.status !== 401) return first;
    // The session ended early: 401 means that nothing was done, so one new login is tried.
    session = null;
    await kept?.write(null);
    const again = await logIn(context);
    return await sendWith(call, context, () => again?.headers ?? {}, sending);
  };
}

function filled(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((each): each is [string, string] => each[1] !== undefined),
  );
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
