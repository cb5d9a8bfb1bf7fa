import type { Hono } from 'hono';
import { KeysError } from '../../domain/errors.js';
import { newIdempotencyKey } from '../../domain/idempotency.js';
import type { Key } from '../../domain/key.js';
import { createLine } from './commands.js';
import type { Notice } from './components.js';
import { type ConsoleAccount, requireMay } from './console-account.js';
import { deliveredPage, pendingPage } from './delivered-pages.js';
import { noticeOfError, noticeOfProblems, problemsOf, withoutSecrets } from './form-problems.js';
import { type FormFields, readCreateForm, readPlaces } from './key-form.js';
import { CreatePage } from './pages/create.js';
import { SecretPage } from './pages/secret.js';
import { placeProblems, withPlaces } from './place-problems.js';
import { type ShowAgain, secretPage } from './secret-pages.js';
import { keepCreated } from './session-table.js';
import { type SentAgain, sentAgain, usedNotice, usedPage } from './used-forms.js';
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

/**
 * A form that has created its key: one that was changed since comes back as a new form with all that was
 * entered.
 */
async function createdBefore(visit: Visit, request: string, how: SentAgain): Promise<Response> {
  const key = visit.session.created.get(request) ?? null;
  const title = `this form has created ${key === null ? 'its key' : key.name || key.id} already`;
  if (how === 'same') return usedPage(visit, key, title, how);
  const hint = 'what you entered since is kept: send the form to create another key';
  return await form(visit, newIdempotencyKey(), usedNotice(visit, key, title, hint), 409);
}

/**
 * What the page says where another working key has the name of a new one, as `keys create` does. The key is
 * there: what fails here must not keep its secret from the page.
 */
async function namesakeWarnings(
  { id, name }: Key,
  { service, may }: Pick<ConsoleAccount, 'service' | 'may'>,
): Promise<readonly string[]> {
  // A star is a pattern in a search by name.
  if (!may.read || name.includes('*')) return [];
  try {
    const { keys } = await service.list({ name, status: ['active', 'retiring', 'paused'], limit: 2 });
    if (keys.every((key) => key.id === id)) return [];
  } catch (error) {
    if (error instanceof KeysError) return [];
    throw error;
  }
  return [`another key is named ${name} too: use ids to tell them apart`];
}

async function create(visit: Visit): Promise<Response> {
  const { fields, frame, account, session } = visit;
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
    if (ledger !== undefined) {
      const done = await ledger.create(wanted, places, request);
      if (done.key !== null) keepCreated(session, request, done.key);
      return deliveredPage(visit, done, command);
    }
    const created = await service.create(wanted, { idempotencyKey: request });
    keepCreated(session, request, created.key);
    const said = await namesakeWarnings(created.key, account);
    const content = <SecretPage {...{ frame, created, request, command, said }} />;
    const again: ShowAgain = async (later) => await create({ ...later, fields });
    return secretPage(visit, created.key, content, { status: 201, again });
  } catch (error) {
    if (!(error instanceof KeysError) || error.code === 'unauthenticated') throw error;
    const again = sentAgain(error);
    if (again !== null) return await createdBefore(visit, request, again);
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
