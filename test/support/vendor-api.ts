import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { VendorFixture } from '../providers/fixtures/fixture.js';
import { loopbackServer } from './loopback-server.js';

/** One request as it was sent, and its response. */
export interface Exchange {
  readonly method: string;
  /** Under the vendor's base URL, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly response: unknown;
}

export interface VendorApi {
  readonly url: string;
  readonly exchanges: Exchange[];
}

/** A vendor on loopback until the test ends. `before` may respond in its place. */
export async function vendorApi(
  fixture: VendorFixture,
  before: (request: Request) => Response | undefined = () => undefined,
): Promise<VendorApi> {
  const { base = '' } = fixture;
  const app = new Hono().route(base || '/', fixture.app());
  return await loopbackApi(async (request) => before(request) ?? (await app.fetch(request)), base);
}

/** A server on loopback until the test ends, with every request that it gets. */
export async function loopbackApi(
  respond: (request: Request) => Response | Promise<Response>,
  base = '',
): Promise<VendorApi> {
  const exchanges: Exchange[] = [];
  const url = await loopbackServer(
    getRequestListener(async (request) => {
      const body = await request.clone().text();
      const response = await respond(request);
      const { pathname, search } = new URL(request.url);
      const text = await response.clone().text();
      exchanges.push({
        method: request.method,
        path: pathname.slice(base.length) + search,
        headers: Object.fromEntries(request.headers),
        body,
        status: response.status,
        response: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text,
      });
      return response;
    }),
  );
  return { url: url + base, exchanges };
}
