import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { normalPath } from '../../../src/domain/endpoint-restriction.js';
import { fc } from '../../support/fast-check.js';
import { missing } from '../../support/needs.js';
import { rawRequest } from '../../support/raw-request.js';
import { startProxy } from '../../support/reverse-proxy.js';

/** Each site responds with the path that its server matches against, percent-encoded so that a header can hold it. */
const NGINX =
  'server {\n  listen 127.0.0.1:8080;\n  location / { return 204; add_header X-Path "[$uri]"; }\n}\n';
const CADDY = 'http://127.0.0.1:8080 {\n\theader X-Path [{http.request.uri.path}]\n\trespond 204\n}\n';

async function nodeServer(): Promise<string> {
  const server = createServer(({ url = '' }, outgoing) => {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    outgoing.setHeader('x-path', `[${path}]`).writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const PIECES = [
  'a',
  'B',
  'admin',
  '/',
  '//',
  '.',
  '..',
  '...',
  '%2e',
  '%2F',
  ';',
  '%3b',
  '%61',
  '%25',
  '%2525',
  '\\',
  '~',
  '!',
  '+',
  '%20',
  '@',
];
const target = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 })
  .map((pieces) => `/${pieces.join('')}`);

it.skipIf(missing('nginx') || missing('caddy'))(
  'a path that a restriction may allow is the same to nginx, Caddy and Node',
  async () => {
    const addresses = { keyService: 'http://127.0.0.1:1', api: 'http://127.0.0.1:1' };
    const servers = [
      await startProxy('nginx', { ...addresses, change: () => NGINX }),
      await startProxy('caddy', { ...addresses, change: () => CADDY }),
      await nodeServer(),
    ];
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(target, async (path) => {
        const normal = normalPath(path);
        if (normal === null) return;
        allowed++;
        for (const server of servers) {
          const { headers } = await rawRequest(server + path, {});
          expect([server, headers['x-path']]).toEqual([server, `[${normal}]`]);
        }
      }),
      { numRuns: 400 },
    );
    expect(allowed).toBeGreaterThan(20);
  },
  60_000,
);
