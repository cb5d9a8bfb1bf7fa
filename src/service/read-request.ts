import type { ResponseSchema } from '../http/wire/read-response.js';
import { type Requests, requestInOrder } from '../http/wire/request-shapes.js';

/**
 * The request as the rules take it. Throws `invalid_request` that names the first member at fault and what it
 * takes.
 */
export async function readRequest<Name extends keyof Requests>(
  kind: Name,
  input: unknown,
): Promise<Requests[Name]> {
  const read = requestInOrder(kind, input);
  if (read !== null) return read;
  const [schemas, { validate }] = await Promise.all([
    import('../http/wire/request-schemas.js'),
    import('./validate.js'),
  ]);
  const schema: ResponseSchema = schemas[kind]();
  return validate(schema, input) as Requests[Name];
}
