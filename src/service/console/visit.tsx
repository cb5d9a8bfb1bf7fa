import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Child } from 'hono/jsx';
import { KeysError } from '../../domain/errors.js';
import type { Notice, PageFrame } from './components.js';
import type { ConsoleAccount, ConsoleRequest } from './console-account.js';
import type { ConsoleOptions } from './console-options.js';
import type { FormFields } from './key-form.js';
import { renderPage, type Section, sectionsOf } from './layout.js';
import { ProblemPage } from './pages/problem.js';
import { SignInPage } from './pages/sign-in.js';
import { isPlainAndRemote } from './request-guard.js';
import { type ConsoleSession, hasToken, type SessionTable } from './session-table.js';

/** What the server around the console knows of a request. */
export interface ConsoleBindings {
  /** The caller's address; undefined where it cannot be known. */
  readonly ip: string | undefined;
  /** Whether the browser's connection is encrypted. */
  readonly secure: boolean;
  /** Gets the id of the key that a request is for, for the log. */
  readonly noteKey: (id: string) => void;
  /** Gets why a request was refused, for the log. */
  readonly noteReason: (reason: string | undefined) => void;
}

export type ConsoleEnv = { Bindings: ConsoleBindings };
export type ConsoleContext = Context<ConsoleEnv>;

export const COOKIE = 'keys_console';

/** A request of somebody who is signed in. */
export interface Visit {
  readonly context: ConsoleContext;
  readonly frame: PageFrame;
  readonly account: ConsoleAccount;
  readonly session: ConsoleSession;
  /** The form's fields, or those of a form that the end of a session interrupted; empty otherwise. */
  readonly fields: FormFields;
  readonly query: FormFields;
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
   * A handler for callers who are signed in; all others get the sign-in page. `form` names the page that has the posted form:
   * the form comes back there after the next sign-in.
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
  const { base, door } = options;

  function gate(
    context: ConsoleContext,
    notice: Notice | null,
    hidden: Readonly<Record<string, string>>,
    status: number,
  ): Response {
    const frame = frameOf(options, '');
    const insecure = !context.env.secure && isPlainAndRemote((name) => context.req.header(name));
    const content = <SignInPage {...{ frame, notice, hidden, insecure }} />;
    return context.body(renderPage(frame, 'Sign in', content), status as 200);
  }

  async function accountOf(
    context: ConsoleContext,
    session: ConsoleSession,
  ): Promise<ConsoleAccount | KeysError> {
    try {
      return await door.account(session.subject, visitRequest(context));
    } catch (error) {
      if (error instanceof KeysError && SESSION_ENDS.has(error.code)) return error;
      throw error;
    }
  }

  return {
    options,
    sessions,
    gate,
    signedIn: (work, form) => async (context) => {
      const post = context.req.method === 'POST';
      const sent = post ? await readForm(context) : new Map<string, string>();
      const page = post ? (form?.(context) ?? `${base}/keys`) : addressOf(context);
      const again = { next: page, ...(form ? { draft: draftOf(sent) } : {}) };
      const id = getCookie(context, COOKIE);
      const session = sessions.find(id);
      if (session === null) {
        const ended = id === undefined && !post ? null : ENDED;
        return gate(context, ended, again, 401);
      }
      const account = await accountOf(context, session);
      if (account instanceof KeysError) {
        sessions.end(id);
        const { message, hint } = options.reveal(account);
        context.env.noteReason(String(account.details?.['reason'] ?? account.code));
        return gate(context, { tone: 'bad', title: message, hint }, again, 401);
      }
      if (account.ownKeyId !== null) context.env.noteKey(account.ownKeyId);
      if (post && !hasToken(session, sent.get('token'))) {
        throw new KeysError('forbidden', 'the form is not from this session', {
          hint: 'go back, load the page again, and send the form once more',
        });
      }
      const frame = frameOf(options, session.token);
      return await work({
        context,
        frame,
        account,
        session,
        fields: post ? sent : takeDraft(session, context.req.path),
        query: new Map(Object.entries(context.req.query())),
        page: (section, title, content, status = 200) =>
          context.body(
            renderPage(frame, title, content, {
              who: account.who,
              section,
              sections: sectionsOf(account.may),
            }),
            status as 200,
          ),
        redirect: (path) => context.redirect(`${base}${path}`, 303),
      });
    },
  };
}

/** Failures of the caller's key, after which its session ends. */
const SESSION_ENDS: ReadonlySet<string> = new Set(['unauthenticated', 'forbidden', 'not_found']);

const ENDED: Notice = { tone: 'warn', title: 'Your session has ended', hint: 'Sign in again to go on.' };

function frameOf({ base, clock, among }: ConsoleOptions, token: string): PageFrame {
  return { base, now: clock.now(), token, home: among?.home ?? null, options: among?.options ?? [] };
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

function draftOf(sent: ReadonlyMap<string, string>): string {
  return JSON.stringify(Object.fromEntries([...sent].filter(([name]) => name !== 'token')));
}

/** The fields of an interrupted form that belong to this page, once. */
function takeDraft(session: ConsoleSession, path: string): FormFields {
  const { draft } = session;
  if (draft === null || draft.page !== path) return new Map();
  session.draft = null;
  return new Map(Object.entries(draft.fields));
}

/** A failure as a page of its own, with the status that the API gives it. */
export function problem(context: ConsoleContext, options: ConsoleOptions, error: unknown): Response {
  const known = options.reveal(error);
  const frame = frameOf(options, '');
  const later = known.httpStatus >= 500 || known.code === 'rate_limited';
  const retry = later && context.req.method === 'GET' ? addressOf(context) : null;
  const title = known.code === 'not_found' ? 'Not found' : later ? 'This did not work' : 'Not possible';
  const notice: Notice = { tone: 'bad', title: known.message, hint: known.hint };
  const content = <ProblemPage frame={frame} title={title} notice={notice} retry={retry} />;
  if (known.retryAfterSeconds !== undefined) context.header('retry-after', String(known.retryAfterSeconds));
  return context.body(renderPage(frame, title, content), known.httpStatus as 500);
}
