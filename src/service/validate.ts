import { KeysError } from '../domain/errors.js';
import type { ResponseSchema } from '../http/wire/read-response.js';

/** The input as its schema reads it. Throws `invalid_request` that names the first member at fault and what it takes. */
export function validate<Output>(schema: ResponseSchema<Output>, input: unknown): Output {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue]: readonly Issue[] = result.error.issues;
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

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
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
