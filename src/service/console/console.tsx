import { Hono } from 'hono';
import { KeysError } from '../../domain/errors.js';
import type { ConsoleOptions } from './console-options.js';
import { addCreatePages } from './create-pages.js';
import { addDeliveredPages } from './delivered-pages.js';
import { addEditPages } from './edit-pages.js';
import { addKeyPages } from './key-pages.js';
import { limitBody } from './limit-body.js';
import { addListPages } from './list-pages.js';
import { addPlacePages } from './place-pages.js';
import { refuseForeignHost, refuseForeignOrigin } from './request-guard.js';
import { addSecretPages } from './secret-pages.js';
import { CONSOLE_HEADERS } from './security-headers.js';
import { createSessionTable } from './session-table.js';
import { addSignInPages } from './sign-in-pages.js';
import { type ConsoleEnv, createVisits, problem } from './visit.js';

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
    if (context.req.method === 'POST') refuseForeignOrigin(header, context.env.secure);
    await next();
  });
  app.use(limitBody);
  app.onError((error, context) => problem(context, options, error));
  app.notFound((context) => problem(context, options, new KeysError('not_found', 'there is no such page')));

  const pages = app.basePath(base);
  // A caller without a session gets the sign-in page at once, and no redirect to it.
  pages.get(
    '/',
    visits.signedIn(async ({ redirect }) => redirect('/keys')),
  );
  app.get(`${base}/`, (context) => context.redirect(base, 303));
  addSignInPages(pages, visits);
  addListPages(pages, visits, options);
  addCreatePages(pages, visits);
  addEditPages(pages, visits);
  addKeyPages(pages, visits);
  addPlacePages(pages, visits);
  addDeliveredPages(pages, visits);
  addSecretPages(pages, visits);
  return app;
}
