import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { TransportRequest } from '../http/transport.js';
import type { Context } from './context.js';

export interface ApiFlags {
  readonly key?: string;
  readonly environment?: string;
  readonly data?: string;
  readonly query?: string[];
  readonly header?: string[];
  readonly include?: true;
}

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** Most bytes of a body. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Headers that carry a credential, or that are the transport's own to write. */
const RESERVED =
  /^(authorization|proxy-authorization|cookie|x-api-key|x-tlp-.*|.*-api-key|.*-token|host|connection|content-length|transfer-encoding|expect|upgrade)$/i;

/**
 * The request of `keys api`, without its credential. Throws `usage` for what is malformed, and where key and
 * body are both to be read from stdin.
 */
export async function readApiRequest(
  { method, path, baseUrl }: { readonly method: string; readonly path: string; readonly baseUrl: string },
  flags: ApiFlags,
  context: Context,
): Promise<TransportRequest> {
  if (flags.key === '-' && flags.data === '-') {
    throw new KeysError('usage', '--key - and --data - both read stdin', { hint: 'give the body as @file' });
  }
  const url = addressUnder(baseUrl, path, flags.query ?? []);
  const headers = readHeaders(flags.header ?? []);
  const body = flags.data === undefined ? undefined : await readBody(flags.data, context);
  return {
    method: readMethod(method),
    url,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...compact({ body }),
  };
}

function readMethod(text: string): TransportRequest['method'] {
  const method = METHODS.find((known) => known === text.toUpperCase());
  if (method !== undefined) return method;
  throw new KeysError('usage', `not a method: ${JSON.stringify(text)}`, { hint: METHODS.join(', ') });
}

/** The path's address, which must stay under the base URL: anywhere else, the credential has no business. */
function addressUnder(baseUrl: string, path: string, query: readonly string[]): string {
  const refuse = () =>
    new KeysError('usage', `not a path under ${baseUrl}: ${JSON.stringify(path)}`, {
      hint: 'a path that begins with one slash, such as /v1/whoami; another host is another --base-url',
    });
  if (!/^\/(?![/\\])[^\\\s#]*$/.test(path)) throw refuse();
  const base = new URL(baseUrl);
  const url = new URL(baseUrl + path);
  const root = base.pathname.replace(/\/$/, '');
  if (url.origin !== base.origin || !url.pathname.startsWith(`${root}/`)) throw refuse();
  for (const pair of query) {
    const split = pair.indexOf('=');
    if (split < 1) {
      throw new KeysError('usage', `not a parameter: ${JSON.stringify(pair)}`, {
        hint: 'such as --query page=2',
      });
    }
    url.searchParams.append(pair.slice(0, split), pair.slice(split + 1));
  }
  return url.href;
}

function readHeaders(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)$/.exec(pair) ?? [];
      if (name === '') {
        throw new KeysError('usage', 'not a header: a name, a colon and a value', {
          hint: "such as --header 'accept: text/csv'",
        });
      }
      if (RESERVED.test(name)) {
        throw new KeysError(
          'usage',
          `${name.toLowerCase()} is not for the command line, where other users can read it`,
          {
            hint: 'the key comes from --key, stdin or the environment; keys writes this header itself',
          },
        );
      }
      return [name.toLowerCase(), value];
    }),
  );
}

async function readBody(source: string, context: Context): Promise<Uint8Array> {
  const { readUserFile } = await import('../storage/user-files.js');
  if (source === '-') return await context.input.readBytes(MOST_BYTES);
  if (source.startsWith('@')) return await readUserFile(source.slice(1), MOST_BYTES);
  throw new KeysError('usage', '--data names where the body is', { hint: '@file, or - for stdin' });
}
