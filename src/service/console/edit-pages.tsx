import type { Hono } from 'hono';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { changesOf, doneAt } from './changes.js';
import { updateLine } from './commands.js';
import type { Notice } from './components.js';
import { requireMay } from './console-account.js';
import { noticeOfProblems, problemsOf, withoutSecrets } from './form-problems.js';
import { changedFields, type FormFields, fieldsOfKey, readChanges } from './key-form.js';
import { idOf, keyOf, noticeOf, pathOf } from './key-pages.js';
import { EditPage } from './pages/edit.js';
import { EndedPage } from './pages/ended.js';
import { createTurns } from './turns.js';
import type { ConsoleEnv, Visit, Visits } from './visit.js';

/** The form that changes what a key may do, until when, and what is noted of it. */
export function addEditPages(pages: Hono<ConsoleEnv>, visits: Visits): void {
  const inTurn = createTurns();
  pages.get(
    '/keys/:id/edit',
    visits.signedIn(async (visit) => form(visit, await keyOf(visit), null)),
  );
  pages.post(
    '/keys/:id/edit',
    visits.signedIn(
      async (visit) => await inTurn(idOf(visit.context), () => edit(visit)),
      (context) => `${visits.options.base}${pathOf(idOf(context))}/edit`,
    ),
  );
}

function form(visit: Visit, key: Key, notice: Notice | null, status = 200): Response {
  const { account, frame, page } = visit;
  requireMay(account, 'write');
  if (key.status === 'revoked') return page('keys', key.name, <EndedPage frame={frame} of={key} />, status);
  const now = fieldsOfKey(key);
  const fields = new Map([...now, ...visit.fields]);
  const content = (
    <EditPage
      {...{ frame, account, fields, notice }}
      of={key}
      was={JSON.stringify(Object.fromEntries(now))}
      command={updateLine(key.id, readAsFilled(now))}
    />
  );
  return page('keys', `Change ${key.name}`, content, status);
}

/** The changes that a form makes whose every filled field is new. */
function readAsFilled(now: FormFields) {
  const empty = new Map([...now].filter(([, value]) => value !== '').map(([name]) => [name, '']));
  return readChanges(now, empty).request;
}

async function edit(visit: Visit): Promise<Response> {
  const { account, fields } = visit;
  const key = await keyOf(visit);
  const was = readWas(fields);
  const now = fieldsOfKey(key);
  const theirs = new Set(changedFields(now, was));
  const mine = changedFields(fields, was);
  if (mine.some((name) => theirs.has(name) && fields.get(name) !== now.get(name))) {
    const title = 'the key changed meanwhile, in a field that you changed, too';
    return form(visit, key, { tone: 'bad', title, hint: 'look at the fields, and save again' }, 409);
  }
  // A field that only somebody else changed keeps what they gave it.
  const wanted = new Map(
    [...fields].map(([name, value]) => [name, mine.includes(name) ? value : (now.get(name) ?? value)]),
  );
  const { request: changes, unreadable } = readChanges(wanted, now);
  const about = { facts: account.facts, now: visit.frame.now, creates: false };
  const wrong = problemsOf(fields, changes, unreadable, about);
  if (wrong.length > 0) {
    const shown = { ...visit, fields: withoutSecrets(fields) };
    return form(shown, key, noticeOfProblems(wrong), 400);
  }
  try {
    const none = Object.keys(changes).length === 0;
    return doneAt(visit, key.id, 'changed', none ? [] : await changesOf(account).update(key.id, changes));
  } catch (error) {
    const { notice, status } = noticeOf(error, visit);
    return form(visit, key, notice, status);
  }
}

/** What the fields held when the form was opened. Throws `invalid_request`. */
function readWas(fields: FormFields): FormFields {
  try {
    const was: unknown = JSON.parse(fields.get('was') ?? '');
    if (typeof was === 'object' && was !== null) {
      return new Map(Object.entries(was).map(([name, value]) => [name, String(value)]));
    }
  } catch {
    // The error below says it.
  }
  throw new KeysError('invalid_request', 'the form is incomplete', { hint: 'open the page again' });
}
