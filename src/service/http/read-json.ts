import type { Context } from 'hono';
import { KeysError } from '../../domain/errors.js';
import { duplicateMember } from './duplicate-members.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A request's body as JSON; an empty one is `undefined`. Throws `unsupported_media_type` or
 * `invalid_request`.
 */
export async function readJsonBody(context: Context): Promise<unknown> {
  const bytes = await context.req.arrayBuffer();
  if (bytes.byteLength === 0) return undefined;
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new KeysError('unsupported_media_type', 'the body must be application/json');
  }
  const [text, value] = parse(bytes);
  const twice = duplicateMember(text);
  if (twice === null) return value;
  throw new KeysError('invalid_request', `a member comes twice: ${JSON.stringify(twice.slice(0, 100))}`);
}

function parse(bytes: ArrayBuffer): readonly [string, unknown] {
  try {
    const text = utf8.decode(bytes);
    return [text, JSON.parse(text)];
  } catch {
    throw new KeysError('invalid_request', 'the body is not JSON');
  }
}
