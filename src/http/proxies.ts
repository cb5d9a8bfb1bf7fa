import { isIP } from 'node:net';
import { KeysError } from '../domain/errors.js';
import { ipAllowed } from '../domain/restrictions.js';
import { isLoopback } from './loopback.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy as an environment variable names it. */
export interface HttpProxy {
  /** Address without user and password, such as `http://proxy.example:3128`. */
  readonly address: string;
  readonly protocol: 'http:' | 'https:' | 'socks5:';
  readonly user: string;
  readonly password: string;
}

/** Whether the environment names a proxy for anything. */
export function namesProxy(env: Environment): boolean {
  return ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].some((name) => variable(env, name) !== '');
}

/**
 * Returns the proxy for a URL, as curl reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY: small letters
 * first, an address without a scheme is an HTTP proxy's. Null for a direct connection; always for this
 * machine, whose plain HTTP must not leave it. Throws `usage` for an address that is none.
 */
export function proxyFor(url: string, env: Environment): HttpProxy | null {
  const { hostname, port, protocol } = new URL(url);
  if (isLoopback(hostname) || isExcepted(hostname, port, variable(env, 'NO_PROXY'))) return null;
  const own = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const name = [own, 'ALL_PROXY'].find((candidate) => variable(env, candidate) !== '');
  return name === undefined ? null : parseProxy(variable(env, name), name);
}

/** An empty variable counts as none. */
function variable(env: Environment, name: string): string {
  const small = env[name.toLowerCase()]?.trim();
  if (small) return small;
  // In a CGI program the variable HTTP_PROXY holds a header of the caller.
  if (name === 'HTTP_PROXY' && env['REQUEST_METHOD'] !== undefined) return '';
  return env[name]?.trim() ?? '';
}

/** Ports that curl takes where the address names none. */
const DEFAULT_PORTS = { 'http:': '1080', 'https:': '443', 'socks5:': '1080' } as const;
/** Both names of SOCKS5: the proxy always resolves the host, so that no name is looked up here. */
const PROTOCOLS: Readonly<Record<string, HttpProxy['protocol']>> = {
  ...{ http: 'http:', https: 'https:', socks5: 'socks5:', socks5h: 'socks5:', socks: 'socks5:' },
};

/**
 * The variables that name a proxy, and those whose address is none that `proxyFor` takes. Addresses are left
 * out: they may hold a password.
 */
export function proxyVariables(env: Environment): { readonly set: string[]; readonly wrong: string[] } {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
  const set = names.filter((name) => env[name]?.trim());
  const wrong = set.filter((name) => {
    try {
      parseProxy(env[name]?.trim() ?? '', name);
      return false;
    } catch {
      return true;
    }
  });
  return { set, wrong };
}

function parseProxy(text: string, name: string): HttpProxy {
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? [];
  const protocol = PROTOCOLS[scheme.toLowerCase()];
  // A scheme that URLs know, so that host, port and user are read alike for all.
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : null;
  // An @ behind the host belongs to a password with a sign that is not encoded: what stands before it would
  // be taken for host and port, and shown.
  const misread = url !== null && `${url.pathname}${url.search}${url.hash}`.includes('@');
  if (protocol === undefined || url === null || url.hostname === '' || misread) {
    // The text is left out: it may hold a password.
    throw new KeysError('usage', `${name} is not the address of a proxy that keys can use`, {
      hint: 'such as http://proxy.example:3128, https://… or socks5h://…, with signs in a password percent-encoded; NO_PROXY names hosts without a proxy',
    });
  }
  const explicit = /:(\d+)(?:[/?#]|$)/.exec(rest.slice(rest.lastIndexOf('@') + 1).replace(/^\[[^\]]*\]/, ''));
  const port = url.port || explicit?.[1] || DEFAULT_PORTS[protocol];
  return {
    address: `${protocol}//${url.hostname}:${port}`,
    protocol,
    user: decode(url.username),
    password: decode(url.password),
  };
}

/** A percent sign that begins no escape stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Whether NO_PROXY names a host: entries between commas or spaces; a name stands for itself and its
 * subdomains, with a dot or an asterisk before it or without; an address stands for itself, a range such as
 * `10.0.0.0/8` for its addresses; `*` for all.
 */
function isExcepted(hostname: string, port: string, exceptions: string): boolean {
  const host = hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  return exceptions
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matchesEntry(host, port, entry.toLowerCase()));
}

function matchesEntry(host: string, port: string, entry: string): boolean {
  if (entry === '*') return true;
  const [, bracketed, plain, entryPort] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== port && isIP(entry) === 0) return false;
  const name = isIP(entry) === 0 ? (bracketed ?? plain ?? entry) : entry;
  if (isIP(host) !== 0) return isIP(name.replace(/\/\d+$/, '')) !== 0 && inRange(host, name);
  const suffix = name.replace(/^\*?\.+/, '').replace(/\.$/, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function inRange(host: string, range: string): boolean {
  try {
    return ipAllowed([range], host);
  } catch {
    return false;
  }
}
