import type { Hono } from 'hono';
import { changed, KeysError } from '../../domain/errors.js';
import { commandLine } from './commands.js';
import type { Notice } from './components.js';
import type { Delivered } from './console-ledger.js';
import { withoutResume } from './page-words.js';
import { DeliveredPage } from './pages/delivered.js';
import { PendingPage } from './pages/pending.js';
import { SecretPage } from './pages/secret.js';
import { secretPage } from './secret-pages.js';
import type { ConsoleEnv, Visit, Visits } from './visit.js';

/** What is pending, and the form that resumes it. Only a console with a ledger has these pages. */
export function addDeliveredPages(pages: Hono<ConsoleEnv>, visits: Visits): void {
  const path = `${visits.options.base}/pending`;
  pages.get(
    '/pending',
    visits.signedIn(async (visit) => await pendingPage(visit, null)),
  );
  pages.post(
    '/pending/:operation/resume',
    visits.signedIn(resume, () => path),
  );
}

async function resume(visit: Visit): Promise<Response> {
  const id = visit.context.req.param('operation') ?? '';
  try {
    const done = await visit.account.ledger?.resume(id);
    if (done === undefined) return visit.redirect('/keys');
    // Another program may have finished it meanwhile.
    if (done.key === null && done.operation === null) return visit.redirect('/pending');
    // A finished operation cannot be resumed again.
    return deliveredPage(visit, done, commandLine('show', done.key?.id ?? id), 200);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    return await pendingPage(visit, error);
  }
}

/** The secret of a key that somebody must save, or which places have it. */
export function deliveredPage(visit: Visit, done: Delivered, command: string, status = 201): Response {
  const { frame, page } = visit;
  const { shown, oldKey, said } = done;
  if (shown === null) {
    // The command that began the operation would begin another one: resume goes on with what is pending.
    const line = done.operation === null ? command : commandLine('resume', done.operation);
    const content = <DeliveredPage {...{ frame, done }} command={line} />;
    return page('keys', done.key?.name ?? 'Pending', content, status);
  }
  const content = <SecretPage {...{ frame, command, oldKey, said }} created={shown} request="" />;
  // What is pending shows it again.
  return secretPage(visit, shown.key, content, { status, again: null });
}

/** The list of what is pending, under what went wrong. */
export async function pendingPage(visit: Visit, error: KeysError | null): Promise<Response> {
  const { account, frame, page } = visit;
  const { ledger } = account;
  if (ledger === undefined) throw new KeysError('not_found', 'there is no such page');
  // The page has a button for what the hint says of pending operations.
  const hint = error?.wording.hint === undefined ? undefined : withoutResume(error.wording.hint);
  const known = error === null ? null : visit.reveal(changed(error, { hint: hint ?? null }));
  const notice: Notice | null =
    known === null ? null : { tone: 'bad', title: known.message, hint: known.wording.hint };
  const content = <PendingPage {...{ frame, notice }} operations={await ledger.pending()} />;
  return page('pending', 'Pending', content, known?.httpStatus ?? 200);
}
