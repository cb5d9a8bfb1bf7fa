import { isRecord } from '../../domain/is-record.js';

/** Members that hold a reason as text, the most telling first. */
const TEXTS = [
  ...[
    'detail',
    'long_message',
    'message',
    'error_message',
    'error_description',
    'err_msg',
    'error_msg',
    'msg',
  ],
  ...['reason', 'error', 'err', 'Message', 'description', 'title'],
];
/** Members that say which field of the request an error is about. */
const FIELDS = ['field', 'param', 'parameter', 'property', 'loc', 'path'];
/** Errors of one response that are shown: the others are likely to be of the same kind. */
const MOST_LISTED = 3;
const DEEPEST = 3;

/**
 * Returns the reason that a service gives in an error response, in every form that services use: a text,
 * `error.message`, `detail.message`, `errors[].long_message` with its field, `errors.name[]` and the like, a
 * body that is a text or a list of reasons, and the field alone where no reason is given. Undefined: it gives
 * none.
 */
export function errorMessage(body: unknown): string | undefined {
  if (!isRecord(body)) return reasonOf(body, 0);
  const { errors, ...rest } = body;
  const general = reasonOf(rest, 0);
  const listed = reasonsOf(errors);
  if (general === undefined || listed === undefined) return general ?? listed;
  // "validation failed" helps nobody without what failed.
  return general.includes(listed) || listed.includes(general)
    ? longer(general, listed)
    : `${general}: ${listed}`;
}

function longer(one: string, other: string): string {
  return one.length >= other.length ? one : other;
}

function reasonOf(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  if (depth > DEEPEST) return undefined;
  if (Array.isArray(value)) return joined(value.map((item) => reasonOf(item, depth + 1)));
  if (!isRecord(value)) return undefined;
  for (const name of TEXTS) {
    const found = reasonOf(value[name], depth + 1);
    if (found !== undefined) return withField(found, value);
  }
  return depth === 0 ? undefined : fieldAlone(value);
}

/** An error that names a field and gives no reason, but perhaps a code. */
function fieldAlone(error: Readonly<Record<string, unknown>>): string | undefined {
  const field = fieldOf(error);
  if (field === undefined) return undefined;
  const code = [error['code'], error['type']].find((value) => typeof value === 'string' && value !== '');
  return `the field ${field} is wrong${code === undefined ? '' : ` (${String(code)})`}`;
}

/** Of a list of errors, or of lists of errors by the name of a field. */
function reasonsOf(errors: unknown): string | undefined {
  if (!isRecord(errors)) return reasonOf(errors, 0);
  return (
    reasonOf(errors, 0) ??
    joined(
      Object.entries(errors).map(([field, value]) => {
        const reason = reasonOf(value, 1);
        return reason === undefined ? undefined : `${field}: ${reason}`;
      }),
    )
  );
}

function withField(reason: string, error: Readonly<Record<string, unknown>>): string {
  const field = fieldOf(error);
  return field === undefined || reason.includes(field) ? reason : `${reason} (${field})`;
}

function fieldOf(error: Readonly<Record<string, unknown>>): string | undefined {
  const [field] = FIELDS.flatMap((name) => {
    const value = error[name];
    const text = Array.isArray(value) ? value.join('.') : value;
    return typeof text === 'string' && text !== '' ? [text] : [];
  });
  return field;
}

function joined(reasons: ReadonlyArray<string | undefined>): string | undefined {
  const told = [...new Set(reasons.filter((reason) => reason !== undefined))];
  return told.length === 0 ? undefined : told.slice(0, MOST_LISTED).join('; ');
}
