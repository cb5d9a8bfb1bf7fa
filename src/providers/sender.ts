import { withOutcome } from '../domain/errors.js';
import { authenticationOf } from './authentication.js';
import type { Call, CallContext, ProviderDefinition } from './define-provider.js';
import { createLogin, type SessionStore } from './login.js';
import { type Authenticate, type SendOptions, type Sent, sendCall, type Wire } from './send-call.js';

export interface SenderOptions extends Omit<Wire, 'definition'> {
  readonly clock: { now(): number };
  /** For a login that is kept (`LoginStep.keep`). */
  readonly sessions?: SessionStore;
}

export type Send = (call: Call, context: CallContext, options: SendOptions) => Promise<Sent>;

/** Throws the failure of a login: the request that needs the session was not sent. */
function nothingDone(error: unknown): never {
  throw withOutcome(error, 'not_done');
}

/** Sends calls as the management credential, after the vendor's login step where it has one. */
export function createSender(definition: ProviderDefinition, options: SenderOptions): Send {
  const wire: Wire = { ...options, definition };
  const authenticate: Authenticate = async (request) =>
    await authenticationOf(definition, 'managementAuth', wire.credential, request);
  if (definition.login === null) {
    return async (call, context, sending) => await sendCall(wire, call, context, authenticate, sending);
  }
  const login = createLogin(definition.login, wire, options);
  return async (call, context, sending) => {
    const send = async () => {
      const { headers } = await login.open(context).catch(nothingDone);
      return await sendCall(wire, call, context, () => headers, sending);
    };
    const sent = await send();
    if (sent.response.status !== 401) return sent;
    // The session ended early: 401 means that nothing was done, so one new login is tried.
    await login.forget();
    return await send();
  };
}
