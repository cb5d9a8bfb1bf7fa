import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { KeysError } from '../../domain/errors.js';
import { parseIpRange } from '../../domain/restrictions.js';

/** Where a request comes from, as far as that can be believed. */
export interface Origin {
  /** The caller's address; undefined where a trusted proxy says something that is none. */
  readonly ip: string | undefined;
  /** Whether a trusted proxy sent the request. */
  readonly trusted: boolean;
  /**
   * The request that a trusted proxy asks about, where it says so; a member that it leaves out is undefined.
   */
  readonly original: { readonly method: string | undefined; readonly uri: string | undefined } | null;
}

/** Stands for the callers of a socket in the file system, which have no address. */
export const UNIX = 'unix';

/** Reads the origin of a request; `original` is for the endpoint alone that proxies ask. */
export type ReadOrigin = (incoming: IncomingMessage) => Origin;

/**
 * Believes what proxies at these addresses (CIDR) say of their callers: `X-Forwarded-For` from its right end
 * up to the first address that is no proxy, and the original request as nginx (`X-Original-*`, by its
 * configuration) or Caddy (`X-Forwarded-Method`, `X-Forwarded-Uri`, by itself) sends it. From anyone else
 * these are words like others.
 */
export function createOriginReader(trusted: readonly string[]): ReadOrigin {
  const proxies = new BlockList();
  // Whoever may open the socket in the file system is a proxy.
  const trustsSocket = trusted.includes(UNIX);
  for (const range of trusted.filter((each) => each !== UNIX)) {
    const { address, prefix, family } = parseIpRange(range);
    proxies.addSubnet(address, prefix, family);
  }
  const isProxy = (ip: string) => proxies.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
  return (incoming) => {
    const peer = plainAddress(incoming.socket.remoteAddress ?? '');
    if (trusted.length === 0 || !(peer === undefined ? trustsSocket : isProxy(peer)))
      return { ip: peer, trusted: false, original: null };
    return {
      ip: callerBehind(peer, textOf(incoming, 'x-forwarded-for'), isProxy),
      trusted: true,
      original: originalRequest(incoming),
    };
  };
}

/** The caller's address for the log; undefined where it cannot be known. */
export function callerAddress(incoming: IncomingMessage, readOrigin: ReadOrigin): string | undefined {
  try {
    return readOrigin(incoming).ip;
  } catch {
    return undefined;
  }
}

function callerBehind(
  peer: string | undefined,
  forwardedFor: string | undefined,
  isProxy: (ip: string) => boolean,
): string | undefined {
  let caller: string | undefined = peer;
  for (const hop of forwardedFor?.split(',').reverse() ?? []) {
    caller = plainAddress(hop.trim());
    if (caller === undefined || !isProxy(caller)) return caller;
  }
  return caller;
}

/** Strips port, brackets and the `::ffff:` prefix. Returns undefined if the rest is not an IP address. */
function plainAddress(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+(?:\.\d+){3}):\d+$/.exec(text)?.[1] ?? text;
  const address = bare.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(address) === 0 ? undefined : address;
}

/**
 * A proxy sets one of the two pairs of headers and may let its caller's other pair through: pairs that differ
 * are a caller who wants to be judged by another request than the one that is sent. Throws `forbidden` for
 * that.
 */
function originalRequest(incoming: IncomingMessage): Origin['original'] {
  const ours = pairOf(incoming, 'x-original-method', 'x-original-uri');
  const theirs = pairOf(incoming, 'x-forwarded-method', 'x-forwarded-uri');
  if (ours !== null && theirs !== null && (ours.method !== theirs.method || ours.uri !== theirs.uri)) {
    throw new KeysError('forbidden', 'X-Original-* and X-Forwarded-* name different requests', {
      hint: 'the proxy has to set or clear both; the README has a configuration that does',
    });
  }
  return ours ?? theirs;
}

function pairOf(incoming: IncomingMessage, methodHeader: string, uriHeader: string): Origin['original'] {
  const [method, uri] = [textOf(incoming, methodHeader), textOf(incoming, uriHeader)];
  if (method === undefined && uri === undefined) return null;
  if (
    (method !== undefined && !/^[A-Za-z]{1,20}$/.test(method)) ||
    (uri !== undefined && !/^\/\S*$/.test(uri))
  ) {
    throw new KeysError('forbidden', `not a request: ${methodHeader}, ${uriHeader}`);
  }
  return { method, uri };
}

/** An empty header is how nginx's own variables say that there is nothing. */
function textOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
