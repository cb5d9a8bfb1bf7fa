import type { Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { KeysError } from '../../domain/errors.js';
import type { Notice } from './components.js';
import type { Draft } from './session-table.js';
import { inSignInWords } from './sign-in-words.js';
import { type ConsoleEnv, cookieName, readForm, type Visits, visitRequest } from './visit.js';

const KEY_IN_ADDRESS: Notice = {
  tone: 'warn',
  title: 'A key does not belong in the address',
  hint: 'Addresses stay in the history and in logs. If it was a key of yours, roll it. Sign in with this form.',
};

/** Sign-in and sign-out. */
export function addSignInPages(pages: Hono<ConsoleEnv>, visits: Visits): void {
  const { options, sessions, gate } = visits;
  const { base, door, reveal } = options;
  const path = options.among?.home ?? base;

  pages.get('/sign-in', (context) => {
    const notice = context.req.query('said') === 'secret' ? KEY_IN_ADDRESS : null;
    return gate(context, notice, { next: `${base}/keys` }, 200);
  });

  pages.post('/sign-in', async (context) => {
    const form = await readForm(context);
    const hidden = hiddenOf(form, base);
    let subject: string;
    try {
      subject = await door.signIn(form, visitRequest(context));
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      const known = reveal(error);
      const { httpStatus, retryAfterSeconds } = known;
      context.env.noteReason(String(error.details?.['reason'] ?? error.code));
      if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds));
      return gate(context, inSignInWords(known, options.clock.now()), hidden, httpStatus);
    }
    const cookie = cookieName(context);
    sessions.end(getCookie(context, cookie));
    setCookie(context, cookie, sessions.start(subject, readDraft(hidden)), {
      path,
      httpOnly: true,
      sameSite: 'Strict',
      secure: context.env.secure,
    });
    return context.redirect(hidden.next, 303);
  });

  pages.post(
    '/sign-out',
    visits.signedIn(async ({ context }) => {
      const cookie = cookieName(context);
      sessions.end(getCookie(context, cookie));
      deleteCookie(context, cookie, { path, secure: context.env.secure });
      return context.redirect(`${base}/sign-in`, 303);
    }),
  );
}

/** The page to go on with and an interrupted form. Only a page of this console is taken. */
function hiddenOf(form: ReadonlyMap<string, string>, base: string): { next: string; draft?: string } {
  const next = form.get('next') ?? '';
  const draft = form.get('draft');
  // The browser takes `..` out of an address before it sends it.
  const ours =
    /^[\w/.~%-]+(\?[\w/.~%&=*+-]*)?$/.test(next) &&
    new URL(next, 'http://console.invalid').pathname.startsWith(`${base}/`) &&
    next.startsWith(`${base}/`);
  return { next: ours ? next : `${base}/keys`, ...(draft ? { draft } : {}) };
}

function readDraft({ next, draft }: { readonly next: string; readonly draft?: string }): Draft | null {
  if (draft === undefined) return null;
  try {
    const fields = Object.entries(JSON.parse(draft) as object).filter(
      ([, value]) => typeof value === 'string',
    );
    return { page: next, fields: Object.fromEntries(fields) };
  } catch {
    return null;
  }
}
