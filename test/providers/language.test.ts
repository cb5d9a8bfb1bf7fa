import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/domain/key.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { bearer, type ProviderDefinition } from '../../src/providers/define-provider.js';
import { createProviderService } from '../../src/providers/engine.js';
import {
  custom,
  expiry,
  flag,
  number,
  pages,
  provider,
  status,
  text,
  texts,
  time,
  timeOrNever,
} from '../../src/providers/language/index.js';
import { checkLive } from '../../src/providers/live-check.js';
import { neverSent } from '../../src/providers/sent-fields.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { settableClock } from '../support/settable-clock.js';

const SECRET = 'fake_secret_for_tests_0001';

type Described = Parameters<typeof provider>[0];

const acme = (
  { keys, ...facts }: Partial<Omit<Described, 'keys'>> & { keys?: Partial<Described['keys']> } = {},
  source: string | null = null,
): ProviderDefinition => ({
  ...provider({
    id: 'acme',
    title: 'Acme',
    documentation: 'https://acme.example',
    variable: 'ACME_API_KEY',
    auth: bearer,
    ...facts,
    keys: {
      path: '/keys',
      secret: 'secret',
      list: { in: 'data' },
      fields: { name: 'name', created_at: time('created_at') },
      create: {},
      ...keys,
    },
  }),
  source,
});

async function open(
  definition: ProviderDefinition,
  respond: Parameters<typeof faultyServer>[0],
  set: Record<string, string> = {},
  credential: Credential = { secret: 'fake_management_credential' },
) {
  const { url, seen } = await faultyServer(respond);
  const clock = settableClock();
  const sleep = async (ms: number) => clock.advance(ms);
  const transport = createHttpTransport({ clock, sleep });
  const warnings: string[] = [];
  const service = createProviderService(definition, {
    baseUrl: url,
    credential,
    transport,
    userAgent: 'keys/test',
    clock,
    sleep,
    set,
    warn: (message) => warnings.push(message),
  });
  const bodies = () => seen.map(({ body }) => (body === '' ? undefined : JSON.parse(body)));
  return { service, seen, bodies, warnings, clock, url, transport };
}

const responding =
  (body: unknown, code = 200) =>
  (response: Parameters<typeof sendJson>[0]) =>
    sendJson(response, code, body);

describe('a description that contradicts itself is refused, naming the member', () => {
  it.each([
    ['undeclared context in a path', { path: '/projects/{project}/keys' }, 'keys.path: {project}'],
    ['undeclared context in a route', { get: 'GET /x/{team}/{id}' as const }, 'keys.get: {team}'],
    ['a route without a method', { revoke: { at: '{keys}/{id}' as never } }, 'keys.revoke.at: '],
    ['an update that changes nothing', { update: {} }, 'keys.update: '],
    [
      'a field that says `updates` without an update',
      { fields: { name: text('name', { updates: true }) } },
      'keys.fields.name: ',
    ],
    [
      'a roll that cannot read the old key',
      { get: false as const, roll: { at: 'POST {keys}/{id}/roll' as const } },
      'keys.roll: ',
    ],
  ])('%s', (_, keys, message) => {
    expect(() => acme({ keys })).toThrow(message);
  });

  it('a chosen secret whose place is no path', () => {
    expect(() => acme({ keys: { create: { chosen: (() => ({})) as never } } })).toThrow('keys.create.chosen');
  });

  it('an option that nobody can ask for, and a check without a path', () => {
    expect(() => acme({ options: { size: number('size') } })).toThrow('options.size: ');
    expect(() => acme({ check: 'GET me' as never })).toThrow('check: ');
  });
});

describe('a response that is not as described', () => {
  const record = { id: 'k1', name: 'web', created_at: '2026-01-02T03:04:05Z' };
  const listed = async (
    records: unknown,
    keys: Partial<Described['keys']> = {},
    source: string | null = null,
  ) => {
    const { service, warnings } = await open(acme({ keys }, source), responding({ data: records }));
    return { keys: (await service.list({})).keys, warnings };
  };

  it('leaves a broken time unknown, keeps the key and says where', async () => {
    const { keys, warnings } = await listed(
      [{ ...record, created_at: 'yesterday' }],
      {},
      '/home/me/acme.mjs',
    );
    expect(keys).toEqual([{ id: 'k1', name: 'web', status: 'active' }]);
    expect(warnings).toEqual([
      'Acme (/home/me/acme.mjs): list: keys.fields.created_at (created_at) is not a time',
    ]);
  });

  it.each([
    ['a time that no date can hold', { created_at: 1e20 }],
    ['a time of another kind', { created_at: true }],
  ])('leaves %s unknown', async (_, odd) => {
    const { keys, warnings } = await listed([{ ...record, ...odd }]);
    expect([keys.length, keys[0]?.created_at, warnings.length]).toEqual([1, undefined, 1]);
  });

  it('leaves an unknown status unknown, and says so once for many keys', async () => {
    const fields = { name: 'name', status: status('state', { on: 'active', off: 'revoked' }) };
    const records = ['k1', 'k2', 'k3'].map((id) => ({ id, name: id, state: 'frozen' }));
    const { keys, warnings } = await listed([...records, { id: 'k4', name: 'k4', state: 'off' }], { fields });
    expect(keys.map((key) => key.status)).toEqual([undefined, undefined, undefined, 'revoked']);
    expect(warnings).toEqual([
      'Acme: list: status (state) is not one of active, retiring, paused, expired, revoked, on, off',
    ]);
  });

  it('reads a number as an id, and reports a record without one', async () => {
    expect((await listed([{ ...record, id: 7 }])).keys[0]?.id).toBe('7');
    const { keys, warnings } = await listed([record, { name: 'lost' }]);
    expect([keys.map(({ id }) => id), warnings]).toEqual([
      ['k1'],
      [expect.stringContaining('Acme: list: keys.fields.id (id) is missing')],
    ]);
    await expect(listed([{ name: 'lost' }])).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringContaining('Acme: list: keys.fields.id (id) is missing'),
    });
  });

  it('names the place of a list that is not there', async () => {
    await expect(listed(undefined)).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringContaining('Acme: list: keys.list.in (data) is not a list of keys'),
    });
  });

  it('names a function that throws, without what it was given', async () => {
    const fields = {
      name: 'name',
      owner: custom((shownBy) => {
        throw new Error(`odd: ${String(shownBy['secret'])}`);
      }),
    };
    const definition = acme({ keys: { fields } as never }, '/home/me/acme.mjs');
    const { service } = await open(definition, responding({ ...record, secret: SECRET }, 201));
    const failure = await service.create({ name: 'web' }, idempotent()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'provider_mistake' });
    expect(String(failure)).toContain('Acme (/home/me/acme.mjs): create: keys.fields.owner throws Error');
    expect(String(failure)).not.toContain(SECRET);
  });

  it.each(['path', 'fields'] as const)('names keys.%s where it is missing', (member) => {
    expect(() => acme({ keys: { [member]: undefined } })).toThrow(
      expect.objectContaining({ field: `keys.${member}`, problem: 'is missing' }),
    );
  });

  it.each([
    ['keys', { idAt: 'id' }, 'has no member idAt; it can have create, encoding'],
    ['keys.fields', { fields: { created: 'created_at' } }, 'has no member created; it can have created_at'],
    [
      'keys.fields.scopes',
      { fields: { scopes: texts('a', { requierd: true } as never) } },
      'has no member requierd',
    ],
    ['keys.fields.owner', { fields: { owner: 5 } }, "is not a field, such as text('name')"],
    ['keys.create', { create: { boody: () => ({}) } }, 'has no member boody'],
    ['keys.create.body', { create: { body: {} } }, 'is not a function'],
    ['keys.secret', { secret: 5 }, 'is not a path'],
    ['keys.path', { path: 3 }, 'is not a path'],
    ['keys.list.in', { list: { in: 7 } }, 'is not a path'],
  ])('names the member %s that is wrong, when the file is loaded', (field, part, problem) => {
    expect(() => acme({ keys: part as never })).toThrow(
      expect.objectContaining({ field, problem: expect.stringContaining(problem) }),
    );
  });

  it('names parameters of pages that it does not have, and one that is missing', () => {
    expect(() => pages.link({ next: 'next', most: 9, nxt: 'a' } as never)).toThrow(
      'pages.link: has no member nxt; did you mean next?',
    );
    expect(() => pages.link({ next: 'next' } as never)).toThrow('pages.link.most: is missing');
  });

  it('says that a body function returns nothing, and that nothing was sent', async () => {
    const { service, seen } = await open(
      acme({ keys: { create: { body: () => undefined as never } } }),
      responding({}),
    );
    await expect(service.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
      code: 'provider_mistake',
      message: expect.stringContaining('Acme: create: keys.create.body returns nothing'),
      outcome: 'not_done',
    });
    expect(seen).toEqual([]);
  });

  it('refuses authentication that is no headers, in the place of sending none', async () => {
    const { service, seen } = await open(acme({ auth: (() => 'Bearer x') as never }), responding({}));
    await expect(service.list({})).rejects.toMatchObject({
      code: 'provider_mistake',
      message: expect.stringContaining('every request: auth returns no headers'),
    });
    expect(seen).toEqual([]);
  });

  it('puts together a secret, and names one that is no text', async () => {
    const joined = acme({ keys: { secret: (made) => `${(made as { id: string }).id}${SECRET}` } });
    const { service } = await open(joined, responding(record, 201));
    const { credential } = await service.create({ name: 'web' }, idempotent());
    expect(credential).toEqual({ secret: `k1${SECRET}` });
    const { service: other } = await open(
      acme({ keys: { secret: () => undefined as never } }),
      responding(record, 201),
    );
    await expect(other.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
      message: expect.stringContaining('secret is missing'),
    });
  });

  it('lets a response of 200 say which failure it is', async () => {
    const gone = () => ({ code: 'not_found', message: 'Key not found' }) as const;
    const { service } = await open(acme({ failure: gone }), responding({}));
    await expect(service.revoke('k1')).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([true, {}, { code: 'gone' }])('refuses %j in the place of a failure', async (odd) => {
    const { service } = await open(acme({ failure: () => odd as never }), responding({}));
    await expect(service.revoke('k1')).rejects.toMatchObject({
      code: 'provider_mistake',
      message: 'Acme: revoke: failure returns neither a text nor { code, message }',
    });
  });

  it('names the headers that throw', async () => {
    const headers = () => {
      throw new TypeError('no');
    };
    const { service, seen } = await open(acme({ keys: { headers } }, '/home/me/acme.mjs'), responding({}));
    await expect(service.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
      code: 'provider_mistake',
      outcome: 'not_done',
      message: expect.stringContaining(
        'Acme (/home/me/acme.mjs): every request: keys.headers throws TypeError',
      ),
    });
    expect(seen).toEqual([]);
  });

  it('names a context field that a function reads without declaring it', async () => {
    const definition = acme({ keys: { create: { body: (_, { set }) => ({ team: set['team'] }) } } });
    const { service, seen } = await open(definition, responding({}));
    await expect(service.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
      code: 'provider_mistake',
      message: expect.stringContaining('Acme: create: keys.create.body: set.team is not declared'),
    });
    expect(seen).toEqual([]);
  });

  it('keeps a new secret whose record has no id: the id is looked up later', async () => {
    const { service } = await open(
      acme({ keys: { create: { returns: 'id' } } }),
      responding({ secret: SECRET }, 201),
    );
    const created = await service.create({ name: 'web' }, idempotent());
    expect([created.key.id, created.credential]).toEqual(['', { secret: SECRET }]);
  });
});

describe('fields', () => {
  const described = acme({
    context: { project: 'the project' },
    options: {
      indexes: texts('limits.indexes', { accepts: 'indexes', default: ['*'] }),
      size: number('size', { accepts: 'size' }),
      open: flag('open', { accepts: 'open to all' }),
    },
    keys: {
      path: '/p/{project}/keys',
      fields: {
        name: text('name', { send: 'title', updates: true }),
        expires_at: expiry('ends', { accepts: 'any', as: 'seconds', updates: true }),
        scopes: texts('grants[].name', {
          accepts: 'grants',
          updates: true,
          send: (names) => ({ grants: names.map((name) => ({ name })) }),
        }),
        last_used: timeOrNever('used'),
      },
      update: {},
    },
  });
  const record = {
    id: 'k1',
    name: 'web',
    ends: 4_000_000_000,
    grants: [{ name: 'a' }],
    used: null,
    limits: { indexes: ['x'] },
  };

  it('are sent where the vendor has them, with defaults and the options of --set', async () => {
    const { service, bodies, seen } = await open(described, responding({ ...record, secret: SECRET }, 201), {
      project: 'p 1',
      size: '3',
    });
    const { key } = await service.create(
      { name: 'web', scopes: ['a'], expires_at: '2096-10-02T07:06:40Z' },
      idempotent(),
    );
    expect([seen[0]?.url, bodies()[0]]).toEqual([
      '/p/p%201/keys',
      { title: 'web', ends: 4_000_000_000, grants: [{ name: 'a' }], limits: { indexes: ['*'] }, size: 3 },
    ]);
    expect(key).toEqual({
      id: 'k1',
      name: 'web',
      status: 'active',
      scopes: ['a'],
      expires_at: '2096-10-02T07:06:40Z',
      last_used: null,
      options: { indexes: ['x'] },
    });
  });

  it('an option of the request counts before that of --set, and another value is refused', async () => {
    const { service, bodies } = await open(described, responding({ ...record, secret: SECRET }, 201), {
      project: 'p',
      indexes: 'from, set',
    });
    await service.create({ name: 'a' }, idempotent());
    await service.create({ name: 'a', options: { indexes: ['mine'] } }, idempotent());
    expect(bodies().map(({ limits }) => limits.indexes)).toEqual([['from', 'set'], ['mine']]);
    expect(await codeOf(service.create({ name: 'a', options: { colour: 'red' } }, idempotent()))).toBe(
      'unsupported',
    );
    const odd = await open(described, responding({}), { project: 'p', open: 'yes' });
    expect(await codeOf(odd.service.create({ name: 'a' }, idempotent()))).toBe('invalid_request');
  });

  it('an update sends what changes, and null clears', async () => {
    const { service, bodies } = await open(described, responding(record), { project: 'p' });
    await service.update('k1', { expires_at: null, scopes: ['b'] });
    expect(bodies()[0]).toEqual({ ends: null, grants: [{ name: 'b' }] });
  });

  it('say what a record tells, and what can be asked for', () => {
    expect(described.shows.list).toEqual(
      expect.arrayContaining(['name', 'expires_at', 'scopes', 'options.indexes', 'options.open']),
    );
    expect([
      described.endsLater,
      described.updates,
      described.options.map(({ name, shownBy }) => [name, shownBy]),
    ]).toEqual([
      true,
      ['name', 'expires_at', 'scopes'],
      [
        ['indexes', 'list'],
        ['size', 'list'],
        ['open', 'list'],
      ],
    ]);
  });

  it('that are accepted and never sent are found without a request', async () => {
    const lost = acme({
      keys: {
        fields: { name: 'name', scopes: texts('scopes', { accepts: 'any', send: () => undefined }) },
      },
    });
    expect(neverSent(lost, Date.now())).toEqual(['scopes']);
    expect(neverSent(described, Date.now())).toEqual([]);
    const { service, seen } = await open(lost, responding({}));
    await expect(service.create({ name: 'a', scopes: ['x'] }, idempotent())).rejects.toMatchObject({
      code: 'provider_mistake',
      message: 'Acme: create: scopes is accepted, and never sent',
    });
    expect(seen).toEqual([]);
  });
});

describe('operations', () => {
  it('pass a new secret to the caller before the next step, and report a step that fails', async () => {
    const definition = acme({
      keys: { create: { steps: [{ at: 'POST {keys}/{id}/access', body: () => ({ all: true }) }] } },
    });
    const order: string[] = [];
    const { service } = await open(definition, (response, { url }) => {
      order.push(url ?? '');
      return url === '/keys'
        ? sendJson(response, 201, { id: 'k1', name: 'web', secret: SECRET })
        : sendJson(response, 403, { message: 'no access' });
    });
    const created = await service.create(
      { name: 'web' },
      { ...idempotent(), received: async ({ key }) => void order.push(`received ${key.id}`) },
    );
    expect(order).toEqual(['/keys', 'received k1', '/keys/k1/access']);
    expect([created.credential, created.incomplete]).toEqual([
      { secret: SECRET },
      expect.stringContaining('no access'),
    ]);
  });

  it('find the key of an earlier attempt by the id that the client chose', async () => {
    const definition = acme({
      chooses: ['id'],
      keys: { create: { body: (_, { newId }) => ({ id: newId() }), again: 'GET {keys}/{id}' } },
    });
    const made = new Map<string, object>();
    const { service, seen } = await open(definition, (response, { url }) => {
      if (url !== '/keys') return sendJson(response, 200, made.get((url ?? '').replace('/keys/', '')));
      const { id, name } = JSON.parse(seen.at(-1)?.body ?? '');
      if (made.has(id)) return sendJson(response, 409, { message: 'exists' });
      made.set(id, { id, name, secret: SECRET });
      return sendJson(response, 201, made.get(id));
    });
    const options = idempotent();
    const first = await service.create({ name: 'web' }, options);
    expect(await service.create({ name: 'web' }, options)).toEqual(first);
    expect([made.size, seen.length, definition.repeatable.create]).toEqual([1, 3, true]);
  });

  it('find the key of an earlier attempt by the secret that the client chose, in a list that is late', async () => {
    const definition = acme({
      chooses: ['secret'],
      keys: {
        list: { in: 'data' },
        create: {
          body: (_, { newSecret }) => ({ secret: newSecret((random) => `ak_${random.slice(0, 20)}`) }),
          chosen: 'starts',
        },
      },
    });
    const made: Array<Record<string, string>> = [];
    let lists = 0;
    const { service, seen } = await open(definition, (response, { method }) => {
      const shown = made.map(({ secret = '', ...key }) => ({ ...key, starts: secret.slice(0, 9) }));
      if (method === 'GET') return sendJson(response, 200, { data: lists++ === 0 ? [] : shown });
      const body = JSON.parse(seen.at(-1)?.body ?? '');
      const known = made.some(({ secret }) => secret === body.secret);
      if (known) return sendJson(response, 409, { message: 'exists' });
      made.push({ id: `k${made.length}`, ...body });
      return sendJson(response, 201, { id: `k${made.length - 1}`, name: body.name });
    });
    const options = idempotent();
    const first = await service.create({ name: 'web' }, options);
    expect(first.credential).toEqual({ secret: expect.stringMatching(/^ak_[\w-]{20}$/) });
    await service.create({ name: 'web' }, idempotent());
    const again = await service.create({ name: 'web' }, options);
    expect([again.key.id, again.credential]).toEqual(['k0', first.credential]);
    expect([made.length, lists, definition.repeatable.create]).toEqual([2, 2, true]);
  });

  it('read each key by itself, where the list tells ids alone', async () => {
    const definition = acme({ keys: { list: { in: 'data', idsOnly: true } } });
    const { service } = await open(definition, (response, { url }) =>
      url === '/keys'
        ? sendJson(response, 200, { data: [{ id: 'a' }, { id: 'b' }, { id: 'gone' }] })
        : url === '/keys/gone'
          ? sendJson(response, 404, { message: 'gone' })
          : sendJson(response, 200, { id: url?.slice(-1), name: `key ${url?.slice(-1)}` }),
    );
    expect((await service.list({})).keys.map(({ name }) => name)).toEqual(['key a', 'key b']);
    expect((await service.list({ name: 'key b' })).keys).toHaveLength(1);
  });

  it('ask the vendor for an exact name, and not for a pattern', async () => {
    const definition = acme({ keys: { list: { in: 'data', name: 'filter' } } });
    const { service, seen } = await open(definition, responding({ data: [] }));
    await service.list({ name: 'web' });
    await service.list({ name: 'web*' });
    expect([seen.map(({ url }) => url), definition.lists.exactName]).toEqual([
      ['/keys?filter=web', '/keys'],
      true,
    ]);
  });

  it.each([
    [
      'a link to another service',
      pages.link({ most: 10, next: 'next' }),
      { next: 'https://evil.example/keys?page=2' },
    ],
    [
      'more keys without a cursor',
      pages.after({ cursor: 'after', most: 10, more: 'more', next: 'next' }),
      { more: true },
    ],
  ])('refuse %s', async (_, way, more) => {
    const { service } = await open(
      acme({ keys: { list: { in: 'data', pages: way } } }),
      responding({ data: [{ id: 'k1', name: 'web' }], ...more }),
    );
    await expect(service.list({})).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringContaining('Acme: list: next '),
    });
  });

  it('a failure that comes with status 200 is one', async () => {
    const { url } = await faultyServer(responding({ errors: [{ message: 'not allowed' }] }));
    const definition = {
      ...acme(),
      failure: (body: unknown) => (body as { errors?: Array<{ message: string }> }).errors?.[0]?.message,
    };
    const clock = settableClock();
    const transport = createHttpTransport({ clock, sleep: async () => undefined });
    const service = createProviderService(definition, {
      ...{ baseUrl: url, transport, userAgent: 'keys/test', clock, sleep: async () => undefined },
      credential: { secret: 'fake_management_credential' },
    });
    await expect(service.list({})).rejects.toMatchObject({ message: expect.stringContaining('not allowed') });
  });
});

describe('checks', () => {
  it('are chosen by type and context, and may judge by any status', async () => {
    const definition = acme({
      context: { 'account?': 'the account' },
      prefixes: [{ prefix: 'pk_', type: 'public' }],
      check: [
        { at: 'GET /public', type: 'public' },
        { at: 'GET /accounts/{account}/me', when: 'account' },
        {
          at: 'GET /me',
          verdict: ({ status: code }) => (code === 404 ? 'revoked' : code === 418 ? 'not_judged' : undefined),
        },
      ],
    });
    const { url, transport, seen } = await open(definition, (response, { headers }) =>
      sendJson(response, Number(headers.authorization?.slice(-3)), {}),
    );
    const tried = async (secret: string, set: Record<string, string> = {}) => {
      const response = await checkLive(
        definition,
        { baseUrl: url, set },
        { secret },
        { transport, userAgent: 'keys/test' },
      );
      return [response.outcome, 'reason' in response ? response.reason : undefined];
    };
    expect(await tried('pk_200')).toEqual(['accepted', undefined]);
    expect(await tried('sk_200', { account: 'a1' })).toEqual(['accepted', undefined]);
    expect(await tried('sk_404')).toEqual(['refused', 'revoked']);
    expect(await tried('sk_418')).toEqual(['unreachable', undefined]);
    expect(await tried('sk_401')).toEqual(['refused', undefined]);
    expect(seen.map(({ url: path }) => path)).toEqual(['/public', '/accounts/a1/me', '/me', '/me', '/me']);
  });
});
