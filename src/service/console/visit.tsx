import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Child } from 'hono/jsx';
import { KeysError } from '../../domain/errors.js';
import type { Notice, PageFrame } from './components.js';
import type { ConsoleAccount, ConsoleRequest } from './console-account.js';
import type { ConsoleOptions } from './console-options.js';
import { inFormWords } from './form-words.js';
import type { FormFields } from './key-form.js';
import { type Chrome, renderPage, type Section, sectionsOf } from './layout.js';
import { ProblemPage } from './pages/problem.js';
import { SignInPage } from './pages/sign-in.js';
import { isPlainAndRemote } from './request-guard.js';
import { type ConsoleSession, hasToken, keepDraft, type SessionTable } from './session-table.js';
import { inSignInWords } from './sign-in-words.js';
import { createTogether } from './turns.js';

/** What the server around the console knows of a request. */
interface ConsoleBindings {
  /** The caller's address; undefined where it cannot be known. */
  readonly ip: string | undefined;
  /** Whether the browser's connection is encrypted. */
  readonly secure: boolean;
  /** Gets the id of the key that a request is for, for the log. */
  readonly noteKey: (id: string) => void;
  /** Gets why a request was refused, for the log. */
  readonly noteReason: (reason: string | undefined) => void;
}

/** What a failed request shows all the same. */
interface ConsoleVariables {
  /** Who is signed in, once that is known. */
  readonly signedIn?: { readonly frame: PageFrame; readonly chrome: Chrome };
  /** The page of a form that is kept. */
  readonly form?: string;
}

export type ConsoleEnv = { Bindings: ConsoleBindings; Variables: ConsoleVariables };
export type ConsoleContext = Context<ConsoleEnv>;

/** Name of the session's cookie. Cookies ignore ports, so that two services of one host need two names. */
export function cookieName(context: ConsoleContext): string {
  const port = /:(\d+)$/.exec(context.req.header('host') ?? '')?.[1];
  return port === undefined ? 'keys_console' : `keys_console_${port}`;
}

/** A request of somebody who is signed in. */
export interface Visit {
  readonly context: ConsoleContext;
  readonly frame: PageFrame;
  readonly account: ConsoleAccount;
  readonly session: ConsoleSession;
  /** The form's fields, or those of a form that the end of a session interrupted; empty otherwise. */
  readonly fields: FormFields;
  readonly query: FormFields;
  /** A failure as the browser may see it, in the words of the forms. */
  reveal(error: KeysError): KeysError;
  /** The whole page as a response. */
  page(section: Section, title: string, content: Child, status?: number): Response;
  redirect(path: string): Response;
}

type Work = (visit: Visit) => Promise<Response>;

/** How routes get from a request to a visit. */
export interface Visits {
  readonly options: ConsoleOptions;
  readonly sessions: SessionTable;
  /**
   * A handler for callers who are signed in; all others get the sign-in page. `form` names the page that has
   * the posted form: the form comes back there after the next sign-in.
   */
  signedIn(
    work: Work,
    form?: (context: ConsoleContext) => string,
  ): (context: ConsoleContext) => Promise<Response>;
  /** The sign-in page. */
  gate(
    context: ConsoleContext,
    notice: Notice | null,
    hidden: Readonly<Record<string, string>>,
    status: number,
  ): Response;
}

export function createVisits(options: ConsoleOptions, sessions: SessionTable): Visits {
  const { base } = options;
  const together = createTogether();
  const gate: Visits['gate'] = (context, notice, hidden, status) => {
    const frame = frameOf(options, '');
    const insecure = !context.env.secure && isPlainAndRemote((name) => context.req.header(name));
    const content = <SignInPage {...{ frame, notice, hidden, insecure }} />;
    return context.body(renderPage(frame, 'Sign in', content), status as 200);
  };
  return {
    options,
    sessions,
    gate,
    signedIn: (work, form) => async (context) => {
      const post = context.req.method === 'POST';
      const sent = post ? await readForm(context) : new Map<string, string>();
      const page = post ? (form?.(context) ?? `${base}/keys`) : addressOf(context);
      const again = { next: page, ...(form ? { draft: JSON.stringify(fieldsOf(sent)) } : {}) };
      const id = getCookie(context, cookieName(context));
      const session = sessions.find(id);
      if (session === null) {
        const ended = id === undefined && !post ? null : ENDED;
        return gate(context, ended, again, 401);
      }
      const frame = frameOf(options, session.token);
      // A service that is down keeps the menu of the console of several.
      if (options.among !== undefined)
        context.set('signedIn', { frame, chrome: { who: frame.service, section: null, sections: [] } });
      const account = await accountOf(context, session, options);
      if (account instanceof KeysError) {
        sessions.end(id);
        context.env.noteReason(String(account.details?.['reason'] ?? account.code));
        return gate(context, inSignInWords(options.reveal(account), options.clock.now()), again, 401);
      }
      if (account.ownKeyId !== null) context.env.noteKey(account.ownKeyId);
      const chrome = { who: frame.service || account.who, section: null, sections: sectionsOf(account) };
      context.set('signedIn', { frame, chrome });
      if (post && !hasToken(session, sent.get('token'))) {
        if (form) keepDraft(session, { page, fields: fieldsOf(sent) });
        if (form) context.set('form', page);
        throw otherSession(form !== undefined);
      }
      const visit: Visit = {
        context,
        frame,
        account,
        session,
        fields: post ? sent : takeDraft(session, context.req.path),
        query: new Map(Object.entries(context.req.query())),
        page: (section, title, content, status = 200) =>
          context.body(renderPage(frame, title, content, { ...chrome, section }), status as 200),
        reveal: (error) => inFormWords(options.reveal(error)),
        redirect: (path) => context.redirect(`${base}${path}`, 303),
      };
      if (!post) return await work(visit);
      return await together(JSON.stringify([addressOf(context), ...sent]), async () => await work(visit));
    },
  };
}

/**
 * The account of a session; the error that ends the session, where its key does not work any more. Throws
 * what else fails.
 */
async function accountOf(
  context: ConsoleContext,
  session: ConsoleSession,
  { door }: ConsoleOptions,
): Promise<ConsoleAccount | KeysError> {
  try {
    return await door.account(session.subject, visitRequest(context));
  } catch (error) {
    if (error instanceof KeysError && SESSION_ENDS.has(error.code)) return error;
    throw error;
  }
}

/** The error of a form that another session has opened. */
function otherSession(kept: boolean): KeysError {
  return new KeysError('forbidden', 'the form is not from this session', {
    hint: kept
      ? 'somebody signed in since it was opened; what you entered is kept: open the form, and send it again'
      : 'go back, load the page again, and send the form once more',
  });
}

/** Failures of the caller's key, after which its session ends. */
const SESSION_ENDS: ReadonlySet<string> = new Set(['unauthenticated', 'forbidden', 'not_found']);

const ENDED: Notice = { tone: 'warn', title: 'Your session has ended', hint: 'Sign in again to go on.' };

function frameOf({ base, clock, among }: ConsoleOptions, token: string): PageFrame {
  const { home = null, service = '', options = [] } = among ?? {};
  // A page is rendered after its work: what was created meanwhile is not in the future.
  return {
    ...{ base, token, home, service, options },
    get now() {
      return clock.now();
    },
  };
}

export function visitRequest(context: ConsoleContext): ConsoleRequest {
  return { method: context.req.method, path: context.req.path, ip: context.env.ip };
}

/** Path and query. */
function addressOf(context: ConsoleContext): string {
  return context.req.path + new URL(context.req.url).search;
}

/** Reads a form as browsers send it without files. Throws `unsupported_media_type`. */
export async function readForm(context: ConsoleContext): Promise<Map<string, string>> {
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded')
    throw new KeysError('unsupported_media_type', 'the body must be a form');
  return new Map(new URLSearchParams(await context.req.text()));
}

/** Fields that a form has anew when it comes back. */
const UNKEPT: ReadonlySet<string> = new Set(['token', 'without_script']);

function fieldsOf(sent: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...sent].filter(([name]) => !UNKEPT.has(name)));
}

/** The fields of an interrupted form that belong to this page, once. */
function takeDraft(session: ConsoleSession, path: string): FormFields {
  const fields = session.drafts.get(path) ?? {};
  session.drafts.delete(path);
  return new Map(Object.entries(fields));
}

/** A failure as a page of its own, with the status that the API gives it. */
export function problem(context: ConsoleContext, options: ConsoleOptions, error: unknown): Response {
  const known = inFormWords(options.reveal(error));
  const { frame, chrome } = context.get('signedIn') ?? { frame: frameOf(options, ''), chrome: null };
  const form = context.get('form') ?? null;
  const later = known.httpStatus >= 500 || known.code === 'rate_limited';
  const retry = later && context.req.method === 'GET' ? addressOf(context) : null;
  const failed = frame.service === '' ? 'This did not work' : `${frame.service} was not reached`;
  const title = known.code === 'not_found' ? 'Not found' : later ? failed : 'Not possible';
  const notice: Notice = { tone: 'bad', title: known.message, hint: known.wording.hint };
  // Without a menu of its own, a service among others has no page that works.
  const list = frame.home === null ? frame.base : chrome?.sections.length ? frame.base : null;
  const content = <ProblemPage {...{ frame, title, notice, retry, form, list }} />;
  if (known.retryAfterSeconds !== undefined) context.header('retry-after', String(known.retryAfterSeconds));
  return context.body(renderPage(frame, title, content, chrome), known.httpStatus as 500);
}
