import { Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { couldBeSecret } from '../../domain/holds-secret.js';
import { sha256 } from '../../domain/sha256.js';
import { findAllKeys } from './all-keys.js';
import type { AllServicesOptions, ConsoleService } from './all-services-options.js';
import type { PageFrame } from './components.js';
import { createConsole } from './console.js';
import type { ConsoleAccount, ConsoleDoor } from './console-account.js';
import type { ConsoleOptions } from './console-options.js';
import type { FromEachOptions, ServiceFailure } from './from-each.js';
import { renderPage } from './layout.js';
import { limitBody } from './limit-body.js';
import { AllKeysPage } from './pages/all-keys.js';
import { OverviewPage } from './pages/overview.js';
import { SignedInPage } from './pages/signed-in.js';
import { WaitingPage } from './pages/waiting.js';
import { refuseForeignHost, refuseForeignOrigin } from './request-guard.js';
import { CONSOLE_HEADERS } from './security-headers.js';
import { type ConsoleSession, createSessionTable, hasToken, type SessionTable } from './session-table.js';
import { createSlowPages } from './slow-pages.js';
import { summarize } from './summarize.js';
import {
  type ConsoleContext,
  type ConsoleEnv,
  cookieName,
  createVisits,
  problem,
  readForm,
  type Visits,
} from './visit.js';

/**
 * The console of one service has no sign-in of its own: one sign-in, with the token of the start, is for all
 * of them.
 */
const NO_DOOR: ConsoleDoor = {
  signIn: async () => {
    throw new KeysError('forbidden', 'this console has no sign-in of its own', { hint: 'run it again' });
  },
  account: async () => {
    throw new KeysError('forbidden', 'this page has no account');
  },
};

/**
 * Longest that a page waits for a service before it is shown without it, and before it gives that service up.
 */
const [FIRST_MS, LONGER_MS] = [1_000, 5_000];

const CHROME = { who: 'this machine', sections: [] } as const;

/**
 * Consoles of several services behind one sign-in, and a page that lists them. It throws nothing: each
 * failure is a page.
 */
export function createAllServicesConsole(options: AllServicesOptions): Hono<ConsoleEnv> {
  const { base, clock } = options;
  const sessions = createSessionTable(clock);
  const among = { home: base, sessions, service: '', options: [] };
  const own = { ...options, hosts: [], door: NO_DOOR, among };
  const parts: Parts = {
    ...{ options, own, sessions, visits: createVisits(own, sessions) },
    frameOf: (token) => ({ base, now: clock.now(), token, home: base, service: '', options: [] }),
    sessionOf: (context) => sessions.find(getCookie(context, cookieName(context))),
  };
  const app = new Hono<ConsoleEnv>();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(CONSOLE_HEADERS)) context.header(name, value);
  });
  app.use(async (context, next) => {
    refuseForeignHost((name) => context.req.header(name), []);
    await next();
  });
  app.use(limitBody);
  app.onError((error, context) => problem(context, own, error));
  app.notFound((context) => problem(context, own, new KeysError('not_found', 'there is no such page')));
  addOverviews(app, parts);
  addSignIn(app, parts);
  addServices(app, parts);
  return app;
}

/** What the routes share. */
interface Parts {
  readonly options: AllServicesOptions;
  readonly own: ConsoleOptions & { readonly among: NonNullable<ConsoleOptions['among']> };
  readonly sessions: SessionTable;
  readonly visits: Visits;
  readonly frameOf: (token: string) => PageFrame;
  readonly sessionOf: (context: ConsoleContext) => ConsoleSession | null;
}

/** The list of the services, and the keys of all of them. */
function addOverviews(app: Hono<ConsoleEnv>, { options, visits, frameOf, sessionOf }: Parts): void {
  const { base } = options;
  const { waitOf, goOnWaiting } = createPatience();
  app.get(base, async (context) => {
    const session = sessionOf(context);
    if (session === null) return visits.gate(context, null, {}, 401);
    const summaries = await summarize(await options.services(), { ...options, ...waitOf(context) });
    const frame = frameOf(session.token);
    goOnWaiting(context, summaries);
    const content = <OverviewPage frame={frame} summaries={summaries} />;
    return context.body(renderPage(frame, 'Services', content, { ...CHROME, section: 'services' }));
  });

  app.get(`${base}/`, (context) => context.redirect(base, 303));
  app.get(`${base}/keys`, async (context) => {
    // Before the sign-in, too: the address of that page would keep the secret.
    if (couldBeSecret(context.req.query('name') ?? ''))
      return context.redirect(`${base}/keys?said=secret`, 303);
    const session = sessionOf(context);
    if (session === null) return visits.gate(context, null, {}, 401);
    const query = new Map(Object.entries(context.req.query()));
    const wait = waitOf(context);
    const found = await findAllKeys(await options.services(), query, { ...options, ...wait });
    const frame = frameOf(session.token);
    goOnWaiting(context, found.failed);
    const content = <AllKeysPage {...{ frame, query, found }} />;
    return context.body(renderPage(frame, 'All keys', content, { ...CHROME, section: 'all' }));
  });
}

/** Signs in once, with the token of the start, and out. */
function addSignIn(app: Hono<ConsoleEnv>, { options, sessions, visits, frameOf, sessionOf }: Parts): void {
  const { base } = options;
  let digest: string | null = sha256(options.token);
  // The form comes from a file, so that it has no origin: the token proves that it is the person's. A page
  // that has an origin must be ours, and does not use the token up.
  app.post(`${base}/sign-in`, async (context) => {
    const header = (name: string) => context.req.header(name);
    if ((header('origin') ?? 'null') !== 'null') refuseForeignOrigin(header, false);
    const sent = (await readForm(context)).get('token') ?? '';
    if (digest === null || sha256(sent) !== digest) {
      throw new KeysError('forbidden', 'this sign-in is not valid, or was used already', {
        hint: 'end the console with Ctrl-C and run it again',
      });
    }
    digest = null;
    options.signedIn();
    const cookie = { path: base, httpOnly: true, sameSite: 'Strict', secure: false } as const;
    setCookie(context, cookieName(context), sessions.start('', null), cookie);
    // After a redirect, a browser would still count the request as the file's, and keep the cookie back.
    context.header('refresh', `0; url=${base}`);
    return context.body(renderPage(frameOf(''), 'Signed in', <SignedInPage base={base} />));
  });

  app.post(`${base}/sign-out`, async (context) => {
    refuseForeignOrigin((name) => context.req.header(name), false);
    const session = sessionOf(context);
    const token = (await readForm(context)).get('token');
    if (session !== null && !hasToken(session, token)) {
      throw new KeysError('forbidden', 'the form is not from this session');
    }
    sessions.end(getCookie(context, cookieName(context)));
    deleteCookie(context, cookieName(context), { path: base });
    options.signedOut();
    return visits.gate(context, null, {}, 200);
  });
}

/**
 * The console of each service, below its path. A service that is slow to respond gets a page that waits for
 * it.
 */
function addServices(app: Hono<ConsoleEnv>, { options, own, frameOf, sessionOf }: Parts): void {
  const consoleOf = createConsoles(options, own.among);
  const slowly = createSlowPages(options.sleep);
  app.all(`${options.base}/:kind/:name/*`, async (context) => {
    const path = `${context.req.param('kind')}/${context.req.param('name')}`;
    const service = (await options.services()).find((each) => each.path === path);
    if (service === undefined) return context.notFound();
    const work = async () => await consoleOf(service).fetch(context.req.raw, context.env);
    const session = sessionOf(context);
    if (context.req.method !== 'GET' || session === null) return await work();
    const address = context.req.path + new URL(context.req.url).search;
    return await slowly(context, getCookie(context, cookieName(context)) ?? '', work, () => {
      const frame = frameOf(session.token);
      const content = <WaitingPage {...{ frame, address }} service={service.name} />;
      const chrome = { who: service.name, section: null, sections: [] };
      return context.body(renderPage(frame, `Waiting for ${service.name}`, content, chrome));
    });
  });
}

/** Most pages that are remembered to wait longer at their next request. */
const MOST_WAITING = 100;

interface Patience {
  /** How long a page waits for the slowest service: a second, and longer once it was shown without it. */
  waitOf(context: ConsoleContext): Pick<FromEachOptions, 'waitMs' | 'again'>;
  /** Loads a page that lacks a slow service once more. */
  goOnWaiting(
    context: ConsoleContext,
    found: ReadonlyArray<{ readonly failure: ServiceFailure | null }>,
  ): void;
}

/**
 * Remembers which pages were shown without a slow service. The address stays the same: it may be kept as a
 * bookmark.
 */
function createPatience(): Patience {
  const shown = new Set<string>();
  const addressOf = ({ req }: ConsoleContext) => req.path + new URL(req.url).search;
  const pageOf = (context: ConsoleContext) =>
    `${getCookie(context, cookieName(context)) ?? ''} ${addressOf(context)}`;
  return {
    waitOf(context) {
      const longer = shown.delete(pageOf(context));
      return { waitMs: longer ? LONGER_MS : FIRST_MS, again: !longer };
    },
    goOnWaiting(context, found) {
      if (!found.some(({ failure }) => failure?.late)) return;
      if (shown.size >= MOST_WAITING) shown.delete(shown.values().next().value ?? '');
      shown.add(pageOf(context));
      context.header('refresh', `0; url=${addressOf(context)}`);
    },
  };
}

/** One console for each service, made at its first request. */
function createConsoles(options: AllServicesOptions, among: NonNullable<ConsoleOptions['among']>) {
  const consoles = new Map<string, Hono<ConsoleEnv>>();
  return (service: ConsoleService): Hono<ConsoleEnv> => {
    const known = consoles.get(service.path);
    if (known !== undefined) return known;
    const { clock, reveal, base } = options;
    const created = createConsole({
      ...{ clock, reveal, hosts: [], sleep: options.sleep },
      base: `${base}/${service.path}`,
      door: { ...NO_DOOR, account: async () => await openAlways(service) },
      among: { ...among, service: service.name, options: service.options },
    });
    consoles.set(service.path, created);
    return created;
  };
}

/** A service that cannot be opened does not end the session: it is one of several. */
async function openAlways(service: ConsoleService): Promise<ConsoleAccount> {
  try {
    return await service.open();
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const { message, hint } = error.wording;
    throw new KeysError('unavailable', message, compact({ hint }));
  }
}
