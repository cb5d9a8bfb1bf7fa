import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Hono } from 'hono';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { hasScope, SCOPE_CREATE, SCOPE_OWN, SCOPE_READ, SCOPE_WRITE } from '../../domain/scopes.js';
import type { KeyActivity } from '../activity.js';
import type { ConsoleAccount, ConsoleDoor, ConsoleRequest } from '../console/console-account.js';
import type { AuditsOfPolicy } from '../console/console-audit.js';
import type { ConsoleOptions } from '../console/console-options.js';
import type { ConsoleEnv } from '../console/visit.js';
import type { LastUses } from '../last-uses.js';
import type { Policy } from '../policies/policy.js';
import type { KeyRules } from '../rules.js';
import { credentialParameter, holdsKey } from './address.js';
import type { AdmissionNotes, Admit } from './admission.js';
import type { AppContext, AppEnv } from './callers.js';
import { callerAddress, type ReadOrigin } from './origin.js';
import { refusal } from './refusal.js';

const CONSOLE_PATH = '/console';

/** What of the service the console works over. */
export interface ConsoleParts {
  readonly rules: KeyRules;
  readonly policy: Policy;
  readonly admit: Admit;
  readonly lastUses: LastUses;
  readonly activity: KeyActivity;
  readonly readOrigin: ReadOrigin;
  /** What an audit finds of the keys; absent: the page names the command. */
  readonly audit?: AuditsOfPolicy;
}

/** A page has no headers of limits, and its log line no key. */
const NO_NOTES: AdmissionNotes = { setHeader: () => undefined, setKey: () => undefined };

/**
 * Browsers sign in with a management key. Its session keeps the key's id, and each request looks the key up
 * again: a session is never worth more than its key, and never lives longer.
 */
function createKeyDoor({ rules, policy, admit, lastUses, activity, audit }: ConsoleParts): ConsoleDoor {
  return {
    async signIn(form, request) {
      const row = await admit(form.get('key')?.trim() ?? '', factsOf(request), NO_NOTES);
      if (Object.values(powersOf(row)).includes(true)) return row.id;
      throw cannotSignIn(row.scopes);
    },

    async account(id, request): Promise<ConsoleAccount> {
      const facts = factsOf(request);
      const found = await rules.recheck(id, facts);
      if (!found.valid) {
        if (found.row !== undefined) activity.refused(found.row, found.reason);
        throw refusal(found.reason, { row: found.row, facts });
      }
      const { row } = found;
      const { factsOfPolicy } = await import('../console/console-account.js');
      lastUses.record(row.id);
      activity.used(row, request.ip);
      const service = rules.as(row);
      const ofPolicy = factsOfPolicy(policy);
      return {
        facts: { ...ofPolicy, environments: ownFirst(ofPolicy.environments, row.environment) },
        service,
        ...compact({ audit: audit?.(service, policy, row.id) }),
        who: row.name,
        ownKeyId: row.id,
        may: powersOf(row),
      };
    },
  };
}

/** The environment of the key that is signed in is the default: a test key may create no other keys. */
function ownFirst(environments: readonly string[], own: string): readonly string[] {
  return [...environments].sort((one, other) => Number(other === own) - Number(one === own));
}

/** Why a key that can be used is not let in. */
function cannotSignIn(scopes: readonly string[]): KeysError {
  const instead = `sign in with a key that has ${SCOPE_READ}, ${SCOPE_CREATE} or ${SCOPE_WRITE}`;
  const [message, hint] = hasScope(scopes, SCOPE_OWN)
    ? ['the console is not for keys of one owner', `use this key on the command line, or ${instead}`]
    : ['this key can be used, but cannot manage keys', instead];
  return new KeysError('forbidden', message, { hint, details: { reason: 'scope_missing' } });
}

/** What a key may do in the console. */
function powersOf({ scopes }: { readonly scopes: readonly string[] }): ConsoleAccount['may'] {
  const may = (scope: string) => hasScope(scopes, scope);
  return { read: may(SCOPE_READ), create: may(SCOPE_CREATE), write: may(SCOPE_WRITE) };
}

function factsOf({ method, path, ip }: ConsoleRequest) {
  return { method, path, ...compact({ ip }) };
}

/** Whether a path is that of a page of the console. */
export function isConsolePath(path: string): boolean {
  return path === CONSOLE_PATH || path.startsWith(`${CONSOLE_PATH}/`);
}

/**
 * Where an address (path and query) of the console leads that a key was put into: to the sign-in page or to
 * the list, without the key. Null for every other address.
 */
export function withoutSecret(address: string): string | null {
  if (!/^\/console(?:[/?]|$)/.test(address)) return null;
  if (!holdsKey(address) && credentialParameter(address) === undefined) return null;
  const page = /^\/console(?:\/sign-in)?\/?\?/.test(address) ? 'sign-in' : 'keys';
  return `${CONSOLE_PATH}/${page}?said=secret`;
}

/** Serves the console. Its code is loaded by the first request to it. */
export function addConsole(
  app: Hono<AppEnv>,
  parts: ConsoleParts,
  options: Omit<ConsoleOptions, 'base' | 'door'>,
): void {
  let loaded: Promise<Hono<ConsoleEnv>> | undefined;
  const handle = async (context: AppContext) => {
    loaded ??= import('../console/console.js').then(({ createConsole }) =>
      createConsole({ ...options, base: CONSOLE_PATH, door: createKeyDoor(parts) }),
    );
    const { incoming } = context.env;
    return await (await loaded).fetch(context.req.raw, {
      ip: callerAddress(incoming, parts.readOrigin),
      secure: isEncrypted(incoming),
      noteKey: (id) => context.set('keyId', id),
      noteReason: (reason) => context.set('reason', reason),
    });
  };
  app.all(CONSOLE_PATH, handle);
  app.all(`${CONSOLE_PATH}/*`, handle);
  // A browser that opens the bare address gets the console; programs get the problem document as before.
  app.get('/', async (context, next) => {
    if (!context.req.header('accept')?.includes('text/html')) return await next();
    return context.redirect(CONSOLE_PATH, 303);
  });
}

/**
 * Whether the browser's connection is encrypted: here, or at a proxy. A caller who makes the header up only
 * gets a cookie that its own plain connection does not send back.
 */
function isEncrypted({ socket, headers }: IncomingMessage): boolean {
  return socket instanceof TLSSocket || headers['x-forwarded-proto'] === 'https';
}
