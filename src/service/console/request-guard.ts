import { isIP } from 'node:net';
import { KeysError } from '../../domain/errors.js';

/** Returns a request's header by its lower-case name. */
export type ReadHeader = (name: string) => string | undefined;

/**
 * Refuses a request under a foreign host name: a page elsewhere can point its own name at this address (DNS
 * rebinding), but it cannot make a browser send an IP address or `localhost` as host. Throws `forbidden`.
 */
export function refuseForeignHost(header: ReadHeader, hosts: readonly string[] | 'any'): void {
  const host = header('host') ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  const own = isIP(name.replace(/^\[(.*)\]$/, '$1')) > 0 || name === 'localhost';
  if (own || hosts === 'any' || hosts.some((each) => each.toLowerCase() === name)) return;
  throw new KeysError('forbidden', 'the console is not served under this host name', {
    hint: 'open the console by its IP address, or start the service with that name: `keys serve --console-host NAME`',
  });
}

/**
 * Refuses a change that a page of another origin asked for. Browsers send `Sec-Fetch-Site` from HTTPS and
 * loopback pages; without it, `Origin` must be ours. Under `no-referrer`, browsers send `Origin: null`, which
 * alone proves nothing. `secure`: whether the connection is known to be encrypted. Throws `forbidden`.
 */
export function refuseForeignOrigin(header: ReadHeader, secure: boolean): void {
  const [site, origin] = [header('sec-fetch-site'), header('origin')];
  const host = (header('host') ?? '').toLowerCase();
  // A proxy may encrypt and not say so. Its browsers vouch for the page with Sec-Fetch-Site.
  const schemes = secure ? ['https'] : site === 'same-origin' ? ['http', 'https'] : ['http'];
  const ours = origin !== undefined && schemes.some((scheme) => originOf(origin) === `${scheme}://${host}`);
  const foreignSite = site !== undefined && site !== 'same-origin';
  const foreignOrigin = origin !== undefined && origin !== 'null' && !ours;
  if (!foreignSite && !foreignOrigin && (site === 'same-origin' || ours)) return;
  throw new KeysError('forbidden', 'the form was not sent from a page of this console', {
    hint: 'open the console over HTTPS or at 127.0.0.1, and send the form from there',
  });
}

/**
 * Whether a page was opened over plain HTTP from another machine. Browsers send `Sec-Fetch-Site` from HTTPS
 * and loopback pages alone, so that `refuseForeignOrigin` would refuse a form of this page.
 */
export function isPlainAndRemote(header: ReadHeader): boolean {
  return header('sec-fetch-site') === undefined && !isLoopback(header('host') ?? '');
}

/** Whether a Host header names this machine itself. */
function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host);
}

/** Scheme and host of an address; null: it is none. */
function originOf(address: string): string | null {
  try {
    return new URL(address).origin;
  } catch {
    return null;
  }
}
