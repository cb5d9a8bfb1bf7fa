import { BlockList, isIP } from 'node:net';
import { KeysError } from './errors.js';

/** Who may use a key, from where, for what. Each list that is present and not empty must be met. */
export interface Restrictions {
  /** IPv4 or IPv6 addresses or CIDR ranges. */
  readonly ips?: readonly string[];
  /** Origins or URL patterns; `*` stands for any run of characters. */
  readonly referrers?: readonly string[];
  /** `METHOD /path`, where `*` as method means any and `*` in the path any run of characters. */
  readonly endpoints?: readonly string[];
}

/** A range as `net.BlockList` takes it. Throws `invalid_request` for what is neither an address nor a CIDR range. */
export function parseIpRange(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', prefixText, ...rest] = text.split('/');
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefix = prefixText === undefined ? most : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : -1;
  if (version === 0 || rest.length > 0 || prefix < 0 || prefix > most || address.includes('%')) {
    throw new KeysError('invalid_request', `not an IP address or CIDR range: ${JSON.stringify(text)}`, {
      hint: 'such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32',
    });
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

export function ipAllowed(ranges: readonly string[], ip: string): boolean {
  const version = isIP(ip);
  if (version === 0) return false;
  const list = new BlockList();
  for (const range of ranges) {
    const { address, prefix, family } = parseIpRange(range);
    list.addSubnet(address, prefix, family);
  }
  return list.check(ip, version === 4 ? 'ipv4' : 'ipv6');
}

/** Whether `text` matches a pattern in which `*` stands for any run of characters. Linear in both lengths' product. */
export function wildcardMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern[p] === '*') p++;
  return p === pattern.length;
}

/** A referrer pattern without a path covers its whole origin: `https://app.example.com` allows every page of it. */
export function referrerAllowed(patterns: readonly string[], referrer: string): boolean {
  let url: URL;
  try {
    url = new URL(referrer);
  } catch {
    return false;
  }
  const page = `${url.origin}${url.pathname}`;
  return patterns.some((pattern) => {
    const withoutScheme = pattern.replace(/^[a-z*][a-z0-9+.*-]*:\/\//i, '');
    if (!withoutScheme.includes('/')) {
      return wildcardMatches(pattern.includes('://') ? pattern : `*://${pattern}`, url.origin);
    }
    return wildcardMatches(pattern.includes('://') ? pattern : `*://${pattern}`, page);
  });
}

/** Throws `invalid_request` for what is not `METHOD /path`. */
export function parseEndpoint(text: string): { method: string; path: string } {
  const match = /^(\*|[A-Z]{3,10}) (\/[^\s?#]*)$/.exec(text);
  if (!match?.[1] || !match[2]) {
    throw new KeysError('invalid_request', `not an endpoint: ${JSON.stringify(text)}`, {
      hint: "a method and a path, such as 'GET /v1/users/*' or '* /v1/*'",
    });
  }
  return { method: match[1], path: match[2] };
}

/**
 * The path is compared as the server behind would resolve it: percent-encoding undone, `.` and `..` resolved, the query
 * left out. A path that hides a slash or a dot segment behind an encoding is not allowed at all.
 */
export function endpointAllowed(endpoints: readonly string[], method: string, path: string): boolean {
  if (!path.startsWith('/') || path.startsWith('//') || /%2f|%5c|%2e|\\/i.test(path)) return false;
  let clean: string;
  try {
    clean = decodeURIComponent(new URL(path, 'http://localhost').pathname);
  } catch {
    return false;
  }
  return endpoints.some((endpoint) => {
    const allowed = parseEndpoint(endpoint);
    return (
      (allowed.method === '*' || allowed.method === method.toUpperCase()) &&
      wildcardMatches(allowed.path, clean)
    );
  });
}
