import { KeysError } from '../domain/errors.js';
import type { ResponseSchema } from '../http/wire/read-response.js';

/** The input as its schema reads it. Throws `invalid_request` that names the first member at fault and what it takes. */
export function validate<Output>(schema: ResponseSchema<Output>, input: unknown): Output {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const member = issue?.path.join('.') || 'the request';
  throw new KeysError(
    'invalid_request',
    `${member}: ${issue?.message.charAt(0).toLowerCase()}${issue?.message.slice(1)}`,
    {
      ...(issue?.path.length ? { details: { member } } : {}),
    },
  );
}
