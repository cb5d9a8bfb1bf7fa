import { KeysError } from '../domain/errors.js';
import { visibleText } from '../domain/visible-text.js';
import type { ResponseSchema } from '../http/wire/read-response.js';

/**
 * The input as its schema reads it. Throws `invalid_request` that names the first member at fault and what it
 * takes. `part`: what a member of the input is called.
 */
export function validate<Output>(
  schema: ResponseSchema<Output>,
  input: unknown,
  part: 'member' | 'parameter' = 'member',
): Output {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue]: readonly Issue[] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') throw unknownMember(issue, part);
  const member = issue?.path.join('.') || 'the request';
  // Which of several words is not one of the list, the message need not say.
  const path = issue?.path.filter((part) => issue.code !== 'invalid_value' || typeof part !== 'number');
  const shown = path?.join('.') || 'the request';
  throw new KeysError(
    'invalid_request',
    `${shown}: ${issue === undefined ? 'not valid' : plainWords(issue)}`,
    {
      ...(issue?.path.length ? { details: { member } } : {}),
    },
  );
}

/** Everything that the schema finds wrong with an input: where, and in the words of `validate`. */
export function mistakesIn(
  schema: ResponseSchema<unknown>,
  input: unknown,
): ReadonlyArray<{ readonly path: string; readonly why: string }> {
  const result = schema.safeParse(input);
  if (result.success) return [];
  const issues: readonly Issue[] = result.error.issues;
  return issues.map((issue) => ({ path: issue.path.join('.'), why: plainWords(issue) }));
}

/** The library's message calls a member a key, which means an API key here. */
function unknownMember({ path, keys = [] }: Issue, part: string): KeysError {
  const name = visibleText([...path, keys[0] ?? ''].join('.'));
  return new KeysError('invalid_request', `${JSON.stringify(name)}: there is no such ${part}`, {
    hint: 'GET /openapi.json describes every request',
  });
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
}

/** What the member takes. The library's own words are for programmers. */
function plainWords({ message, code, values, origin, minimum, maximum }: Issue): string {
  const what = { string: ' characters', array: ' entries' }[origin ?? ''] ?? '';
  const own = !/^(?:Invalid|Too|Unrecognized)\b/.test(message);
  if (!own && code === 'invalid_value' && values !== undefined)
    return `must be ${listed(values.map(String))}`;
  if (!own && code === 'too_small' && minimum !== undefined) {
    return what !== '' && Number(minimum) === 1 ? 'must not be empty' : `must be at least ${minimum}${what}`;
  }
  if (!own && code === 'too_big' && maximum !== undefined) return `must be at most ${maximum}${what}`;
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
