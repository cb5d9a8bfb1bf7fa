import type { Context } from 'hono';
import { KeysError } from '../../domain/errors.js';

/** A request's body as JSON; an empty one is `undefined`. Throws `unsupported_media_type` or `invalid_request`. */
export async function readJson(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text === '') return undefined;
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new KeysError('unsupported_media_type', 'the body must be application/json');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new KeysError('invalid_request', 'the body is not JSON');
  }
}
