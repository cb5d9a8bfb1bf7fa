import { compact } from '../../domain/compact.js';
import type { KeysError } from '../../domain/errors.js';
import { holdsSecret, SECRET_WHY } from '../../domain/holds-secret.js';
import type { CreateKey, UpdateKey } from '../../domain/key-service.js';
import { createRequest, updateRequest } from '../../http/wire/request-schemas.js';
import { mistakesIn } from '../validate.js';
import type { ConsoleFacts } from './console-account.js';
import { type FormProblem, fieldOfLabel, inFormOrder, labelOfField } from './form-words.js';
import type { FormFields } from './key-form.js';

/** The field of each member of a request, in the create form and in the form that changes a key. */
const FIELDS: ReadonlyArray<readonly [path: RegExp, field: string]> = [
  [/^(name|environment|type|service|owner|scopes|metadata)\b/, '$1'],
  [/^restrictions\.(ips|referrers|endpoints)\b/, '$1'],
  [/^limits\.(rate|quota|uses)\b/, '$1'],
];

/** Fields whose form a vendor decides: only our own services have the rules of the schema for them. */
const OF_SERVICE: ReadonlySet<string> = new Set(['environment', 'service', 'owner', 'scopes', 'metadata']);

/** Fields whose text every list and record shows. */
const SHOWN: ReadonlySet<string> = new Set([
  ...['name', 'scopes', 'owner', 'service', 'metadata', 'referrers', 'endpoints'],
]);

/** Words for a field whose schema speaks of types. */
const PLAIN: Readonly<Record<string, string>> = {
  uses: 'a whole number from 1 on, such as 1000',
  expires_at: 'a day such as 2027-01-31, or a time with its zone',
  expires: 'choose one of the times of the list, or a day',
};

function fieldAt(path: string, sent: FormFields): string | null {
  if (path.startsWith('expires_at')) return expiryField(sent);
  const found = FIELDS.find(([pattern]) => pattern.test(path));
  return found === undefined ? null : path.replace(new RegExp(`${found[0].source}.*`), found[1]);
}

/** The field that says when the key ends. */
function expiryField(sent: FormFields): string {
  if (sent.has('expires_at')) return 'expires_at';
  return sent.get('expires_on')?.trim() ? 'expires_on' : 'expires';
}

/** The same fields without those that hold a secret: a page does not show it again. */
export function withoutSecrets(fields: FormFields): FormFields {
  return new Map([...fields].filter(([name, value]) => name === 'request' || !holdsSecret(value)));
}

/** Each field once, in the order of the form. */
function sorted(problems: readonly FormProblem[]): FormProblem[] {
  const byField = new Map([...problems].reverse().map((problem) => [problem.field, problem]));
  return [...byField.values()].sort((one, other) => inFormOrder(one.field, other.field));
}

/**
 * Everything that is wrong with the fields of a form, before it is sent on. The service checks the request
 * again.
 */
export function problemsOf(
  fields: FormFields,
  request: CreateKey | UpdateKey,
  unreadable: readonly FormProblem[],
  { facts, now, creates }: { readonly facts: ConsoleFacts; readonly now: number; readonly creates: boolean },
): FormProblem[] {
  const { options: _, ...plain } = request as CreateKey;
  const schema = creates ? createRequest() : updateRequest();
  const found = Object.keys(plain).length === 0 ? [] : mistakesIn(schema, plain);
  const mistakes = found.flatMap(({ path, why }) => {
    const field = fieldAt(path, fields);
    if (field === null || (!facts.isKeyService && OF_SERVICE.has(field))) return [];
    return [{ field, why: PLAIN[field] ?? why }];
  });
  const required = creates
    ? [
        ...(facts.supersedes ? ['service'] : []),
        ...facts.options.filter((option) => option.required).map(({ name }) => `option:${name}`),
      ]
    : [];
  const empty = required.filter((field) => !fields.get(field)?.trim());
  const end = Date.parse(plain.expires_at ?? '');
  const late = Number.isFinite(end) && end <= now;
  const safe = withoutSecrets(fields);
  const secret = [...fields.keys()].filter((name) => SHOWN.has(name) && !safe.has(name));
  return sorted([
    ...secret.map((field) => ({ field, why: SECRET_WHY })),
    ...unreadable,
    ...mistakes,
    ...empty.map((field) => ({ field, why: 'must not be empty' })),
    ...(late ? [{ field: expiryField(fields), why: 'has passed already' }] : []),
  ]);
}

/** The field that a failure names at the beginning of its message, such as `Rate: …`; null: it names none. */
function problemIn({ message }: Pick<KeysError, 'message'>, fields: FormFields): FormProblem | null {
  const [, label = '', why = ''] = /^([^:]{1,60}): (.+)$/s.exec(message) ?? [];
  const field = label === '' ? null : fieldOfLabel(label, fields.keys());
  if (field === null) return null;
  return { field: labelOfField(field) === 'Expires' ? expiryField(fields) : field, why };
}

/** What is said above a form: all that is wrong with it. */
export function noticeOfProblems(problems: readonly FormProblem[]) {
  const [first] = problems;
  const title =
    first !== undefined && problems.length === 1
      ? `${labelOfField(first.field)}: ${first.why}`
      : `${problems.length} fields need a change`;
  return { tone: 'bad', title, problems } as const;
}

/** The same for a failure: with the field that it names, if it names one. */
export function noticeOfError(error: Pick<KeysError, 'message' | 'wording'>, fields: FormFields) {
  const problem = problemIn(error, fields);
  const problems = problem === null ? undefined : [problem];
  return { tone: 'bad', title: error.message, ...compact({ hint: error.wording.hint, problems }) } as const;
}
