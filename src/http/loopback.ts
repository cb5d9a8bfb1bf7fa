import { isIP } from 'node:net';
import { ipAllowed } from '../domain/restrictions.js';

/** Whether a URL's host is this machine: nothing that it is sent leaves it. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '127.0.0.1' || host === 'localhost') return true;
  if (isIP(host) !== 0) return ipAllowed(['127.0.0.0/8', '::1'], host);
  return host.endsWith('.localhost');
}
