import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { parse } from 'yaml';
import { readGuide } from './guides.js';
import { loopbackServer } from './loopback-server.js';

/** A proxy that cannot be installed here, played by its documents. */
export type DocumentedProxy = 'traefik' | 'envoy';

const MARKS: Readonly<Record<DocumentedProxy, string>> = { traefik: 'forwardAuth:', envoy: 'ext_authz' };

/** The configuration that keys-deployment(7) shows. */
export function documentedConfiguration(proxy: DocumentedProxy): string {
  const blocks = [...readGuide('man/keys-deployment.7.md').matchAll(/```yaml\n([\s\S]*?)```/g)];
  const found = blocks.map(([, text]) => text ?? '').filter((text) => text.includes(MARKS[proxy]));
  if (found.length !== 1) throw new Error(`${found.length} configurations of ${proxy}`);
  return found[0] ?? '';
}

interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a proxy asks the key service about a caller's request, and the headers that then go to the API. */
interface Behaviour {
  check(caller: IncomingMessage): { url: string; method: string; headers: Record<string, string> };
  isYes(status: number): boolean;
  /** What the caller gets while the key service does not respond. */
  readonly forAway: number;
  /** The same for a failure that the key service reports; absent: its own response. */
  readonly forFailure?: number;
  copied(name: string): boolean;
  /** Headers of the caller that go no further, whatever the verdict says of them. */
  readonly cleared: readonly string[];
  /** Headers of the caller that the API gets from the verdict alone. */
  readonly replaced: readonly string[];
}

/**
 * Starts a stand-in that does what a proxy's documents say of this configuration. Returns its address.
 * Sources: doc.traefik.io, "ForwardAuth", with `pkg/middlewares/auth/forward.go`; envoyproxy.io, "External
 * Authorization", with `ext_authz_http_impl.cc`.
 */
export async function startDocumentedProxy(
  proxy: DocumentedProxy,
  configuration: string,
  api: string,
): Promise<string> {
  const behaviour = { traefik, envoy }[proxy](parse(configuration));
  return await loopbackServer(async (caller, outgoing) => {
    const body = await buffer(caller);
    for (const name of behaviour.cleared) delete caller.headers[name];
    const { url, method, headers } = behaviour.check(caller);
    const verdict = await send(url, method, headers).catch(() => null);
    if (verdict === null) return void outgoing.writeHead(behaviour.forAway).end();
    if (verdict.status >= 500 && behaviour.forFailure !== undefined)
      return void outgoing.writeHead(behaviour.forFailure).end();
    if (!behaviour.isYes(verdict.status))
      return void outgoing.writeHead(verdict.status, withoutHops(verdict.headers)).end(verdict.body);
    for (const name of behaviour.replaced) delete caller.headers[name];
    const passed = Object.entries({ ...caller.headers, ...copiedOf(verdict, behaviour) });
    const { status, ...response } = await send(
      api + caller.url,
      caller.method ?? 'GET',
      Object.fromEntries(passed) as Record<string, string>,
      body,
    );
    outgoing.writeHead(status, withoutHops(response.headers)).end(response.body);
  });
}

const copiedOf = ({ headers }: Response, { copied }: Behaviour): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => copied(name)));

function withoutHops({
  connection: _,
  'keep-alive': __,
  'transfer-encoding': ___,
  ...rest
}: IncomingHttpHeaders) {
  return rest;
}

interface TraefikFile {
  readonly http: {
    readonly middlewares: {
      readonly 'own-headers': { headers: { customRequestHeaders: Readonly<Record<string, string>> } };
      readonly keys: { forwardAuth: { address: string; authResponseHeaders: readonly string[] } };
    };
  };
}

/**
 * A GET to the address with the caller's headers, but for those of its connection; `X-Forwarded-*` are
 * Traefik's own. Headers of the list replace the caller's. A failure of the service is passed on; while it is
 * away, the caller gets 500.
 */
function traefik({ http: { middlewares } }: TraefikFile): Behaviour {
  const { address, authResponseHeaders } = middlewares.keys.forwardAuth;
  const names = authResponseHeaders.map((name) => name.toLowerCase());
  return {
    check: ({ method = '', url = '', headers, socket }) => ({
      url: address,
      method: 'GET',
      headers: {
        ...(ofNoConnection(headers) as Record<string, string>),
        'x-forwarded-host': headers.host ?? '',
        'x-forwarded-method': method,
        'x-forwarded-uri': url,
        'x-forwarded-for': socket.remoteAddress ?? '',
        'x-forwarded-proto': 'http',
      },
    }),
    isYes: (status) => status >= 200 && status < 300,
    forAway: 500,
    copied: (name) => names.includes(name),
    replaced: names,
    cleared: Object.keys(middlewares['own-headers'].headers.customRequestHeaders).map((name) =>
      name.toLowerCase(),
    ),
  };
}

interface EnvoyFilter {
  readonly typed_config: {
    readonly allowed_headers: { patterns: readonly { exact: string }[] };
    readonly http_service: {
      readonly server_uri: { uri: string };
      readonly path_prefix: string;
      readonly authorization_request: { headers_to_add?: readonly { key: string; value: string }[] | null };
      readonly authorization_response: {
        allowed_upstream_headers: { patterns: readonly { prefix: string }[] };
      };
    };
  };
}

/**
 * The caller's method, its path behind the prefix, and of its headers those alone that are allowed. With
 * `use_remote_address`, the caller's address is added to what it says itself of others. 200 is yes.
 */
function envoy([filter]: readonly EnvoyFilter[]): Behaviour {
  if (filter === undefined) throw new Error('no filter');
  const { allowed_headers, http_service: service } = filter.typed_config;
  const allowed = new Set(['authorization', ...allowed_headers.patterns.map(({ exact }) => exact)]);
  const added = service.authorization_request.headers_to_add ?? [];
  const prefixes = service.authorization_response.allowed_upstream_headers.patterns;
  return {
    check: ({ method = '', url = '', headers, socket }) => ({
      url: service.server_uri.uri + service.path_prefix + url,
      method,
      headers: {
        ...(Object.fromEntries(Object.entries(headers).filter(([name]) => allowed.has(name))) as Record<
          string,
          string
        >),
        'x-forwarded-for': [headers['x-forwarded-for'] ?? [], socket.remoteAddress ?? ''].flat().join(','),
        ...Object.fromEntries(added.map(({ key, value }) => [key, value])),
        'content-length': '0',
      },
    }),
    isYes: (status) => status === 200,
    forAway: 503,
    forFailure: 503,
    copied: (name) => prefixes.some(({ prefix }) => name.startsWith(prefix)),
    cleared: [],
    replaced: [],
  };
}

const OF_A_CONNECTION: ReadonlySet<string> = new Set(
  'connection content-length host keep-alive te trailer transfer-encoding upgrade'.split(' '),
);

/** Without what belongs to one connection or to its body, and without what `Connection` names. */
function ofNoConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !OF_A_CONNECTION.has(name) && !named.includes(name)),
  );
}

/** `fetch` would read the path anew: a caller's `..` has to arrive. */
function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: Buffer = Buffer.alloc(0),
): Promise<Response> {
  const { origin, hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: url.slice(origin.length), method, headers, agent: false }, (incoming) => {
      const { statusCode: status = 0, headers } = incoming;
      buffer(incoming).then((body) => resolve({ status, headers, body }), reject);
    })
      .on('error', reject)
      .end(body.length === 0 ? undefined : body);
  });
}
