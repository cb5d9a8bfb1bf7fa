import { Hono } from 'hono';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { KeyService } from '../../domain/key-service.js';
import type { ConsoleDoor } from './console-account.js';
import { addCreatePages } from './create-pages.js';
import { addKeyPages } from './key-pages.js';
import { addListPages } from './list-pages.js';
import type { ConsoleAudit } from './pages/audit.js';
import { refuseForeignHost, refuseForeignOrigin } from './request-guard.js';
import { CONSOLE_HEADERS } from './security-headers.js';
import { createSessionTable, type SessionTable } from './session-table.js';
import { addSignInPages } from './sign-in-pages.js';
import { type ConsoleEnv, createVisits, problem } from './visit.js';

export interface ConsoleOptions {
  /** Path of the console, such as `/console`: also the path of its cookie. */
  readonly base: string;
  readonly clock: Clock;
  readonly door: ConsoleDoor;
  /** Host names that browsers may use beside `localhost` and IP addresses. `any` where TLS proves the name. */
  readonly hosts: readonly string[] | 'any';
  /** What an audit finds of the keys; absent: the page names the command. */
  readonly audit?: (service: KeyService) => Promise<ConsoleAudit>;
  /** A failure as browsers may see it: without paths and addresses of the service. It logs what was not foreseen. */
  readonly reveal: (error: unknown) => KeysError;
  /** What a console has as one of several behind one sign-in. */
  readonly among?: ConsoleGroup;
}

/** Several consoles that share a sign-in. */
interface ConsoleGroup {
  /** Path of the page that lists the services, and of the cookie. */
  readonly home: string;
  readonly sessions: SessionTable;
  /** Options that a command needs to reach this service, such as `--profile acme`. */
  readonly options: readonly string[];
}

/** The console: HTML pages over the contract. It throws nothing: each failure is a page. */
export function createConsole(options: ConsoleOptions): Hono<ConsoleEnv> {
  const { base, hosts } = options;
  const app = new Hono<ConsoleEnv>();
  const visits = createVisits(options, options.among?.sessions ?? createSessionTable(options.clock));

  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(CONSOLE_HEADERS)) context.header(name, value);
  });
  app.use(async (context, next) => {
    const header = (name: string) => context.req.header(name);
    refuseForeignHost(header, hosts);
    if (context.req.method === 'POST') refuseForeignOrigin(header);
    await next();
  });
  app.onError((error, context) => problem(context, options, error));
  app.notFound((context) => problem(context, options, new KeysError('not_found', 'there is no such page')));

  const pages = app.basePath(base);
  pages.get('/', (context) => context.redirect(`${base}/keys`, 303));
  app.get(`${base}/`, (context) => context.redirect(base, 303));
  addSignInPages(pages, visits);
  addListPages(pages, visits, options);
  addCreatePages(pages, visits);
  addKeyPages(pages, visits);
  return app;
}
