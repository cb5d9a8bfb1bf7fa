import { KeysError } from '../domain/errors.js';
import { isRecord } from '../domain/is-record.js';
import { readJson, throwErrorStatus } from '../http/wire/read-response.js';
import { headersIn } from './authentication.js';
import type { CallContext, LoginStep, Session } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { asMistake, guarded, named } from './mistakes.js';
import { requireCall } from './require-call.js';
import { sendCall, type Wire } from './send-call.js';
import { refusalAtFile } from './vendor-refusal.js';

/** Where a session is kept between calls. */
export interface SessionStore {
  read(): Promise<Session | null>;
  write(session: Session | null): Promise<void>;
}

/** The session of a vendor that wants a login before all other requests. */
export interface Login {
  /** Returns the session in use, or a new one where there is none or it has ended. */
  open(context: CallContext): Promise<Session>;
  /** Forgets a session that was refused. */
  forget(): Promise<void>;
}

export function createLogin(
  step: LoginStep,
  wire: Wire,
  { clock, sessions }: { readonly clock: { now(): number }; readonly sessions?: SessionStore | undefined },
): Login {
  const kept = step.keep ? sessions : undefined;
  let session: Session | null = null;
  return {
    async open(context) {
      session ??= (await kept?.read()) ?? null;
      if (session === null || (session.expiresAt !== undefined && session.expiresAt <= clock.now())) {
        session = await logIn(step, wire, context);
        await kept?.write(session);
      }
      wire.redactor.add(...Object.values(session.headers).map((value) => value.replace(/^\w+ /, '')));
      return session;
    },
    async forget() {
      session = null;
      await kept?.write(null);
    },
  };
}

/**
 * Sends the credential to the login. Throws `bad_response` for a response without a token, and the error that
 * it reports.
 */
async function logIn(step: LoginStep, wire: Wire, context: CallContext): Promise<Session> {
  const { definition, baseUrl, redactor } = wire;
  const call = guarded(
    () => requireCall(step.call(wire.credential, context), 'login.call'),
    definition,
    'login',
    'login.call',
  );
  // A service at another address than the vendor's, such as a proxy, logs in there as well: the credential
  // goes nowhere else.
  const at = baseUrl === definition.baseUrl ? step.baseUrl : undefined;
  const { response, url } = await sendCall(wire, call, context, () => ({}), {
    at,
    headers: {},
    secretInResponse: true,
    secrets: [],
  });
  try {
    throwErrorStatus(response, call.method, url, redactor.redact);
  } catch (error) {
    const asked = { ...call, from: { at: 'login.call', body: 'login.call' } };
    throw refusalAtFile(error, asked, response.status, { definition, operation: 'login' });
  }
  const { status, headers } = response;
  try {
    return requireSession(step.read({ status, headers, body: readJson(response) }, context));
  } catch (error) {
    if (error instanceof KeysError) throw error;
    if (error instanceof DefinitionMistake) throw asMistake(error, definition, 'login', 'login.read');
    throw new KeysError(
      'bad_response',
      `${named(definition)}: login: the response has no token where it is read: ${url}`,
    );
  }
}

/** Throws `DefinitionMistake` for what is no session, without any of it. */
function requireSession(session: unknown): Session {
  const { headers, expiresAt } = (isRecord(session) ? session : {}) as Partial<Session>;
  const checked = headersIn(headers, 'login.read');
  if (expiresAt === undefined || Number.isNaN(expiresAt)) return { headers: checked };
  if (typeof expiresAt === 'number') return { headers: checked, expiresAt };
  throw new DefinitionMistake('login.read', 'returns an expiresAt that is no number of milliseconds');
}
