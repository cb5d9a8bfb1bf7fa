import { KeysError } from '../domain/errors.js';
import { issueInWords, issueLine, placeInWords, type SchemaIssue } from '../domain/schema-words.js';
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
  const [issue]: readonly SchemaIssue[] = result.error.issues;
  if (issue === undefined) throw new KeysError('invalid_request', 'the request: not valid');
  if (issue.code === 'unrecognized_keys') throw unknownMember(issue, input, part);
  const { path } = issue;
  // Which of several words is not one of the list, the message need not say.
  const shown = issue.code === 'invalid_value' ? path.filter((step) => typeof step !== 'number') : path;
  throw new KeysError('invalid_request', issueLine({ ...issue, path: shown }, input, 'the request'), {
    ...(path.length > 0 ? { details: { member: path.join('.') } } : {}),
  });
}

/** Everything that the schema finds wrong with an input: where, and in the words of `validate`. */
export function mistakesIn(
  schema: ResponseSchema<unknown>,
  input: unknown,
): ReadonlyArray<{ readonly path: string; readonly why: string }> {
  const result = schema.safeParse(input);
  if (result.success) return [];
  const issues: readonly SchemaIssue[] = result.error.issues;
  return issues.map((issue) => ({ path: issue.path.join('.'), why: issueInWords(issue, input) }));
}

/** The library's message calls a member a key, which means an API key here. */
function unknownMember({ path, keys = [] }: SchemaIssue, input: unknown, part: string): KeysError {
  const where = placeInWords(path, input);
  const name = JSON.stringify(visibleText(keys[0] ?? ''));
  const shown = where === '' ? name : `${name} in ${where}`;
  return new KeysError('invalid_request', `${shown}: there is no such ${part}`, {
    hint: 'GET /openapi.json describes every request',
  });
}
