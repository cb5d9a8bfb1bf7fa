import { Command, Option } from '@commander-js/extra-typings';
import { compact } from '../../domain/compact.js';
import { codeForStatus, KeysError } from '../../domain/errors.js';
import type { TransportRequest } from '../../http/transport.js';
import type { Context } from '../context.js';
import { findCredential } from '../find-credential.js';
import { collect } from '../key-options.js';

interface ApiFlags {
  readonly key?: string;
  readonly environment?: string;
  readonly data?: string;
  readonly query?: string[];
  readonly header?: string[];
  readonly include?: true;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** Most bytes of a body. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Headers that carry a credential, or that are the transport's own to write. */
const RESERVED =
  /^(authorization|proxy-authorization|cookie|x-api-key|x-tlp-.*|.*-api-key|.*-token|host|connection|content-length|transfer-encoding|expect|upgrade)$/i;

export function apiCommand(context: Context) {
  return new Command('api')
    .description(
      "Sends one request as the provider's documentation says: its headers, its scheme, signed where it signs. The key is never passed as an argument. The response's body goes to stdout, its status becomes the exit code.",
    )
    .argument('<method>', METHODS.join(', '))
    .argument('<path>', 'such as /v1/whoami; under the base URL, never an address')
    .option(
      '--key <key>',
      'a saved key, by id or name (on a terminal, also by prefix); - reads it from stdin',
    )
    .option('--environment <name>', 'what the key on stdin or in a variable is of, such as demo')
    .option('--data <source>', 'body: @file, or - for stdin; sent byte for byte')
    .addOption(repeated('--query <name=value>', 'a parameter; again for more'))
    .addOption(repeated('--header <name:value>', 'a header that is no credential; again for more'))
    .option('--include', 'print the status and headers of the response before its body')
    .addHelpText(
      'after',
      `
Examples:
  keys api GET /v1/whoami --profile team
  keys api GET /transactions/merchant/getAccountBalance --provider tylt --key shop
  keys api POST /orders --provider tylt --key shop --data @order.json`,
    )
    .action((method, path, flags) => api(method, path, flags, context));
}

function repeated<Flags extends string>(flags: Flags, about: string) {
  return new Option(flags, about).argParser<string[]>(collect);
}

async function api(method: string, path: string, flags: ApiFlags, context: Context): Promise<void> {
  const [{ userAgent }, { targetedProvider }, { loadProvider }, { useKey }, { noteUse }] = await Promise.all([
    import('../../connect/client.js'),
    import('../../connect/targeted-provider.js'),
    import('../../providers/registry.js'),
    import('../../providers/use-key.js'),
    import('../../lifecycle/note-use.js'),
  ]);
  const { provider, baseUrl, environment } = await targetedProvider(context, flags.environment);
  if (baseUrl === null) {
    const of = environment === undefined ? '' : ` for ${environment}`;
    throw new KeysError('missing_answer', `--base-url is required for ${provider.title}${of}`, {
      ...(environment === undefined
        ? { hint: `keys provider show ${provider.id}` }
        : { next: 'give_address', details: { provider: provider.id, environment } }),
    });
  }
  if (flags.key === '-' && flags.data === '-') {
    throw new KeysError('usage', '--key - and --data - both read stdin', { hint: 'give the body as @file' });
  }
  const url = addressUnder(baseUrl, path, flags.query ?? []);
  const headers = readHeaders(flags.header ?? []);
  const body = flags.data === undefined ? undefined : await readBody(flags.data, context);
  const found = await findCredential({ key: flags.key, environment: flags.environment }, context);
  const request: TransportRequest = {
    method: readMethod(method),
    url,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...compact({ body }),
  };
  const definition = await loadProvider(provider.id, context);
  const send = useKey(definition, { transport: await context.transport(), userAgent: userAgent(context) });
  const response = await send(found.credential, request);
  // A request without a response has used nothing, as far as is known.
  if (found.saved !== undefined) await noteUse(found.saved, context);
  const output = context.output;
  if (flags.include) {
    const lines = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\n`);
    await output.print(`HTTP ${response.status}\n${lines.join('')}\n`);
  }
  await output.print(response.body);
  if (response.status >= 200 && response.status < 300) return;
  throw new KeysError(
    codeForStatus(response.status),
    `the response is ${response.status}: ${request.method} ${url.split('?')[0]}`,
  );
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
  const { readUserFile } = await import('../../storage/user-files.js');
  if (source === '-') return await context.input.readBytes(MOST_BYTES);
  if (source.startsWith('@')) return await readUserFile(source.slice(1), MOST_BYTES);
  throw new KeysError('usage', '--data names where the body is', { hint: '@file, or - for stdin' });
}
