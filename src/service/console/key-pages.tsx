import type { Hono } from 'hono';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { SECRET_WHY } from '../../domain/holds-secret.js';
import { newIdempotencyKey } from '../../domain/idempotency.js';
import { KEY_STATUSES, type Key } from '../../domain/key.js';
import { isLastManager } from '../last-manager.js';
import { changesOf, doneAt } from './changes.js';
import { commandLine, rollLine } from './commands.js';
import type { Notice } from './components.js';
import { requireMay } from './console-account.js';
import { requestKey } from './create-pages.js';
import { deliveredPage, pendingPage } from './delivered-pages.js';
import { noticeOfError, noticeOfProblems, withoutSecrets } from './form-problems.js';
import type { FormFields } from './key-form.js';
import { namesIn } from './key-names.js';
import { typedText } from './page-parts.js';
import { EndedPage } from './pages/ended.js';
import { KeyDetailPage } from './pages/key.js';
import { PausePage } from './pages/pause.js';
import { RevokePage } from './pages/revoke.js';
import { RollPage } from './pages/roll.js';
import { ConfirmSavedPage, SecretPage } from './pages/secret.js';
import { forgetSecret, type ShowAgain, secretPage } from './secret-pages.js';
import { keepCreated, takeSaid } from './session-table.js';
import { createTurns } from './turns.js';
import { type SentAgain, sentAgain, usedPage } from './used-forms.js';
import type { ConsoleContext, ConsoleEnv, Visit, Visits } from './visit.js';

const EVENTS = 20;

/**
 * What a key's page says after a change, where the key's status fits. An address can say `done` of any key.
 */
const DONE: ReadonlyMap<string, readonly [title: string, statuses: readonly Key['status'][]]> = new Map([
  ['saved', ['The key is ready', ['active', 'retiring', 'paused']]],
  ['renamed', ['The key has a new name', KEY_STATUSES]],
  ['changed', ['The key is changed', KEY_STATUSES]],
  ['delivered', ['The secret is delivered', KEY_STATUSES]],
  ['placed', ['The next roll delivers there, too', KEY_STATUSES]],
  ['unplaced', ['The place is removed. The secret there stays', KEY_STATUSES]],
  ['erased', ['The place is removed, and the secret there', KEY_STATUSES]],
  ['revoked', ['The key is revoked', ['revoked']]],
  ['paused', ['The key is paused: requests with it are refused until you unpause it', ['paused']]],
  ['unpaused', ['The key works again', ['active', 'retiring']]],
]);

function doneNotice(visit: Visit, key: Key): Notice | null {
  const [title, statuses] = DONE.get(visit.query.get('done') ?? '') ?? [];
  return title && statuses?.includes(key.status) ? { tone: 'good', title } : null;
}

export const idOf = ({ req }: ConsoleContext) => req.param('id') ?? '';
export const pathOf = (id: string) => `/keys/${encodeURIComponent(id)}`;

/** A key's page, and the forms that change the key. */
export function addKeyPages(pages: Hono<ConsoleEnv>, visits: Visits): void {
  const { base } = visits.options;
  const at = (ending: string) => (context: ConsoleContext) => `${base}${pathOf(idOf(context))}${ending}`;

  pages.get(
    '/keys/:id',
    visits.signedIn(async (visit) => await detail(visit, null)),
  );
  pages.get('/keys/:id/saved', visits.signedIn(savedForm));
  pages.post('/keys/:id/saved', visits.signedIn(saved, at('/saved')));
  const inTurn = createTurns();
  pages.post(
    '/keys/:id/rename',
    visits.signedIn(async (visit) => await inTurn(idOf(visit.context), () => rename(visit)), at('')),
  );
  pages.get(
    '/keys/:id/pause',
    visits.signedIn(async (visit) => pauseForm(visit, await keyOf(visit), null)),
  );
  pages.post('/keys/:id/pause', visits.signedIn(pause, at('/pause')));
  pages.post('/keys/:id/unpause', visits.signedIn(unpause, at('')));
  pages.get(
    '/keys/:id/roll',
    visits.signedIn(async (visit) => rollForm(visit, await keyOf(visit), null)),
  );
  pages.post(
    '/keys/:id/roll',
    visits.signedIn(async (visit) => await roll(visit), at('/roll')),
  );
  pages.get(
    '/keys/:id/revoke',
    visits.signedIn(async (visit) => await revokeForm(visit, await keyOf(visit), null)),
  );
  pages.post('/keys/:id/revoke', visits.signedIn(revoke, at('/revoke')));
}

export async function keyOf({ account, context }: Visit): Promise<Key> {
  return await account.service.get(idOf(context));
}

/** What a refused change says above its form. Throws what belongs on a page of its own. */
export function noticeOf(error: unknown, visit: Visit): { notice: Notice; status: number } {
  if (!(error instanceof KeysError)) throw error;
  if (error.code === 'unauthenticated' || error.code === 'not_found') throw error;
  const known = visit.reveal(error);
  return { notice: noticeOfError(known, visit.fields), status: known.httpStatus };
}

/** The page of a key, under a notice and the warnings of its last change. */
async function detail(visit: Visit, note: Notice | null, status = 200): Promise<Response> {
  const { frame, account, page } = visit;
  const key = await keyOf(visit);
  const [events, usage, managed] = await Promise.all([
    account.service.events({ key_id: key.id, limit: EVENTS }),
    account.service.usage?.(key.id) ?? null,
    account.ledger?.of(key.id) ?? null,
  ]);
  const names = await namesIn(events.events, account.service);
  const notice = note ?? doneNotice(visit, key);
  const said = takeSaid(visit.session, key.id);
  const named = visit.fields.get('name');
  const content = (
    <KeyDetailPage
      of={key}
      {...{ frame, account, usage, notice, said, managed, named, names }}
      events={events.events}
    />
  );
  return page('keys', key.name || key.id, content, status);
}

/** Confirms again that a secret was saved: the session had ended at the first time. */
async function savedForm(visit: Visit): Promise<Response> {
  const { fields, frame, page, redirect } = visit;
  const id = idOf(visit.context);
  const request = fields.get('request');
  if (request === undefined) return redirect(pathOf(id));
  return page('keys', 'Confirm', <ConfirmSavedPage {...{ frame, id, request }} />);
}

async function saved(visit: Visit): Promise<Response> {
  const id = idOf(visit.context);
  forgetSecret(visit.session, id);
  const { ledger, service, may } = visit.account;
  try {
    const done = (await ledger?.saved(id)) ?? null;
    if (done !== null && done.operation !== null)
      return deliveredPage(visit, done, commandLine('resume', done.operation), 200);
    if (done !== null) return doneAt(visit, id, 'saved', done.said);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    return await pendingPage(visit, error);
  }
  // A ledger knows by itself which operation waits for this.
  const request = ledger === undefined ? requestKey(visit.fields) : newIdempotencyKey();
  try {
    await service.acknowledge(id, { idempotencyKey: request });
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
  }
  if (may.read) return doneAt(visit, id, 'saved', []);
  visit.session.notice = 'The key is created';
  return visit.redirect('/keys/new');
}

async function rename(visit: Visit): Promise<Response> {
  const { account, fields } = visit;
  const key = await keyOf(visit);
  const [name, was] = ['name', 'was'].map((field) => fields.get(field)?.trim() ?? '');
  if (key.name !== was && key.name !== name) {
    const title = `the key changed meanwhile: its name is now ${key.name}`;
    return await detail(visit, { tone: 'bad', title, hint: 'send the form again to rename it' }, 409);
  }
  const safe = withoutSecrets(fields);
  if (!safe.has('name')) {
    const problems = noticeOfProblems([{ field: 'name', why: SECRET_WHY }]);
    return await detail({ ...visit, fields: safe }, problems, 400);
  }
  try {
    const said = await changesOf(account).update(key.id, { name: name ?? '' });
    return doneAt(visit, key.id, 'renamed', said);
  } catch (error) {
    const { notice, status } = noticeOf(error, visit);
    return await detail(visit, notice, status);
  }
}

async function pause(visit: Visit): Promise<Response> {
  const key = await keyOf(visit);
  // One click does not sign anybody out.
  if (key.id === visit.account.ownKeyId && !isConfirmed(visit, key))
    return pauseForm(visit, key, notConfirmed(key, 'paused'), 400);
  try {
    return doneAt(visit, key.id, 'paused', await changesOf(visit.account).pause(key.id));
  } catch (error) {
    const { notice, status } = noticeOf(error, visit);
    return await detail(visit, notice, status);
  }
}

/** Warns before the key that is signed in is paused. Any other key has a button on its page. */
function pauseForm(visit: Visit, key: Key, notice: Notice | null, status = 200): Response {
  const { account, frame, fields, page, redirect } = visit;
  requireMay(account, 'write');
  if (key.id !== account.ownKeyId || key.status !== 'active') return redirect(pathOf(key.id));
  const typed = typedIn(fields);
  return page('keys', `Pause ${key.name}`, <PausePage {...{ frame, notice, typed }} of={key} />, status);
}

/** What was typed to confirm, unless it is a secret: then the page does not show it again. */
function typedIn(fields: FormFields): string {
  return withoutSecrets(fields).get('confirm') ?? '';
}

/** Whether the name of the key was typed out. */
function isConfirmed({ fields }: Visit, key: Key): boolean {
  return typedText(fields.get('confirm') ?? '') === typedText(key.name || key.id);
}

function notConfirmed({ name, id }: Key, what: string): Notice {
  const title = `the name does not match, so nothing was ${what}`;
  return { tone: 'bad', title, hint: `type ${name || id}` };
}

async function unpause(visit: Visit): Promise<Response> {
  const id = idOf(visit.context);
  try {
    return doneAt(visit, id, 'unpaused', await changesOf(visit.account).unpause(id));
  } catch (error) {
    const { notice, status } = noticeOf(error, visit);
    return await detail(visit, notice, status);
  }
}

function rollForm(visit: Visit, key: Key, notice: Notice | null, status = 200): Response {
  const { frame, account, fields } = visit;
  requireMay(account, 'write');
  const { status: state = 'active' } = key;
  if (state !== 'active' && notice === null) return endedPage(visit, key, status);
  const { grace, title } = account.facts;
  if (grace === null) throw new KeysError('unsupported', `keys of ${title} cannot be rolled`);
  const content = (
    <RollPage
      {...{ frame, grace, notice }}
      of={key}
      own={key.id === account.ownKeyId}
      request={fields.get('request') ?? newIdempotencyKey()}
      chosen={isGrace(fields.get('grace')) ? fields.get('grace') : undefined}
    />
  );
  return visit.page('keys', `Roll ${key.name}`, content, status);
}

async function roll(visit: Visit, id = idOf(visit.context)): Promise<Response> {
  const { frame, account, fields, session } = visit;
  const request = requestKey(fields);
  const chosen = fields.get('grace');
  try {
    const wanted = compact({ grace_seconds: readGrace(chosen) });
    const command = rollLine(id, wanted.grace_seconds);
    const { ledger, service } = account;
    if (ledger !== undefined) return deliveredPage(visit, await ledger.roll(id, wanted, request), command);
    const rolled = await service.roll(id, wanted, { idempotencyKey: request });
    keepCreated(session, request, rolled.key);
    const content = (
      <SecretPage {...{ frame, request, command }} created={rolled} previous={rolled.previous} />
    );
    const again: ShowAgain = async (later) => await roll({ ...later, fields }, id);
    return secretPage(visit, rolled.key, content, { status: 201, again });
  } catch (error) {
    const again = error instanceof KeysError ? sentAgain(error) : null;
    if (again !== null) return await rolledBefore(visit, request, again);
    if (error instanceof KeysError && error.code === 'pending') return await pendingPage(visit, error);
    const { notice, status } = noticeOf(error, visit);
    return rollForm(visit, await keyOf(visit), notice, status);
  }
}

function isGrace(text: string | undefined): boolean {
  return /^\d{1,9}$/.test(text ?? '');
}

/** Seconds for which the old key works on. Undefined: the form has no choice. Throws `invalid_request`. */
function readGrace(chosen: string | undefined): number | undefined {
  if (chosen === undefined) return undefined;
  if (isGrace(chosen)) return Number(chosen);
  throw new KeysError('invalid_request', 'grace_seconds: choose one of the times of the list');
}

/** A form that has rolled its key. The new key has its name. */
async function rolledBefore(visit: Visit, request: string, how: SentAgain): Promise<Response> {
  const { name, rolled_to: id } = await keyOf(visit);
  const key = visit.session.created.get(request) ?? (id ? { id, name } : null);
  return usedPage(visit, key, 'this form has rolled its key already', how);
}

function endedPage({ frame, page }: Visit, key: Key, status: number): Response {
  return page('keys', key.name, <EndedPage frame={frame} of={key} />, status);
}

async function revokeForm(visit: Visit, key: Key, notice: Notice | null, status = 200): Promise<Response> {
  const { frame, account, fields } = visit;
  requireMay(account, 'write');
  if (key.status === 'revoked') return endedPage(visit, key, status);
  const own = key.id === account.ownKeyId;
  const last = account.may.read && (await isLastManager(key, account.service));
  const typed = typedIn(fields);
  const oldKeys = (await account.ledger?.changes.givenUpWith(key.id)) ?? [];
  const content = <RevokePage {...{ frame, notice, own, last, typed, oldKeys }} of={key} />;
  return visit.page('keys', `Revoke ${key.name}`, content, status);
}

async function revoke(visit: Visit): Promise<Response> {
  const key = await keyOf(visit);
  if (!isConfirmed(visit, key)) return await revokeForm(visit, key, notConfirmed(key, 'revoked'), 400);
  try {
    return doneAt(visit, key.id, 'revoked', await changesOf(visit.account).revoke(key.id));
  } catch (error) {
    const { notice, status } = noticeOf(error, visit);
    return await revokeForm(visit, key, notice, status);
  }
}
