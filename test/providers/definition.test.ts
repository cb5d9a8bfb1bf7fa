import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Credential } from '../../src/domain/key.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import type { Call } from '../../src/providers/define-provider.js';
import {
  basic,
  bearer,
  defineProvider,
  headerAuth,
  operation,
  type ProviderDefinition,
  schemeAuth,
} from '../../src/providers/define-provider.js';
import { createProviderService } from '../../src/providers/engine.js';
import { checkLive } from '../../src/providers/live-check.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { inDays, settableClock } from '../support/settable-clock.js';

const SECRET = 'fake_credential_for_tests';
const key = z.object({ id: z.string(), name: z.string() });
const list = operation({
  call: (): Call => ({ method: 'GET', path: '/keys' }),
  response: z.array(key),
  read: (keys) => ({
    keys: keys.map((told) => ({ ...told, status: 'active' as const })),
    next_cursor: null,
  }),
});
const create = operation({
  call: ({ name }: { name: string }): Call => ({ method: 'POST', path: '/keys', body: { name } }),
  response: key.extend({ secret: z.string() }),
  read: ({ secret, ...told }) => ({ key: told, credential: { secret } }),
});

const define = (members: Partial<Parameters<typeof defineProvider>[0]>) =>
  defineProvider({
    id: 'acme',
    title: 'Acme',
    documentation: 'https://acme.example',
    variables: { secret: 'ACME_API_KEY' },
    auth: bearer,
    endpoints: { list, create },
    ...members,
  });

function open(definition: ProviderDefinition, url: string, credential: Credential = { secret: SECRET }) {
  const clock = settableClock();
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
    clock.advance(ms);
  };
  const lines: string[] = [];
  const transport = createHttpTransport({ clock, sleep, trace: (line) => lines.push(line) });
  const options = { transport, userAgent: 'keys/test' };
  const service = createProviderService(definition, { baseUrl: url, credential, clock, sleep, ...options });
  return { service, clock, waits, lines, transport, options };
}

describe('what authenticates', () => {
  const pair = { api_key: 'id', secret_key: 'shh' };
  const headersOf = (auth: ProviderDefinition['auth'], credential: Credential) =>
    auth(credential, { method: 'GET', url: 'https://acme.example/' });
  const encoded = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  it.each([
    ['Bearer', bearer, { secret: 's' }, { authorization: 'Bearer s' }],
    ['Basic with an empty password', basic, { secret: 's' }, { authorization: encoded('s:') }],
    ['Basic of a pair', basic, pair, { authorization: encoded('id:shh') }],
    ['a scheme with id:secret', schemeAuth('Token'), pair, { authorization: 'Token id:shh' }],
    ['no scheme', schemeAuth(''), { secret: 's' }, { authorization: 's' }],
    ["a header of the vendor's own", headerAuth('x-acme-key'), { secret: 's' }, { 'x-acme-key': 's' }],
  ] as const)('%s', (_, auth, credential, headers) => {
    expect(headersOf(auth, credential)).toEqual(headers);
  });

  it('may be one thing for managing and another for using', async () => {
    const { url, seen } = await faultyServer((response) => sendJson(response, 200, []));
    const definition = define({
      auth: headerAuth('x-key'),
      managementAuth: schemeAuth('Admin'),
      check: { method: 'GET', path: '/me' },
    });
    const { service, options } = open(definition, url);
    await service.list({});
    await checkLive(definition, { baseUrl: url }, { secret: 'used' }, options);
    expect(seen.map(({ headers }) => [headers.authorization, headers['x-key']])).toEqual([
      [`Admin ${SECRET}`, undefined],
      [undefined, 'used'],
    ]);
  });
});

describe('a login step', () => {
  const tokens: Record<string, [Record<string, string>, unknown]> = {
    body: [{}, { token: 'tok-1' }],
    header: [{ 'x-token': 'tok-1' }, {}],
    cookie: [{ 'set-cookie': 'sid=tok-1; HttpOnly' }, {}],
  };
  const login = (seconds?: number): NonNullable<ProviderDefinition['login']> => ({
    call: (credential) => ({ method: 'POST', path: '/login', body: credential }),
    read: ({ headers, body }, { clock }) => {
      const told = z.object({ token: z.string().optional() }).parse(body);
      const cookie = headers['set-cookie']?.split(';')[0];
      return {
        headers: cookie ? { cookie } : { authorization: `Bearer ${told.token ?? headers['x-token']}` },
        ...(seconds === undefined ? {} : { expiresAt: clock.now() + seconds * 1000 }),
      };
    },
  });

  it.each(Object.keys(tokens))('whose token comes by %s', async (by) => {
    const { url, seen } = await faultyServer((response, { url: path }) => {
      const [headers, body] = tokens[by] ?? [{}, {}];
      return path === '/login' ? sendJson(response, 200, body, headers) : sendJson(response, 200, []);
    });
    const { service, lines } = open(define({ login: login() }), url);
    await service.list({});
    await service.list({});
    expect(seen.map(({ url: path }) => path)).toEqual(['/login', '/keys', '/keys']);
    const sent = seen[1]?.headers;
    expect(sent?.cookie ?? sent?.authorization).toMatch(/tok-1$/);
    expect(lines.join('\n')).not.toContain('tok-1');
    expect(lines.join('\n')).not.toContain(SECRET);
  });

  it('is taken again when its token has ended, and when it is refused', async () => {
    let refused = false;
    const { url, seen } = await faultyServer((response, { url: path }) => {
      if (path === '/login') return sendJson(response, 200, { token: 'tok' });
      if (!refused) return sendJson(response, 200, []);
      refused = false;
      return sendJson(response, 401, { message: 'ended' });
    });
    const { service, clock } = open(define({ login: login(60) }), url);
    await service.list({});
    clock.advance(61_000);
    await service.list({});
    refused = true;
    await service.list({});
    expect(seen.filter(({ url: path }) => path === '/login')).toHaveLength(3);
  });

  it('that is refused says so once', async () => {
    const { url, seen } = await faultyServer((response) =>
      sendJson(response, 401, { message: 'who are you' }),
    );
    const { service } = open(define({ login: login() }), url);
    await expect(service.list({})).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(seen).toHaveLength(1);
  });
});

describe('operations', () => {
  it('accept the older name of the schema, which files of users have', () => {
    const older = { call: () => ({ method: 'GET' as const, path: '/' }), answer: key, read: () => undefined };
    expect(operation(older)).toMatchObject({ response: key });
    expect(operation(older)).not.toHaveProperty('answer');
  });

  it('may carry a secret that the client makes, the same wherever it is asked for', async () => {
    const { url, seen } = await faultyServer((response) => response.writeHead(204).end());
    const definition = define({
      endpoints: {
        list,
        create: operation({
          call: ({ name }: { name: string }, context): Call => ({
            method: 'PUT',
            path: `/keys/${name}/`,
            body: { passphrase: context.newSecret() },
          }),
          read: (_, { name }, context) => ({
            key: { id: name, name },
            credential: { secret: context.newSecret() },
          }),
        }),
      },
    });
    const { service, lines } = open(definition, url);
    const created = await service.create({ name: 'web' }, idempotent());
    const { secret } = created.credential as { secret: string };
    expect([seen[0]?.method, seen[0]?.url]).toEqual(['PUT', '/keys/web/']);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ passphrase: secret });
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(lines.join('\n')).not.toContain(secret);
    const again = await service.create({ name: 'web' }, idempotent());
    expect((again.credential as { secret: string }).secret).not.toBe(secret);
  });

  it('may be several requests: ended by a flag, then deleted, the id in the body', async () => {
    const { url, seen } = await faultyServer((response) => response.writeHead(200).end());
    const definition = define({
      endpoints: {
        list,
        revoke: operation({
          call: (id: string): Call => ({ method: 'PATCH', path: '/key', body: { id, enabled: false } }),
          read: () => undefined,
          next: operation({
            call: (id: string): Call => ({
              method: 'POST',
              path: '/key.delete',
              body: { id },
              encoding: 'form',
            }),
            read: () => undefined,
          }),
        }),
      },
    });
    await open(definition, url).service.revoke('a b');
    expect(seen.map(({ method, url: path, body }) => [method, path, body])).toEqual([
      ['PATCH', '/key', '{"id":"a b","enabled":false}'],
      ['POST', '/key.delete', 'id=a+b'],
    ]);
  });

  it('wait, within a bound, for a revoked key that stays listed for a while', async () => {
    let looks = 0;
    const { url } = await faultyServer((response, { method }) => {
      if (method === 'DELETE') return response.writeHead(204).end();
      looks++;
      return sendJson(response, 200, looks < 4 ? [{ id: 'a', name: 'a' }] : []);
    });
    const revoke = operation({
      call: (id: string): Call => ({ method: 'DELETE', path: `/keys/${id}` }),
      read: () => undefined,
    });
    const slow = open(
      define({ settling: { created: 0, revoked: 0, listed: 10 }, endpoints: { list, revoke } }),
      url,
    );
    await slow.service.revoke('a');
    expect(slow.waits).toEqual([1_000, 1_000, 1_000]);
    looks = -100;
    const slower = open(
      define({ settling: { created: 0, revoked: 0, listed: 3 }, endpoints: { list, revoke } }),
      url,
    );
    expect(await codeOf(slower.service.revoke('a'))).toBe('timeout');
    expect(slower.waits).toHaveLength(3);
  });

  it.each([
    ['text', 'text/plain', 'no more keys in this plan\n', 'no more keys in this plan'],
    ['HTML', 'text/html', '<h1>Forbidden</h1>', 'the service responded with 403'],
    ['nothing', 'application/json', '', 'the service responded with 403'],
    ['an object in an error', 'application/json', '{"error":{"detail":"not yours"}}', 'not yours'],
  ])('may fail with %s', async (_, type, body, message) => {
    const { url } = await faultyServer((response) =>
      response.writeHead(403, { 'content-type': type }).end(body),
    );
    await expect(open(define({}), url).service.list({})).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining(message),
    });
  });
});

describe('a check', () => {
  it('may be judged by what the body says, where every status is 200', async () => {
    const { url } = await faultyServer((response, { headers }) =>
      sendJson(response, 200, { ok: headers.authorization === 'Bearer good' }),
    );
    const definition = define({
      check: {
        method: 'GET',
        path: '/me',
        accepts: ({ status, body }) => status === 200 && (body as { ok: boolean }).ok,
      },
    });
    const { options } = open(definition, url);
    const outcome = async (secret: string) =>
      (await checkLive(definition, { baseUrl: url }, { secret }, options)).outcome;
    expect([await outcome('good'), await outcome('bad')]).toEqual(['accepted', 'refused']);
  });

  it('names the context that its path lacks', async () => {
    const definition = define({
      context: [{ name: 'account', about: 'the account', required: true }],
      check: { method: 'GET', path: '/accounts/{account}' },
    });
    const { options } = open(definition, 'http://127.0.0.1:9');
    const response = await checkLive(definition, { baseUrl: 'http://127.0.0.1:9' }, { secret: 's' }, options);
    expect([response.outcome, 'message' in response && String(response.message)]).toEqual([
      'not_asked',
      expect.stringContaining('--set account='),
    ]);
  });
});

describe('what cannot be expressed', () => {
  const bare = define({ endpoints: { list, create } });
  it.each([
    ['an expiry', { expires_at: inDays(400) }, 'unsupported'],
    ['scopes', { scopes: ['a'] }, 'unsupported'],
    ['restrictions', { restrictions: { ips: ['192.0.2.1'] } }, 'unsupported'],
    ['metadata', { metadata: { a: 'b' } }, 'unsupported'],
    ['another type', { type: 'public' }, 'invalid_request'],
    ['another environment', { environment: 'test' }, 'invalid_request'],
  ] as const)('%s is refused before anything is sent', async (_, asked, code) => {
    const { url, seen } = await faultyServer((response) => sendJson(response, 200, []));
    const { service } = open(bare, url);
    expect(await codeOf(service.create({ name: 'a', ...asked }, idempotent()))).toBe(code);
    expect(seen).toEqual([]);
  });

  it('an expiry that lies too far ahead, with the one that is possible', async () => {
    const definition = define({
      accepts: { expires_at: { about: 'within a week', atMostSeconds: 7 * 86_400 } },
      endpoints: {
        list,
        create: { ...create, call: (body: object): Call => ({ method: 'POST', path: '/keys', body }) },
      },
    });
    const { service, clock } = open(definition, 'http://127.0.0.1:9');
    const at = (days: number) => new Date(clock.now() + days * 86_400_000).toISOString();
    await expect(service.create({ name: 'a', expires_at: at(8) }, idempotent())).rejects.toMatchObject({
      code: 'invalid_request',
      hint: 'within a week',
      next: 'give_expiry',
      details: { days: 7 },
    });
    expect(await codeOf(service.create({ name: 'a', expires_at: at(7) }, idempotent()))).toBe('unreachable');
  });

  it('a scope that the vendor does not know, one too many, and none where one must be said', async () => {
    const definition = define({
      accepts: { scopes: { about: 'role', values: ['r', 'w'], most: 1, required: true } },
    });
    const { service } = open(definition, 'http://127.0.0.1:9');
    const asked = (scopes: string[]) => codeOf(service.create({ name: 'a', scopes }, idempotent()));
    expect([await asked(['x']), await asked(['r', 'w']), await asked([])]).toEqual([
      'invalid_request',
      'invalid_request',
      'missing_answer',
    ]);
  });
});

it('stops at a pager that repeats itself, by cursor or by page', async () => {
  const { allKeys } = await import('../../src/domain/all-keys.js');
  const pages = (next: (page: number) => string) =>
    define({
      endpoints: {
        list: operation({
          call: ({ cursor }: { cursor?: string }): Call => ({
            method: 'GET',
            path: '/keys',
            query: { cursor },
          }),
          response: z.array(key),
          read: (keys, { cursor }) => ({ keys, next_cursor: next(Number(cursor ?? 0)) }),
        }),
      },
    });
  const { url, seen } = await faultyServer((response) => sendJson(response, 200, [{ id: 'a', name: 'a' }]));
  for (const next of [
    () => '1',
    (page: number) => String((page + 1) % 3),
    (page: number) => String(page + 1),
  ]) {
    const { service } = open(pages(next), url);
    const walk = (async () => {
      for await (const _ of allKeys(service, {}));
    })();
    expect(await codeOf(walk)).toBe('bad_response');
  }
  expect(seen.length).toBeLessThan(12);
});
