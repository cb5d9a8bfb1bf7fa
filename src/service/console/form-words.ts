import { KeysError } from '../../domain/errors.js';

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
  [/--to (?=['.\w/])/g, ''],
  [/--replace takes/g, '“Overwrite a secret of another key” takes'],
  [/\bgrace_seconds\b/g, 'the time for which the old key works on'],
];

const LABELS: ReadonlySet<string> = new Set([
  ...WORDS.map(([, label]) => label.toLowerCase()),
  ...['name', 'owner', 'service', 'environment', 'scopes'],
]);

/** The label of the field that a failure is about, in lower case; null: its message names none. */
export function labelOf(message: string): string | null {
  const label = /^([a-z ]+): /i.exec(message)?.[1]?.toLowerCase() ?? '';
  return LABELS.has(label) ? label : null;
}

/** A failure that names a scope speaks of requests to the API. A person signs in with another key. */
function forPeople(error: KeysError): Pick<KeysError, 'message' | 'hint'> {
  const { reason, scope } = error.details ?? {};
  if (reason !== 'scope_missing' || typeof scope !== 'string') return error;
  return {
    message: `the key that is signed in lacks ${scope}`,
    hint: `sign in with a key that has ${scope}`,
  };
}

/** The same failure, in the words that the forms have for the members of a request. */
export function inFormWords(error: KeysError): KeysError {
  const said = (text: string) => WORDS.reduce((told, [member, label]) => told.replace(member, label), text);
  const { code, details, retryAfterSeconds, cause } = error;
  const { message, hint } = forPeople(error);
  return new KeysError(code, said(message), {
    ...(hint === undefined ? {} : { hint: said(hint) }),
    ...(details === undefined ? {} : { details }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(cause === undefined ? {} : { cause }),
  });
}
