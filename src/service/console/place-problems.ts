import type { KeysError } from '../../domain/errors.js';
import type { Notice } from './components.js';
import type { PlaceOwner } from './console-ledger.js';
import type { FormProblem } from './form-words.js';
import { PLACE_FIELDS } from './key-form.js';
import type { Visit } from './visit.js';

/** What is wrong with each place that a form names for a key. One that another key has comes with offers. */
export async function placeProblems(visit: Visit, key: PlaceOwner): Promise<FormProblem[]> {
  const { account, fields } = visit;
  const { ledger } = account;
  if (ledger === undefined) return [];
  const named = PLACE_FIELDS.flatMap((field) => {
    const text = fields.get(field)?.trim();
    return text ? [{ field, text }] : [];
  });
  const replace = fields.get('replace') === 'yes';
  const found = await Promise.all(
    named.map(async ({ field, text }): Promise<FormProblem[]> => {
      const error = await ledger.places.check(key, { to: [text], replace });
      return error === null ? [] : [problemOf(field, text, visit.reveal(error))];
    }),
  );
  return found.flat();
}

function problemOf(field: string, text: string, error: KeysError): FormProblem {
  const { free } = error.details ?? {};
  if (typeof free !== 'string') return { field, why: error.message };
  const offers = [
    { name: field, value: free, title: `Deliver to ${free} instead` },
    { name: 'replace', value: 'yes', title: `Overwrite what ${text} holds` },
  ];
  return { field, why: error.message, offers };
}

/** A notice with what is wrong with the places, too. One that speaks of a place itself is not said twice. */
export function withPlaces(notice: Notice, places: readonly FormProblem[]): Notice {
  return places.length === 0 ? notice : { ...notice, problems: [...(notice.problems ?? []), ...places] };
}
