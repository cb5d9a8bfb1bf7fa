import type { Hono } from 'hono';
import { KeysError } from '../../domain/errors.js';
import { couldBeSecret } from '../../domain/holds-secret.js';
import type { KeyService } from '../../domain/key-service.js';
import type { ConsoleOptions } from './console-options.js';
import { findKeyList } from './key-list.js';
import { namesIn } from './key-names.js';
import { AuditPage, CountingPage } from './pages/audit.js';
import { EventsPage } from './pages/events.js';
import { KeysPage } from './pages/keys.js';
import { createSlowAudits } from './slow-audits.js';
import type { ConsoleEnv, Visits } from './visit.js';

/** Keys on one page, unless the address says otherwise. */
const PAGE = 25;
const MOST = 100;
const EVENTS = 50;
const FINDINGS = 100;

/** The pages that only show: keys, events, audit. */
export function addListPages(pages: Hono<ConsoleEnv>, visits: Visits, options: ConsoleOptions): void {
  // Before the sign-in, too: the address of that page would keep the secret.
  pages.get('/keys', async (context, next) => {
    if (!couldBeSecret(context.req.query('name') ?? '')) return await next();
    return context.redirect(`${options.base}/keys?said=secret`, 303);
  });

  pages.get(
    '/keys',
    visits.signedIn(async ({ frame, account, query, page, redirect }) => {
      if (!account.may.read && account.may.create) return redirect('/keys/new');
      const search = query.get('name')?.trim() ?? '';
      if (await isKeyId(account.service, search)) return redirect(`/keys/${search}`);
      const limit = Math.min(MOST, Math.max(1, Math.floor(Number(query.get('limit')) || PAGE)));
      const list = await findKeyList(account.service, query, limit);
      const content = <KeysPage {...{ frame, account, query, list }} />;
      return page('keys', 'Keys', content);
    }),
  );

  pages.get(
    '/events',
    visits.signedIn(async ({ frame, account, query, page }) => {
      const cursor = query.get('cursor');
      const found = await account.service.events({ limit: EVENTS, ...(cursor ? { cursor } : {}) });
      const names = await namesIn(found.events, account.service);
      return page('events', 'Events', <EventsPage {...{ frame, names }} page={found} />);
    }),
  );

  const slowly = createSlowAudits(options.clock, options.sleep ?? (() => new Promise<void>(() => {})));
  pages.get(
    '/audit',
    visits.signedIn(async ({ frame, account, query, page, session, context }) => {
      const from = Math.max(0, Math.floor(Number(query.get('from')) || 0));
      const range = { from, count: FINDINGS };
      const audit = account.audit ? await slowly(session.token, range, account.audit) : null;
      if (audit === null || 'counts' in audit)
        return page('audit', 'Audit', <AuditPage frame={frame} audit={audit} range={range} />);
      const address = `${options.base}/audit${from > 0 ? `?from=${from}` : ''}`;
      context.header('refresh', `1; url=${address}`);
      return page('audit', 'Audit', <CountingPage {...{ frame, address }} judged={audit.judged} />);
    }),
  );
}

/** Whether a search is the id of a key: then it is found without a list. */
async function isKeyId(service: KeyService, search: string): Promise<boolean> {
  if (!/^key_\w{8,64}$/.test(search)) return false;
  try {
    await service.get(search);
    return true;
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return false;
    throw error;
  }
}
