import type { Hono } from 'hono';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { doneAt } from './changes.js';
import type { Notice } from './components.js';
import { requireMay } from './console-account.js';
import type { ConsoleLedger, ManagedFacts } from './console-ledger.js';
import { pendingPage } from './delivered-pages.js';
import { noticeOfProblems } from './form-problems.js';
import { readPlaces } from './key-form.js';
import { idOf, keyOf, noticeOf, pathOf } from './key-pages.js';
import { AddPlacePage, RemovePlacePage } from './pages/places.js';
import { placeProblems, withPlaces } from './place-problems.js';
import type { ConsoleContext, ConsoleEnv, Visit, Visits } from './visit.js';

/** The forms that add and remove places of a managed key. Only a console with a ledger has them. */
export function addPlacePages(pages: Hono<ConsoleEnv>, visits: Visits): void {
  const { base } = visits.options;
  const at = (ending: string) => (context: ConsoleContext) => `${base}${pathOf(idOf(context))}${ending}`;
  pages.get(
    '/keys/:id/places',
    visits.signedIn(async (visit) => await addForm(visit, await keyOf(visit), null)),
  );
  pages.post('/keys/:id/places', visits.signedIn(add, at('/places')));
  pages.get(
    '/keys/:id/places/remove',
    visits.signedIn(async (visit) => await removeForm(visit, await keyOf(visit), null)),
  );
  pages.post('/keys/:id/places/remove', visits.signedIn(remove, at('/places/remove')));
}

/** Throws `not_found` for a console without a ledger and for a key that the ledger does not know. */
async function managedHere(
  { account }: Visit,
  key: Key,
): Promise<{ readonly ledger: ConsoleLedger; readonly facts: ManagedFacts }> {
  requireMay(account, 'write');
  const { ledger } = account;
  const facts = (await ledger?.of(key.id)) ?? null;
  if (ledger === undefined || facts === null)
    throw new KeysError('not_found', 'the places of this key are not known here');
  return { ledger, facts };
}

async function addForm(visit: Visit, key: Key, notice: Notice | null, status = 200): Promise<Response> {
  const { frame, fields, page } = visit;
  const { ledger } = await managedHere(visit, key);
  const choices = await ledger.places.choices();
  const content = <AddPlacePage {...{ frame, notice, fields, choices }} of={key} />;
  return page('keys', `Add a place to ${key.name || key.id}`, content, status);
}

const NO_PLACE = { field: 'to1', why: 'must not be empty' };

async function add(visit: Visit): Promise<Response> {
  const { fields } = visit;
  const key = await keyOf(visit);
  const { ledger } = await managedHere(visit, key);
  const now = fields.get('when') !== 'roll';
  try {
    const wanted = readPlaces(fields);
    if (wanted.to.length === 0) return await addForm(visit, key, noticeOfProblems([NO_PLACE]), 400);
    const said = await ledger.places.add(key.id, wanted, now);
    return doneAt(visit, key.id, now ? 'delivered' : 'placed', said);
  } catch (error) {
    if (error instanceof KeysError && error.code === 'pending') return await pendingPage(visit, error);
    const { notice, status } = noticeOf(error, visit);
    const problems = await placeProblems(visit, key);
    return await addForm(visit, key, withPlaces(notice, problems), status);
  }
}

async function removeForm(visit: Visit, key: Key, notice: Notice | null, status = 200): Promise<Response> {
  const { frame, fields, query, page } = visit;
  const { facts } = await managedHere(visit, key);
  const wanted = fields.get('place') ?? query.get('place');
  const place = facts.places.find(({ id }) => id === wanted);
  if (place === undefined) throw new KeysError('not_found', 'this key has no such place');
  const content = <RemovePlacePage {...{ frame, notice, fields, place }} of={key} />;
  return page('keys', 'Remove a place', content, status);
}

async function remove(visit: Visit): Promise<Response> {
  const { fields } = visit;
  const key = await keyOf(visit);
  const { ledger } = await managedHere(visit, key);
  try {
    const erase = fields.get('erase') === 'yes';
    const said = await ledger.places.remove(key.id, fields.get('place') ?? '', erase);
    return doneAt(visit, key.id, erase ? 'erased' : 'unplaced', said);
  } catch (error) {
    const { notice, status } = noticeOf(error, visit);
    return await removeForm(visit, key, notice, status);
  }
}
