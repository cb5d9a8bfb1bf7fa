import { KeysError } from '../domain/errors.js';
import { readJson, throwErrorStatus } from '../http/wire/read-response.js';
import type { CallContext, LoginStep, Session } from './define-provider.js';
import { guarded, named } from './mistakes.js';
import { sendCall, type Wire } from './send-call.js';

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
  const call = guarded(() => step.call(wire.credential, context), definition, 'login', 'call');
  // A service at another address than the vendor's, such as a proxy, logs in there as well: the credential
  // goes nowhere else.
  const at = baseUrl === definition.baseUrl ? step.baseUrl : undefined;
  const { response, url } = await sendCall(wire, call, context, () => ({}), {
    at,
    headers: {},
    secretInResponse: true,
    secrets: [],
  });
  throwErrorStatus(response, call.method, url, redactor.redact);
  const { status, headers } = response;
  try {
    return step.read({ status, headers, body: readJson(response) }, context);
  } catch (error) {
    if (error instanceof KeysError) throw error;
    throw new KeysError(
      'bad_response',
      `${named(definition)}: login: the response has no token where it is read: ${url}`,
    );
  }
}
