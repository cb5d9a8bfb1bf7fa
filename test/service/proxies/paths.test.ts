import { expect, it } from 'vitest';
import { normalPath } from '../../../src/domain/endpoint-restriction.js';
import { fc } from '../../support/fast-check.js';
import { loopbackServer } from '../../support/loopback-server.js';
import { missing } from '../../support/needs.js';
import { rawRequest } from '../../support/raw-request.js';
import { startProxy } from '../../support/reverse-proxy.js';

/**
 * Each site responds with the path that its server matches against, percent-encoded so that a header can hold
 * it.
 */
const NGINX =
  'server {\n  listen 127.0.0.1:8080;\n  location / { return 204; add_header X-Path "[$uri]"; }\n}\n';
const CADDY = 'http://127.0.0.1:8080 {\n\theader X-Path [{http.request.uri.path}]\n\trespond 204\n}\n';

async function nodeServer(): Promise<string> {
  return await loopbackServer(({ url = '' }, outgoing) => {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    outgoing.setHeader('x-path', `[${path}]`).writeHead(204).end();
  });
}

/**
 * The path that a server reads. A connection that a busy machine resets says nothing of it: it is asked
 * again.
 */
async function pathAt(server: string, path: string, tries = 5): Promise<string | undefined> {
  try {
    return String((await rawRequest(server + path, {})).headers['x-path']);
  } catch (error) {
    if (tries === 1 || (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    return await pathAt(server, path, tries - 1);
  }
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
  ...['?', '%3f', '#', '%23', '*', '%2a', '|', '"', '<', '>', '{', '^', '`', ':', '&', '=', '$', "'", '['],
  ...[
    '%7e',
    '%7E',
    '..;',
    ';x=1',
    '%2E%2e',
    '%5c',
    '%00',
    '%0a',
    '%7f',
    '%',
    '%zz',
    '%u002e',
    '%c0%ae',
    '%e0%80%ae',
    '%c1%9c',
    '%252f',
    '%255c',
    '.%61',
    '.a',
    'a.',
  ],
];
const PLAIN = ['a', 'B', 'admin', '/', '...', '~', '!', '+', '@', '%20', '%61', ':'];
/** Mostly what a restriction may allow: the others need no server. */
const target = fc
  .oneof(
    { weight: 2, arbitrary: fc.array(fc.constantFrom(...PLAIN), { minLength: 1, maxLength: 8 }) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(fc.constantFrom(...PLAIN), { maxLength: 4 }), fc.constantFrom(...PIECES))
        .map(([plain, odd]) => [...plain, odd, 'x']),
    },
  )
  .map((pieces) => `/${pieces.join('')}`);
/** `npm run fuzz` sets 50,000. */
const PATHS = Number(process.env['KEYS_FUZZ_REQUESTS'] ?? 400);

/** Paths that are tried at once. */
const AT_ONCE = 40;

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
    const checkPath = async (path: string) => {
      const normal = normalPath(path);
      if (normal === null) return;
      allowed++;
      const read = servers.map((server) => pathAt(server, path));
      expect([path, await Promise.all(read)]).toEqual([path, servers.map(() => `[${normal}]`)]);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(target, { minLength: AT_ONCE, maxLength: AT_ONCE }),
        async (paths) => void (await Promise.all(paths.map(checkPath))),
      ),
      { numRuns: PATHS / AT_ONCE },
    );
    expect(allowed).toBeGreaterThan(20);
    console.info(
      `${PATHS} paths: ${allowed} read alike by nginx, Caddy and Node; ${PATHS - allowed} refused`,
    );
  },
  60_000 + PATHS * 100,
);
