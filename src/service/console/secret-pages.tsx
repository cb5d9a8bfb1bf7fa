import type { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { SecretShownPage } from './pages/secret-shown.js';
import type { ConsoleSession, CreatedHere } from './session-table.js';
import type { ConsoleEnv, Visit, Visits } from './visit.js';

/** The hidden field of a form in a browser that runs no script. */
const WITHOUT_SCRIPT = 'without_script';

/** Sends the form of a secret again. */
export type ShowAgain = (visit: Visit) => Promise<Response>;

/** A secret between its form and the page that shows it, and the way to show it again. */
interface LastSecret {
  readonly key: CreatedHere;
  /** Null: it was shown. */
  readonly content: Child | null;
  readonly again: ShowAgain | null;
}

/** The last secret of each session in a browser without a script, until it is saved. */
const last = new WeakMap<ConsoleSession, LastSecret>();

/** Forgets the secret of this key: it is saved. */
export function forgetSecret(session: ConsoleSession, id: string): void {
  if (last.get(session)?.key.id === id) last.delete(session);
}

/** The last secret of the session, if it is of the key that the address names. */
function lastOf({ session, context }: Visit): LastSecret | null {
  const kept = last.get(session);
  return kept?.key.id === context.req.param('id') ? (kept ?? null) : null;
}

const pathOf = (id: string) => `/keys/${encodeURIComponent(id)}/secret`;

/**
 * Shows a secret once. The script takes the page out of the history of the browser. Without a script, the
 * page gets an address of its own, which shows the secret at its first request alone: the back button leads
 * to a page that says so. `again` makes the same page anew, as sending the form once more does; null: the
 * page of what is pending does.
 */
export function secretPage(
  visit: Visit,
  key: CreatedHere,
  content: Child,
  { status, again }: { readonly status: number; readonly again: ShowAgain | null },
): Response {
  const { session, fields, page, redirect } = visit;
  if (fields.get(WITHOUT_SCRIPT) !== 'yes') return page('keys', 'Copy the secret', content, status);
  last.set(session, { key: { id: key.id, name: key.name }, content, again });
  return redirect(pathOf(key.id));
}

/** The address of a secret that was just created, for browsers without a script. */
export function addSecretPages(pages: Hono<ConsoleEnv>, visits: Visits): void {
  const path = '/keys/:id/secret';
  pages.get(
    path,
    visits.signedIn(async (visit) => {
      const kept = lastOf(visit);
      if (kept === null || kept.content === null) return shownPage(visit, kept);
      // Nobody sees the response to a HEAD.
      if (visit.context.req.method !== 'HEAD') last.set(visit.session, { ...kept, content: null });
      return visit.page('keys', 'Copy the secret', kept.content);
    }),
  );
  pages.post(
    path,
    visits.signedIn(async (visit) => (await lastOf(visit)?.again?.(visit)) ?? shownPage(visit, null)),
  );
}

function shownPage({ frame, account, context, page }: Visit, kept: LastSecret | null): Response {
  const id = context.req.param('id') ?? '';
  const about = { id, name: kept?.key.name ?? '', canShow: kept !== null && kept.again !== null };
  const content = <SecretShownPage {...{ frame, ...about }} isPending={account.ledger !== undefined} />;
  return page('keys', 'The secret was shown', content, 410);
}
