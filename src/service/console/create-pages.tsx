import type { Hono } from 'hono';
import { KeysError } from '../../domain/errors.js';
import { newIdempotencyKey } from '../../domain/idempotency.js';
import { createLine } from './commands.js';
import type { Notice } from './components.js';
import { requireMay } from './console-account.js';
import { deliveredPage, pendingPage } from './delivered-pages.js';
import { noticeOfError, noticeOfProblems, problemsOf, withoutSecrets } from './form-problems.js';
import { type FormFields, readCreateForm, readPlaces } from './key-form.js';
import { CreatePage } from './pages/create.js';
import { SecretPage } from './pages/secret.js';
import { placeProblems, withPlaces } from './place-problems.js';
import type { ConsoleEnv, Visit, Visits } from './visit.js';

/** The form that creates a key, and the secret that it is answered with. */
export function addCreatePages(pages: Hono<ConsoleEnv>, visits: Visits): void {
  const path = `${visits.options.base}/keys/new`;
  pages.get(
    '/keys/new',
    visits.signedIn(async (visit) => {
      requireMay(visit.account, 'create');
      const saved: Notice | null =
        visit.session.notice === null ? null : { tone: 'good', title: visit.session.notice };
      visit.session.notice = null;
      return await form(visit, visit.fields.get('request') ?? newIdempotencyKey(), saved);
    }),
  );
  pages.post(
    '/keys',
    visits.signedIn(create, () => path),
  );
}

async function form(visit: Visit, request: string, notice: Notice | null, status = 200): Promise<Response> {
  const { frame, account, fields } = visit;
  const choices = (await account.ledger?.places.choices()) ?? null;
  const content = <CreatePage {...{ frame, account, fields, notice, request, choices }} />;
  return visit.page('keys', 'Create a key', content, status);
}

/** The idempotency key of the form: sent twice, the form gets the same response. */
export function requestKey(fields: FormFields): string {
  const key = fields.get('request') ?? '';
  if (/^[A-Za-z0-9_-]{43}$/.test(key)) return key;
  throw new KeysError('invalid_request', 'the form is incomplete', { hint: 'open the page again' });
}

/** What a form says that has done its work already. Null for any other failure. */
export function usedForm({ code }: KeysError): KeysError | null {
  if (code !== 'response_gone' && code !== 'idempotency_mismatch') return null;
  const changed = code === 'idempotency_mismatch';
  return new KeysError('conflict', 'this form has created its key already', {
    hint: changed
      ? 'the form was changed since: open a new one to create another key'
      : 'its secret was shown once and cannot be shown again; if it is lost, roll the key',
  });
}

async function create(visit: Visit): Promise<Response> {
  const { fields, frame, account } = visit;
  requireMay(account, 'create');
  const request = requestKey(fields);
  const { facts, ledger, service } = account;
  const { request: wanted, unreadable } = readCreateForm(fields);
  const wrong = problemsOf(fields, wanted, unreadable, { facts, now: frame.now, creates: true });
  const places = readPlaces(fields);
  if (wrong.length > 0) {
    const notice = noticeOfProblems([
      ...wrong,
      ...(await placeProblems(visit, { id: null, name: wanted.name })),
    ]);
    return await form({ ...visit, fields: withoutSecrets(fields) }, request, notice, 400);
  }
  try {
    const command = createLine(wanted, places);
    if (ledger !== undefined)
      return deliveredPage(visit, await ledger.create(wanted, places, request), command);
    const created = await service.create(wanted, { idempotencyKey: request });
    const content = <SecretPage {...{ frame, created, request, command }} />;
    return visit.page('keys', 'Copy the secret', content, 201);
  } catch (error) {
    if (!(error instanceof KeysError) || error.code === 'unauthenticated') throw error;
    const used = usedForm(error);
    if (used !== null) throw used;
    if (error.code === 'pending') return await pendingPage(visit, error);
    // The form comes back also where the service is slow or down: sent again, it is the same request.
    const known = visit.reveal(error);
    const notice = withPlaces(
      noticeOfError(known, fields),
      await placeProblems(visit, { id: null, name: wanted.name }),
    );
    return await form(visit, request, notice, known.httpStatus);
  }
}
