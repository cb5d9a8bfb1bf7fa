import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { loopbackServer } from '../../support/loopback-server.js';

interface AcmeKey {
  readonly key_id: number | string;
  label: string;
  readonly token: string;
  readonly created: string;
  readonly ends: string | null;
  readonly addresses: string | null;
  readonly scopes: readonly string[];
  limit: number | null;
  enabled: boolean;
}

/** What a test changes about the vendor. */
interface AcmeWays {
  /** Records show no restrictions, although keys have them. */
  hidesAddresses?: boolean;
  /** The total that each page says; absent: the number of keys. */
  total?: number;
  /** Members that records do not have, although keys have them. */
  lacks?: ReadonlyArray<keyof AcmeKey>;
  /** Times of creation are in seconds. */
  countsSeconds?: boolean;
  /** Refuses each create, with this status and message. */
  refusesCreate?: readonly [status: number, message: string];
}

export interface AcmeVendor extends AcmeWays {
  readonly url: string;
  readonly admin: string;
  readonly keys: AcmeKey[];
  /** Method, path and body of each request, in order. */
  readonly requests: string[];
}

const ADMIN = 'adm_fake_for_tests_only';

/** A vendor whose API needs most of the definition language: pages, restrictions, settings, pauses. */
export async function acmeVendor(): Promise<AcmeVendor> {
  const vendor: AcmeVendor = { url: '', admin: ADMIN, keys: [], requests: [] };
  const url = await loopbackServer(async (request, response) => {
    const body = await text(request).catch(() => '');
    vendor.requests.push(`${request.method} ${request.url} ${body}`.trim());
    const [status, value] = respond(vendor, request, body === '' ? {} : JSON.parse(body));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  });
  return Object.assign(vendor, { url });
}

/** A key as if it had been created before. */
export function addKey(vendor: AcmeVendor, asked: Partial<AcmeKey> = {}): AcmeKey {
  const key: AcmeKey = {
    key_id: Math.max(994, ...vendor.keys.map(({ key_id }) => Number(key_id))) + 7,
    label: `key ${vendor.keys.length}`,
    token: `ak_${randomBytes(24).toString('hex')}`,
    created: '2026-10-01T08:00:00Z',
    ends: null,
    addresses: null,
    scopes: ['docs:read'],
    limit: null,
    enabled: true,
    ...asked,
  };
  vendor.keys.push(key);
  return key;
}

type Response = readonly [status: number, body: unknown];

const refused = (status: number, message: string): Response => [status, { error: { message } }];

function respond(
  vendor: AcmeVendor,
  { method, url = '', headers }: IncomingMessage,
  body: Partial<AcmeKey>,
): Response {
  const { pathname, searchParams } = new URL(url, 'http://acme.example');
  const secret = headers.authorization?.replace(/^Bearer /, '');
  const own = vendor.keys.find(({ token }) => token === secret);
  if (pathname === '/me') return own?.enabled ? [200, { ok: true }] : refused(401, 'unknown key');
  const [path, id] = /^\/projects\/p1\/keys(?:\/([^/]+))?$/.exec(pathname) ?? [];
  if (path === undefined) return refused(404, 'no such page');
  if (secret !== ADMIN) return refused(401, 'not an admin');
  if (id !== undefined) return one(vendor, method, id, body);
  if (method === 'GET') return page(vendor, Number(searchParams.get('page') ?? 1));
  if (vendor.refusesCreate !== undefined) return refused(...vendor.refusesCreate);
  const created = addKey(vendor, { ...body, created: new Date().toISOString() });
  return [201, { key: { ...shown(vendor, created), token: created.token } }];
}

const PAGE = 3;

function page(vendor: AcmeVendor, number: number): Response {
  const some = vendor.keys.slice((number - 1) * PAGE, number * PAGE);
  return [200, { data: some.map((key) => shown(vendor, key)), total: vendor.total ?? vendor.keys.length }];
}

function one(vendor: AcmeVendor, method: string | undefined, id: string, body: Partial<AcmeKey>): Response {
  const key = vendor.keys.find(({ key_id }) => String(key_id) === id);
  if (key === undefined) return refused(404, 'no such key');
  if (method === 'PATCH') Object.assign(key, body);
  if (method === 'DELETE') vendor.keys.splice(vendor.keys.indexOf(key), 1);
  return [200, method === 'DELETE' ? {} : { key: shown(vendor, key) }];
}

/** A record as lists show it: the first characters of its token, and its end. */
function shown({ hidesAddresses, lacks = [], countsSeconds }: AcmeWays, key: AcmeKey) {
  const record = {
    ...key,
    token: key.token.slice(0, 8),
    masked: `ak_…${key.token.slice(-4)}`,
    ...(hidesAddresses ? { addresses: null } : {}),
    ...(countsSeconds ? { created: Math.floor(Date.parse(key.created) / 1000) } : {}),
  };
  const left = Object.entries(record).filter(([name]) => !lacks.some((each) => each === name));
  return Object.fromEntries(left);
}
