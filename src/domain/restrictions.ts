import { BlockList, isIP } from 'node:net';
import { KeysError } from './errors.js';

/** From where and for what a key may be used. Each list that is present and not empty must be met. */
export interface Restrictions {
  /** IPv4 or IPv6 addresses or CIDR ranges. */
  readonly ips?: readonly string[];
  /** Origins or URL patterns; `*` stands for any run of characters of the host, or of the path. */
  readonly referrers?: readonly string[];
  /** `METHOD /path`, where `*` as method means any and `*` in the path any run of characters. */
  readonly endpoints?: readonly string[];
}

/** The members of `Restrictions`: each is a list of texts. */
export const RESTRICTION_LISTS: ReadonlySet<string> = new Set<keyof Restrictions>([
  'ips',
  'referrers',
  'endpoints',
]);

/**
 * A range as `net.BlockList` takes it. Throws `invalid_request` for what is neither an address nor a CIDR
 * range.
 */
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

/**
 * Whether `text` matches a pattern in which `*` stands for any run of characters. Takes time linear in both
 * lengths: servers run this for each request, and a pattern must not be able to make them slow.
 */
export function wildcardMatches(pattern: string, text: string): boolean {
  return literalsMatch(pattern.split('*'), text);
}

/** The same for a pattern that was split at each `*`. */
export function literalsMatch(literals: readonly string[], text: string): boolean {
  const [first = '', ...others] = literals;
  const last = others.pop();
  if (last === undefined) return text === first;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (const literal of others) {
    const at = indexIn(text, literal, from, end);
    if (at < 0) return false;
    from = at + literal.length;
  }
  return true;
}

/**
 * Where `literal` begins in `text` between `from` and `end`, or -1. Knuth, Morris and Pratt: no text makes it
 * quadratic.
 */
function indexIn(text: string, literal: string, from: number, end: number): number {
  const borders = bordersOf(literal);
  let matched = 0;
  if (literal === '') return from;
  for (let at = from; at < end; at++) {
    while (matched > 0 && text[at] !== literal[matched]) matched = borders[matched - 1] ?? 0;
    if (text[at] === literal[matched]) matched++;
    if (matched === literal.length) return at + 1 - matched;
  }
  return -1;
}

/** For each prefix, the length of its longest proper prefix that is also its suffix. */
function bordersOf(literal: string): number[] {
  const borders = [0];
  let length = 0;
  for (let at = 1; at < literal.length; at++) {
    while (length > 0 && literal[at] !== literal[length]) length = borders[length - 1] ?? 0;
    if (literal[at] === literal[length]) length++;
    borders.push(length);
  }
  return borders;
}
