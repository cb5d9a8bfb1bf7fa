/** What a schema finds wrong: the part of zod's issues, of either form, that is read here. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
  readonly expected?: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
}

/**
 * Where something stands in an input, in words: `scopes`, `entry 2 of scopes`, `ips in restrictions`. The
 * only entry of a list needs no number. Empty for the whole input. Repeats no value of the input.
 */
export function placeInWords(path: readonly PropertyKey[], input: unknown): string {
  let words = '';
  let inner = input;
  for (const step of path) {
    if (typeof step === 'number') {
      const isOnly = words !== '' && Array.isArray(inner) && inner.length === 1;
      if (!isOnly) words = `entry ${step + 1}${words === '' ? '' : ` of ${words}`}`;
    } else words = words === '' ? String(step) : `${String(step)} in ${words}`;
    inner = typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined;
  }
  return words;
}

/** What a schema's member takes, in plain words. The library's own words are for programmers. */
export function issueInWords(issue: SchemaIssue, input: unknown): string {
  const { message, code, values, origin, minimum, maximum, expected, keys } = issue;
  if (!/^(?:Invalid|Too|Unrecognized)\b/.test(message)) return withSmallInitial(message);
  const what = { string: ' characters', array: ' entries' }[origin ?? ''] ?? '';
  if (code === 'unrecognized_keys') return `there is no such member: ${(keys ?? []).join(', ')}`;
  if (code === 'invalid_type' && isMissing(issue, input)) return 'is missing';
  if (code === 'invalid_type') return `must be ${KINDS[expected ?? ''] ?? expected ?? 'something else'}`;
  if (code === 'invalid_value' && values !== undefined) return `must be ${listed(values.map(String))}`;
  if (code === 'too_small' && minimum !== undefined) {
    return what !== '' && Number(minimum) === 1 ? 'must not be empty' : `must be at least ${minimum}${what}`;
  }
  if (code === 'too_big' && maximum !== undefined) return `must be at most ${maximum}${what}`;
  return withSmallInitial(message);
}

/** An issue as one line: where, and what is wrong there. `whole`: what the input is called. */
export function issueLine(issue: SchemaIssue, input: unknown, whole: string): string {
  return `${placeInWords(issue.path, input) || whole}: ${issueInWords(issue, input)}`;
}

function isMissing({ path }: SchemaIssue, input: unknown): boolean {
  let inner = input;
  for (const step of path) {
    inner = typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined;
  }
  return inner === undefined;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** As a part of a sentence: without a capital at its beginning. */
export function withSmallInitial(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
