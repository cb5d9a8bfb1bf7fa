import { compact } from '../../domain/compact.js';
import { changed, KeysError } from '../../domain/errors.js';
import { Words } from '../../domain/words.js';
import { forPages, hintParts } from './page-words.js';

/** What is wrong with one field of a form. */
export interface FormProblem {
  /** The field's name, which is also its id. */
  readonly field: string;
  readonly why: string;
  /** Fields that a button sets in place of what was sent. */
  readonly offers?: ReadonlyArray<{ readonly name: string; readonly value: string; readonly title: string }>;
}

/** Fields of the forms in their order, with their labels. */
const LABELS: Readonly<Record<string, string>> = {
  ...{ name: 'Name', environment: 'Environment', type: 'Type', service: 'Service' },
  ...{ expires: 'Expires', expires_on: 'Expires', expires_at: 'Expires', scopes: 'Scopes' },
  ...{ ips: 'IP addresses', referrers: 'Pages', endpoints: 'Endpoints' },
  ...{ rate: 'Rate', quota: 'Quota', uses: 'Uses in all' },
  ...{ owner: 'Owner', metadata: 'Notes', to1: 'Deliver to', to2: 'Place 2', to3: 'Place 3' },
};

/** Members of a request, and the label of the field that a form has for each. */
const WORDS: ReadonlyArray<readonly [member: RegExp, label: string]> = [
  [/\brestrictions[./]ips(\[?[./]?\d+\]?)?/g, 'IP addresses'],
  [/\brestrictions[./]referrers(\[?[./]?\d+\]?)?/g, 'Pages'],
  [/\brestrictions[./]endpoints(\[?[./]?\d+\]?)?/g, 'Endpoints'],
  [/\blimits[./]rate\b/g, 'Rate'],
  [/\blimits[./]quota\b/g, 'Quota'],
  [/\blimits[./]uses\b/g, 'Uses in all'],
  [/\bscopes[./[]\d+\]?/g, 'Scopes'],
  [/\bmetadata\b/g, 'Notes'],
  [/\bexpires_at\b/g, 'Expires'],
  [/\bgrace_seconds\b/g, 'the time for which the old key works on'],
];

/** The label of a field. A vendor's own option is called as the vendor calls it. */
export function labelOfField(field: string): string {
  return LABELS[field] ?? field.replace(/^option:/, '');
}

/** The field of this label (in any case) among those that a form has sent; null: there is none. */
export function fieldOfLabel(label: string, sent: Iterable<string>): string | null {
  const wanted = label.toLowerCase();
  return [...sent].find((field) => labelOfField(field).toLowerCase() === wanted) ?? null;
}

/** Compares fields by their order in the forms. Options of a vendor come after the expiry. */
export function inFormOrder(one: string, other: string): number {
  const order = Object.keys(LABELS);
  const at = (field: string) => (field in LABELS ? order.indexOf(field) : order.indexOf('scopes') - 0.5);
  return at(one) - at(other);
}

/**
 * A failure that names what a key lacks speaks of requests to the API. A person signs in with another key.
 */
function forPeople(error: KeysError): KeysError {
  const { reason, scope, instead } = error.details ?? {};
  if (reason === 'other_environment') {
    const other = typeof instead === 'string' ? `, or choose the environment ${instead}` : '';
    return changed(error, { hint: `sign in with a live key${other}` });
  }
  if (reason !== 'scope_missing' || typeof scope !== 'string') return error;
  return changed(error, {
    message: `the key that is signed in lacks ${scope}`,
    hint: `sign in with a key that has ${scope}`,
  });
}

/** The same failure in the words of the pages, and of the forms for the members of a request. */
export function inFormWords(error: KeysError): KeysError {
  const said = (text: string) => WORDS.reduce((told, [member, label]) => told.replace(member, label), text);
  const { code, details, retryAfterSeconds, cause, wording } = forPages(forPeople(error));
  const hint = hintParts(wording.hint ?? '').map((part) => (typeof part === 'string' ? said(part) : part));
  return new KeysError(code, said(String(wording.message)), {
    ...(wording.hint === undefined ? {} : { hint: new Words(hint) }),
    ...compact({ details, retryAfterSeconds, cause }),
  });
}
