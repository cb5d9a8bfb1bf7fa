import { expect, it } from 'vitest';
import { auditForConsole } from '../../../src/cli/console/console-audit.js';
import type { Key } from '../../../src/domain/key.js';
import type { CreateKey, KeyService } from '../../../src/domain/key-service.js';
import { isLastManager } from '../../../src/service/last-manager.js';
import { POLICIES } from '../../../src/service/policies/find-policy.js';
import { idempotent, secretOf } from '../../contract/key-service.js';
import { consoleBrowser, hiddenFields } from '../../support/console-browser.js';
import { testEncryptionKey } from '../../support/encryption-key.js';
import { FAKE_SECRETS } from '../../support/fake-secrets.js';
import { startTestService, type TestService } from '../../support/key-service-server.js';
import { rawRequest } from '../../support/raw-request.js';
import { inDays } from '../../support/settable-clock.js';
import { testClient } from '../../support/test-client.js';
import { underWay } from '../../support/under-way.js';

/** A service with a console, and a browser that is signed in. */
async function signedIn(options: { readonly scopes?: readonly string[] } = {}) {
  const audit = auditForConsole({ now: () => service.clock.now() });
  const service: TestService = await startTestService({ console: { hosts: [], audit } });
  const { service: keys } = testClient(service.url, service.managementKey);
  const create = async (request: CreateKey) => await keys.create(request, idempotent());
  const { scopes } = options;
  const own =
    scopes === undefined ? service.managementKey : secretOf(await create({ name: 'office', scopes }));
  const browser = consoleBrowser(service.url);
  await browser.signIn(own);
  return { service, keys, create, browser };
}

const SECRET = /[sp]k_(?:live|test)_[0-9A-Za-z]{36,}/g;

/** The secrets in a text. */
const secretsIn = (text: string) => new Set(text.match(SECRET) ?? []);

/** What a log or a header of a service must not hold. */
function expectNoSecret(service: TestService): void {
  expect(secretsIn(service.log.join('\n'))).toEqual(new Set());
}

it('leads a first-time user from an empty list to a key, its successor and its end', async () => {
  const { service, browser, keys } = await signedIn();
  expect((await browser.get('/console')).headers['location']).toBe('/console/keys');
  expect((await browser.get('/console/')).headers['location']).toBe('/console');
  const form = hiddenFields((await browser.get('/console/keys/new')).body);
  const created = await browser.post('/console/keys', {
    ...form,
    name: 'web shop',
    scopes: 'orders:read a:b',
  });
  expect(created.status).toBe(201);
  const [secret = ''] = secretsIn(created.body);
  expect(created.body).toContain(`API_KEY=${secret}`);
  expect(created.body).toMatch(/action="(\/console\/keys\/key_\w+)\/saved"[^>]* data-left="\1"/);
  expect(created.body).toContain('keys create --name &#39;web shop&#39;');
  const [key] = (await keys.list({ name: 'web shop' })).keys;
  const id = key?.id ?? '';
  expect(key).toMatchObject({ scopes: ['orders:read', 'a:b'] });

  const saved = await browser.post(`/console/keys/${id}/saved`, hiddenFields(created.body));
  expect((await browser.follow(saved)).body).toContain('The key is ready');
  const list = await browser.get('/console/keys?name=shop');
  expect(list.body).toContain('web shop');
  expect(secretsIn(list.body)).toEqual(new Set());

  const renamed = await browser.submit(`/console/keys/${id}`, `/console/keys/${id}/rename`, { name: 'shop' });
  expect((await browser.follow(renamed)).body).toContain('The key has a new name');

  const paused = await browser.submit(`/console/keys/${id}`, `/console/keys/${id}/pause`);
  expect((await browser.follow(paused)).body).toContain('>paused<');
  await browser.submit(`/console/keys/${id}`, `/console/keys/${id}/unpause`);
  expect((await keys.get(id)).status).toBe('active');

  const rolled = await browser.submit(`/console/keys/${id}/roll`, `/console/keys/${id}/roll`, {
    grace: '3600',
  });
  expect(rolled.status).toBe(201);
  expect(rolled.body).toContain('in 1 hour');
  expect(secretsIn(rolled.body)).not.toContain(secret);
  expect(await keys.get(id)).toMatchObject({ status: 'retiring' });

  const wrong = await browser.submit(`/console/keys/${id}/revoke`, `/console/keys/${id}/revoke`, {
    confirm: 'sho',
  });
  expect([wrong.status, (await keys.get(id)).status]).toEqual([400, 'retiring']);
  const revoked = await browser.submit(`/console/keys/${id}/revoke`, `/console/keys/${id}/revoke`, {
    confirm: 'shop',
  });
  expect((await browser.follow(revoked)).body).toContain('The key is revoked');
  expect((await keys.get(id)).status).toBe('revoked');

  expect((await browser.get('/console/events')).body).toMatch(/<strong>revoked<\/strong>/);
  expect((await browser.get('/console/audit')).body).toContain('has all scopes');
  expectNoSecret(service);
});

it('shows every finding of the audit in pages, the worst first', async () => {
  const service: TestService = await startTestService({
    console: { hosts: [], audit: auditForConsole({ now: () => service.clock.now() }) },
  });
  const { service: keys } = testClient(service.url, service.managementKey);
  for (let i = 0; i < 60; i++) await keys.create({ name: i % 2 ? 'test' : 'tmp' }, idempotent());
  const browser = consoleBrowser(service.url);
  await browser.signIn(service.managementKey);
  const { body } = await browser.get('/console/audit');
  // The management key is the oldest, and so the last one of the list.
  expect(body).toContain('has all scopes');
  const counts = [...body.matchAll(/(\d+) (?:high|medium|low)</g)].map(([, count]) => Number(count));
  const total = counts.reduce((sum, count) => sum + count, 0);
  expect(total).toBeGreaterThan(100);
  expect(body).toContain(`Findings 1 to 100 of ${total}`);
  expect(body.match(/<li>/g)).toHaveLength(100);
  const from = Math.floor((total - 1) / 100) * 100;
  const last = await browser.get(`/console/audit?from=${from}`);
  expect(last.body.match(/<li>/g)).toHaveLength(total - from);
  expect(last.body).toContain('rel="prev"');
  expect(last.body).not.toContain('rel="next"');
});

it('lets other requests have their turn while it audits', async () => {
  let turns = 0;
  const pause = async () => {
    turns += 1;
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const service: TestService = await startTestService({
    console: { hosts: [], audit: auditForConsole({ now: () => service.clock.now() }, { pause }) },
  });
  const { service: keys } = testClient(service.url, service.managementKey);
  for (let i = 0; i < 100; i++) await keys.create({ name: `job ${i}` }, idempotent());
  const browser = consoleBrowser(service.url);
  await browser.signIn(service.managementKey);
  expect((await browser.get('/console/audit')).body).toContain('101 keys');
  expect(turns).toBe(2);
});

it('says how far an audit of many keys is, and judges the keys once', async () => {
  let late = () => {};
  const reached: Array<() => void> = [];
  let goOn = () => {};
  let audits = 0;
  const service: TestService = await startTestService({
    console: {
      hosts: [],
      audit: () => async (_, counted) => {
        audits += 1;
        counted(12_345);
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        return { keys: 54_321, counts: { high: 0, medium: 0, low: 0 }, findings: [] };
      },
      sleep: () =>
        new Promise<void>((resolve) => {
          late = resolve;
          reached.shift()?.();
        }),
    },
  });
  const browser = consoleBrowser(service.url);
  await browser.signIn(service.managementKey);
  const visit = async (then: () => void, from = 0) => {
    const begun = new Promise<void>((resolve) => void reached.push(resolve));
    const page = underWay(browser.get(`/console/audit${from > 0 ? `?from=${from}` : ''}`));
    await begun;
    then();
    return await page;
  };
  const first = await visit(() => late());
  expect([first.status, first.headers['refresh']]).toEqual([200, '1; url=/console/audit']);
  expect(first.body).toContain('12,345 keys were looked at so far');
  expect((await visit(() => late())).body).toContain('looked at so far');
  const done = await visit(() => goOn());
  expect([done.headers['refresh'], done.body]).toEqual([undefined, expect.stringContaining('54321 keys')]);
  expect(audits).toBe(1);
  // The page that was shown is not kept: the keys are judged as they are now.
  expect((await visit(() => late(), 100)).headers['refresh']).toBe('1; url=/console/audit?from=100');
  await visit(() => goOn(), 100);
  expect((await visit(() => late())).body).toContain('looked at so far');
  expect(audits).toBe(3);
  // It finishes between two requests: the next one gets it, unless that comes too late.
  goOn();
  expect((await browser.get('/console/audit')).body).toContain('54321 keys');
  expect(audits).toBe(3);
  await visit(() => late());
  goOn();
  // The audit has told its end when other work has had its turn.
  await new Promise((resolve) => setImmediate(resolve));
  service.clock.advance(61_000);
  expect((await visit(() => late())).body).toContain('looked at so far');
  expect(audits).toBe(5);
  goOn();
});

it('audits the keys by the facts of the policy', async () => {
  const fixes = async (policy: string, name: string) => {
    const service: TestService = await startTestService({
      console: { hosts: [], audit: auditForConsole({ now: () => service.clock.now() }) },
      policy,
    });
    const browser = consoleBrowser(service.url);
    await browser.signIn(service.managementKey);
    const { service: keys } = testClient(service.url, service.managementKey);
    const { id: own } = (await keys.whoami()) ?? { id: '' };
    await keys.create({ name, ...(policy === 'keys' ? { scopes: ['keys:write'] } : {}) }, idempotent());
    const { body } = await browser.get('/console/audit');
    // No command there stops or limits the key that is signed in.
    expect(body).toContain('it is the key that signs in here');
    expect(body).not.toMatch(new RegExp(`keys (revoke|update) ${own}`));
    return body;
  };
  expect(await fixes('keys', 'office')).toMatch(/keys update \w+ --allow-ip RANGE/);
  // Its keys cannot be restricted.
  expect(await fixes('jahuty', 'office')).not.toContain('--allow-ip');
});

it('shows uses, refusals and new addresses by day', async () => {
  const { service, browser, keys, create } = await signedIn();
  const created = await create({ name: 'gateway', restrictions: { endpoints: ['GET /v1/whoami'] } });
  const { service: own } = testClient(service.url, secretOf(created));
  await own.whoami();
  await own.list({}).catch(() => undefined);
  await expect
    .poll(async () => await keys.usage?.(created.key.id), { timeout: 60_000 })
    .toMatchObject([{ uses: 1, refusals: 1, new_addresses: 1 }]);
  const { body } = await browser.get(`/console/keys/${created.key.id}`);
  expect(body).toContain('1 use, 1 refusal, 1 new address<');
  expect(body).toMatch(/New addresses<.*<th scope="row">\d{4}-\d\d-\d\d<\/th><td>1<\/td><td>1<\/td><td>1</s);
});

it('refuses a form that is too long, and a grace that is none, in a page', async () => {
  const { browser, create, keys } = await signedIn();
  const { key } = await create({ name: 'web' });
  const path = `/console/keys/${key.id}/roll`;
  const form = hiddenFields((await browser.get(path)).body);
  for (const grace of ['', 'abc', '-1', '1e3', 'NaN']) {
    const refused = await browser.post(path, { ...form, grace });
    expect([grace, refused.status, refused.body]).toEqual([
      grace,
      400,
      expect.stringMatching(/<h1>.*choose one of the times of the list/s),
    ]);
    expect(refused.body).not.toMatch(/NaN|received/);
  }
  expect((await keys.get(key.id)).status).toBe('active');
  const create65 = {
    ...hiddenFields((await browser.get('/console/keys/new')).body),
    name: 'x'.repeat(65 * 1024),
  };
  const long = await browser.post('/console/keys', create65);
  expect([long.status, long.headers['content-type'], long.body]).toEqual([
    413,
    expect.stringContaining('text/html'),
    expect.stringContaining('The form is too long'),
  ]);
});

it('says after a roll without a grace period that the old key has stopped', async () => {
  const { browser, create } = await signedIn();
  const { key } = await create({ name: 'web' });
  const path = `/console/keys/${key.id}/roll`;
  const form = { ...hiddenFields((await browser.get(path)).body), grace: '0' };
  const rolled = await browser.post(path, form);
  expect(rolled.body).toContain('The old key has stopped already');
  expect(rolled.body).not.toContain('works until');
  // The page is right about its secret: the same form shows it again until it is saved.
  expect(rolled.body).not.toContain('cannot be shown again');
  expect(secretsIn((await browser.post(path, form)).body)).toEqual(secretsIn(rolled.body));
});

it('takes a typed name with its white space as one, and shows each space', async () => {
  const { browser, create, keys } = await signedIn();
  const { key } = await create({ name: 'web  shop' });
  const path = `/console/keys/${key.id}/revoke`;
  const page = (await browser.get(path)).body;
  expect(page).toContain('<bdi>web  shop</bdi></code>');
  expect(page).toContain('label code { white-space: pre-wrap; }');
  expect(page).toContain('data-expected="web shop"');
  expect((await browser.submit(path, path, { confirm: 'webshop' })).status).toBe(400);
  expect((await browser.submit(path, path, { confirm: ' web shop' })).status).toBe(303);
  expect((await keys.get(key.id)).status).toBe('revoked');
  for (const form of [path, path.replace('revoke', 'roll')]) {
    const { body } = await browser.get(form);
    expect(body).toContain('This key is revoked');
    expect(body).toContain(`<a class="button" href="/console/keys/${key.id}">`);
    expect(body).not.toContain(`action="${form}"`);
  }
});

it('shows invisible and bidirectional characters of names as escapes', async () => {
  const { browser, create } = await signedIn();
  const reversed = 'web\u202eposh';
  const { key } = await create({ name: reversed });
  const { key: blank } = await create({ name: '\u3164\u200d' });
  const { body: list } = await browser.get(`/console/keys?name=${encodeURIComponent(reversed)}`);
  expect(list).toContain('<bdi>web\\u202eposh</bdi>');
  expect(list).toContain('keys list --name $&#39;*web\\u202eposh*&#39;');
  expect((await browser.get('/console/keys')).body).toContain('<bdi>\\u3164\\u200d</bdi></a>');
  expect((await browser.get(`/console/keys/${key.id}`)).body).toContain(
    '<title>web\\u202eposh · keys</title>',
  );
  const path = `/console/keys/${blank.id}/revoke`;
  expect((await browser.submit(path, path, { confirm: '' })).status).toBe(400);
  expect((await browser.submit(path, path, { confirm: '\\u3164\\u200d' })).status).toBe(303);
});

it('shows a notice only where it fits the key', async () => {
  const { browser, create } = await signedIn();
  const { key } = await create({ name: 'web' });
  for (const done of ['revoked', 'paused', 'constructor']) {
    const { status, body } = await browser.get(`/console/keys/${key.id}?done=${done}`);
    expect([status, body.includes('class="note')], done).toEqual([200, false]);
  }
  const { body } = await browser.get(`/console/keys/${key.id}?done=unpaused`);
  expect(body).toContain('The key works again');
});

it('shows no sign-in form where the key would be sent in the clear', async () => {
  const service = await startTestService({ console: { hosts: ['keys.example.com'] } });
  const plain = async (host: string, headers: Record<string, string> = {}) =>
    (await rawRequest(`${service.url}/console/keys`, { method: 'GET', headers: { host, ...headers } })).body;
  const refused = await plain('203.0.113.5:8787');
  expect(refused).toContain('You cannot sign in over plain HTTP from another machine');
  expect(refused).not.toContain('<form');
  expect(await plain('203.0.113.5', { 'x-forwarded-proto': 'https' })).toContain('Management key');
  expect(await plain('keys.example.com', { 'sec-fetch-site': 'none' })).toContain('Management key');
  for (const host of ['127.0.0.1:8787', 'localhost', '[::1]:8787'])
    expect(await plain(host), host).toContain('Management key');
});

it('warns where a new key revokes another', async () => {
  const service = await startTestService({ console: { hosts: [] }, policy: 'tylt' });
  const browser = consoleBrowser(service.url);
  await browser.signIn(service.managementKey);
  const { body } = await browser.get('/console/keys/new');
  expect(body).toContain('A new key revokes the key of the same service and environment');
  // The management key is of no environment of this policy: no page says that it is.
  const list = (await browser.get('/console/keys')).body;
  expect(list).toMatch(/<option value="production".*management key.*<td><span class="soft">none</s);
  expect(list).not.toMatch(/value="live"|>live</);
  const id = /keys\/(key_\w+)"><bdi>management key/.exec(list)?.[1];
  expect((await browser.get(`/console/keys/${id}`)).body).not.toMatch(/<dt>Environment|>live</);
});

it('shows no page without a session, and starts each session under a new id', async () => {
  const { service } = await signedIn();
  const browser = consoleBrowser(service.url);
  for (const path of [
    '/keys',
    '/keys/new',
    '/keys/x',
    '/keys/x/roll',
    '/keys/x/revoke',
    '/events',
    '/audit',
  ]) {
    const page = await browser.get(`/console${path}`);
    expect([page.status, page.body.includes('Management key')], path).toEqual([401, true]);
  }
  // Session fixation: an id that somebody else has set is never taken over.
  const name = `keys_console_${new URL(service.url).port}`;
  const fixed = `${name}=chosen-by-somebody-else`;
  const response = await browser.post('/console/sign-in', { key: service.managementKey }, { cookie: fixed });
  const [cookie = ''] = [response.headers['set-cookie']].flat();
  expect(cookie.startsWith(`${name}=`)).toBe(true);
  expect(cookie).toMatch(/^\w+=[\w-]{43}; Path=\/console; HttpOnly; SameSite=Strict$/);
  expect((await browser.get('/console/keys', { cookie: fixed })).status).toBe(401);
  const before = browser.cookie();
  await browser.signIn(service.managementKey);
  expect((await browser.get('/console/keys', { cookie: before ?? '' })).status).toBe(401);
});

it('marks the cookie Secure where the connection is encrypted', async () => {
  const { service } = await signedIn();
  const secure = await consoleBrowser(service.url).post(
    '/console/sign-in',
    { key: service.managementKey },
    { 'x-forwarded-proto': 'https', origin: service.url.replace('http:', 'https:') },
  );
  expect(String(secure.headers['set-cookie'])).toContain('; Secure');
});

it('ends a session at sign-out, after idle time, and after half a day', async () => {
  const { service, browser } = await signedIn();
  const out = await browser.submit('/console/keys', '/console/sign-out');
  expect([out.status, browser.cookie()]).toEqual([303, undefined]);
  const minute = 60_000;
  await browser.signIn(service.managementKey);
  service.clock.advance(29 * minute);
  expect((await browser.get('/console/keys')).status).toBe(200);
  service.clock.advance(30 * minute);
  const idle = await browser.get('/console/keys');
  expect([idle.status, idle.body.includes('Your session has ended')]).toEqual([401, true]);
  await browser.signIn(service.managementKey);
  for (let i = 0; i < 12 * 3; i++) {
    service.clock.advance(20 * minute);
    await browser.get('/console/events');
  }
  expect((await browser.get('/console/keys')).status).toBe(401);
});

it.each(['revoked', 'paused', 'expired', 'restricted to another address'])(
  'ends a session at the next request when its key is %s',
  async (how) => {
    const { service, browser, keys, create } = await signedIn();
    const created = await create({
      name: 'office',
      scopes: ['keys:read', 'keys:write'],
      ...(how === 'expired' ? { expires_at: new Date(service.clock.now() + 60_000).toISOString() } : {}),
    });
    const { id } = created.key;
    await browser.signIn(secretOf(created));
    expect((await browser.get('/console/keys')).status).toBe(200);
    if (how === 'revoked') await keys.revoke(id);
    if (how === 'paused') await keys.pause?.(id);
    if (how === 'expired') service.clock.advance(60_000);
    if (how.startsWith('restricted')) await keys.update(id, { restrictions: { ips: ['203.0.113.1'] } });
    const next = await browser.get('/console/keys');
    expect(next.status).toBe(401);
    expect(next.body).toMatch(
      /The key (was revoked just now|is paused|expired just now|may not be used from)/,
    );
    expect(next.body).not.toContain('create a new key');
    expect(next.body).not.toContain('<table');
  },
);

it('refuses forms of other sites, of other sessions and without a token, and changes nothing', async () => {
  const { service, browser, keys } = await signedIn();
  const form = hiddenFields((await browser.get('/console/keys/new')).body);
  const other = consoleBrowser(service.url);
  await other.signIn(service.managementKey);
  const theirs = hiddenFields((await other.get('/console/keys/new')).body);
  const fields: Record<string, string> = { ...form, name: 'forged' };
  const tokenless = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'token'));
  const attempts: Array<readonly [Record<string, string>, Record<string, string>]> = [
    [tokenless, {}],
    [{ ...fields, token: '' }, {}],
    [{ ...fields, token: theirs['token'] ?? '' }, {}],
    [fields, { 'sec-fetch-site': 'cross-site' }],
    [fields, { 'sec-fetch-site': 'same-site' }],
    [fields, { origin: 'https://attacker.example' }],
    [fields, { 'sec-fetch-site': '', origin: 'null' }],
    [fields, { 'sec-fetch-site': '', origin: '' }],
    [fields, { 'x-forwarded-proto': 'https' }],
  ];
  for (const [sent, headers] of attempts) {
    const refused = await browser.post('/console/keys', sent, headers);
    expect([refused.status, secretsIn(refused.body).size], JSON.stringify(headers)).toEqual([403, 0]);
  }
  const login = await other.post(
    '/console/sign-in',
    { key: service.managementKey },
    { origin: 'https://a.example' },
  );
  expect([login.status, login.headers['set-cookie']]).toEqual([403, undefined]);
  expect((await keys.list({ name: 'forged' })).keys).toEqual([]);
  // Under no-referrer, browsers send this with a form of the page's own.
  expect((await browser.post('/console/keys', fields, { origin: 'null' })).status).toBe(201);
});

it('is served under the names of the service alone', async () => {
  const service = await startTestService({ console: { hosts: ['keys.example.com'] } });
  const { port } = new URL(service.url);
  const at = async (host: string) =>
    (await consoleBrowser(service.url).get('/console/sign-in', { host })).status;
  for (const host of [
    `localhost:${port}`,
    '127.0.0.1',
    '[::1]:80',
    'KEYS.example.com',
    'keys.example.com:443',
  ])
    expect(await at(host), host).toBe(200);
  for (const host of [
    `rebound.attacker.example:${port}`,
    'keys.example.com.attacker.example',
    'localhost.evil',
  ])
    expect(await at(host), host).toBe(403);
  const { body } = await consoleBrowser(service.url).get('/console/sign-in', { host: 'rebound.example' });
  expect(body).toMatch(/open the console by its IP address.*keys serve --console-host NAME<.*data-copy/s);
});

it('sends headers that keep pages out of frames, caches and other origins', async () => {
  const { browser } = await signedIn();
  for (const path of ['/console/sign-in', '/console/keys', '/console/keys/none', '/console/none']) {
    const { headers, body } = await browser.get(path);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'content-type': 'text/html; charset=utf-8',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; img-src data:;/,
    );
    expect(policy).toMatch(/form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
    expect(policy).not.toContain('unsafe');
    expect(body).not.toMatch(/ on\w+="| style="|javascript:/);
  }
});

it('shows the texts of every field as texts', async () => {
  const { browser, create } = await signedIn();
  const evil = `</bdi></title><script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
  const { key } = await create({
    name: evil,
    service: evil.slice(0, 90),
    owner: evil.slice(0, 90),
    metadata: { [evil]: evil },
    scopes: ['a:b'],
    restrictions: { referrers: ['https://a.example/*'], endpoints: ['GET /v1/*'] },
  });
  const marked = encodeURIComponent(evil);
  const pages = [
    '/console/keys',
    `/console/keys?name=${marked}&environment=${marked}&status=${marked}`,
    ...['', '/roll', '/revoke'].map((ending) => `/console/keys/${key.id}${ending}`),
    `/console/keys/${marked}`,
    `/console/keys/${key.id}?done=${marked}`,
    '/console/events',
    '/console/audit',
  ];
  for (const page of pages) expectNoMarkup((await browser.get(page)).body, page);
  // In a form that comes back.
  const refused = await browser.submit('/console/keys/new', '/console/keys', {
    name: 'x',
    scopes: evil,
    owner: evil,
  });
  expect(refused.status).toBe(400);
  expectNoMarkup(refused.body, 'refused');
});

function expectNoMarkup(html: string, page: string): void {
  expect(html.match(/<script/g)?.length, page).toBe(1);
  expect(html, page).not.toContain('<img');
  expect(html.match(/<title>/g)?.length, page).toBe(1);
}

it('creates one key for a form that is sent twice, and shows no secret after it is saved', async () => {
  const { browser, keys } = await signedIn();
  const form = { ...hiddenFields((await browser.get('/console/keys/new')).body), name: 'once' };
  const [first, second] = await Promise.all([
    browser.post('/console/keys', form),
    browser.post('/console/keys', form),
  ]);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(secretsIn(second.body)).toEqual(secretsIn(first.body));
  const { keys: found } = await keys.list({ name: 'once' });
  expect(found).toHaveLength(1);
  await browser.post(`/console/keys/${found[0]?.id}/saved`, hiddenFields(first.body));
  const again = await browser.post('/console/keys', form);
  expect([again.status, secretsIn(again.body).size]).toEqual([409, 0]);
  expect(again.body).toMatch(/This form has created once already.*cannot be shown again/s);
  expect(again.body).toContain(`href="/console/keys/${found[0]?.id}"`);
});

it('brings a form back that has created its key and was changed since, and links to the key', async () => {
  const { service, browser, keys } = await signedIn();
  const form = { ...hiddenFields((await browser.get('/console/keys/new')).body), name: 'once' };
  const first = await browser.post('/console/keys', form);
  const [key] = (await keys.list({ name: 'once' })).keys;
  const changed = { ...form, name: 'twice', scopes: 'a:b', metadata: 'team=web', ips: '10.0.0.0/8' };
  const back = await browser.post('/console/keys', changed);
  expect([back.status, secretsIn(back.body).size]).toEqual([409, 0]);
  expect(back.body).toMatch(/This form has created once already.*What you entered since is kept/is);
  expect(back.body).toMatch(new RegExp(`href="/console/keys/${key?.id}"><bdi>Show once<`));
  for (const field of ['id="name" name="name" value="twice"', 'value="a:b"', 'value="10.0.0.0/8"'])
    expect(back.body).toContain(field);
  expect(back.body).toContain('>team=web</textarea>');
  // The first form still has its own response.
  expect(secretsIn((await browser.post('/console/keys', form)).body)).toEqual(secretsIn(first.body));
  const sent = await browser.post('/console/keys', { ...changed, ...hiddenFields(back.body) });
  expect([sent.status, secretsIn(sent.body).size]).toEqual([201, 1]);
  expect((await keys.list({ name: 'twice' })).keys).toMatchObject([{ scopes: ['a:b'] }]);
  // Another session does not know the key, and loses nothing either.
  const other = consoleBrowser(service.url);
  await other.signIn(service.managementKey);
  const { token = '' } = hiddenFields((await other.get('/console/keys/new')).body);
  const theirs = await other.post('/console/keys', { ...changed, token, name: 'thrice' });
  expect([theirs.status, theirs.body.includes('value="thrice"')]).toEqual([409, true]);
  expect(theirs.body).toContain('This form has created its key already');

  const path = `/console/keys/${key?.id}/roll`;
  const roll = { ...hiddenFields((await browser.get(path)).body), grace: '3600' };
  const rolled = await browser.post(path, roll);
  const late = await browser.post(path, { ...roll, grace: '0' });
  const next = (await keys.get(key?.id ?? '')).rolled_to;
  expect([late.status, late.body]).toEqual([409, expect.stringContaining('has rolled its key already')]);
  expect(late.body).toContain(`href="/console/keys/${next}"><bdi>Show once<`);
  await browser.post(`/console/keys/${next}/saved`, hiddenFields(rolled.body));
  expect((await browser.post(path, roll)).body).toMatch(/cannot be shown again.*Show once</s);
});

it('creates a key with every restriction that the form has', async () => {
  const { browser, keys } = await signedIn();
  const form = hiddenFields((await browser.get('/console/keys/new')).body);
  const created = await browser.post('/console/keys', {
    ...{ ...form, name: 'limited', scopes: 'orders:read', ips: '10.0.0.0/8', endpoints: 'GET /v1/*' },
    ...{ referrers: 'https://shop.example/*', rate: '100/min', quota: '1000/month', uses: '50' },
  });
  expect(created.status).toBe(201);
  expect((await keys.list({ name: 'limited' })).keys).toMatchObject([
    {
      scopes: ['orders:read'],
      restrictions: { ips: ['10.0.0.0/8'], referrers: ['https://shop.example/*'], endpoints: ['GET /v1/*'] },
      limits: { rate: '100/min', quota: '1000/month', uses: 50 },
    },
  ]);
});

it('brings an interrupted form back after the next sign-in', async () => {
  const { service, browser, keys } = await signedIn();
  const form = hiddenFields((await browser.get('/console/keys/new')).body);
  service.clock.advance(31 * 60_000);
  const fields = { ...form, name: 'half "written"', ips: '10.0.0.0/8', expires: '', metadata: 'team=web' };
  const gate = await browser.post('/console/keys', fields);
  expect([gate.status, gate.body.includes('Your form is kept')]).toEqual([401, true]);
  const back = await browser.follow(await browser.signIn(service.managementKey, hiddenFields(gate.body)));
  expect(back.body).toContain('value="half &quot;written&quot;"');
  expect(back.body).toContain('value="10.0.0.0/8"');
  expect(back.body).toContain('>team=web</textarea>');
  expect(hiddenFields(back.body)['request']).toBe(form['request']);
  const created = await browser.post('/console/keys', { ...fields, ...hiddenFields(back.body) });
  expect(created.status).toBe(201);
  expect((await keys.list({ name: 'half "written"' })).keys).toHaveLength(1);
  // Only a page of the console is gone on to.
  for (const next of [
    'https://attacker.example',
    '//attacker.example',
    '/v1/api-keys',
    '/console/../x?<script>',
  ]) {
    const { headers } = await browser.signIn(service.managementKey, { next });
    expect(String(headers['location']), next).toMatch(/^\/console\//);
  }
});

it('says so when a key is gone or has changed meanwhile', async () => {
  const { browser, keys, create } = await signedIn();
  const { key } = await create({ name: 'web' });
  const path = `/console/keys/${key.id}`;
  const tab = hiddenFields((await browser.get(path)).body);
  await keys.update(key.id, { name: 'shop' });
  const stale = await browser.post(`${path}/rename`, { ...tab, was: 'web', name: 'site' });
  expect([stale.status, stale.body.includes('its name is now shop')]).toEqual([409, true]);
  expect((await keys.get(key.id)).name).toBe('shop');
  const form = hiddenFields((await browser.get(`${path}/roll`)).body);
  await browser.post(`${path}/roll`, { ...form, grace: '3600' });
  const twice = await browser.post(`${path}/roll`, { ...form, request: 'A'.repeat(43), grace: '3600' });
  expect([twice.status, secretsIn(twice.body).size]).toEqual([409, 0]);
  const missing = await browser.get('/console/keys/key_none');
  expect([missing.status, missing.body.includes('No such key')]).toEqual([404, true]);
});

it('keeps the last management key, and says why', async () => {
  const { browser, keys } = await signedIn();
  const [own] = (await keys.list({ name: 'management key' })).keys;
  const path = `/console/keys/${own?.id}/revoke`;
  expect((await browser.get(path)).body).toMatch(
    /You are signed in with this key.*No other key can manage keys here/s,
  );
  const refused = await browser.submit(path, path, { confirm: 'management key' });
  expect([refused.status, refused.body.includes('the last key that can manage keys')]).toEqual([409, true]);
});

it('looks at every page of keys for another one that can manage them', async () => {
  const keys = ['own', ...Array.from({ length: 2_500 }, (_, i) => `key ${i}`), 'other'].map((id) => ({
    ...({ id, name: id, type: 'secret', status: 'active', expires_at: null } as const),
    ...{ created_at: inDays(0), scopes: id === 'own' ? ['*'] : [] },
  }));
  let pages = 0;
  const last = async (scopes: readonly string[], more: Partial<Key> = {}) => {
    pages = 0;
    const list: KeyService['list'] = async ({ limit = 0, cursor = '0' }) => {
      pages += 1;
      const [from, rows] = [
        Number(cursor),
        [...keys.slice(0, -1), { ...keys.at(-1), scopes, ...more } as Key],
      ];
      const next = from + limit < rows.length ? String(from + limit) : null;
      return { keys: rows.slice(from, from + limit), next_cursor: next };
    };
    return await isLastManager(keys[0] as Key, { list } as KeyService);
  };
  expect([await last(['*']), pages]).toEqual([false, 3]);
  expect(await last(['orders:read'])).toBe(true);
  // It cannot do as much as the one that would be revoked, or not as long.
  expect(await last(['keys:write'])).toBe(true);
  expect(await last(['*'], { expires_at: inDays(1) })).toBe(true);
});

it('lets a session do what its key may do, and shows no more', async () => {
  const { browser, create } = await signedIn({ scopes: ['keys:read'] });
  const { key } = await create({ name: 'web' });
  const list = await browser.get('/console/keys');
  expect(list.body).not.toContain('Create key');
  const page = await browser.get(`/console/keys/${key.id}`);
  expect(page.body).not.toMatch(/Rename|Revoke|Roll|Pause/);
  for (const form of ['/keys/new', `/keys/${key.id}/roll`, `/keys/${key.id}/revoke`]) {
    const { status, body } = await browser.get(`/console${form}`);
    expect([status, body.includes(`action="/console/keys`)], form).toEqual([403, false]);
    // The menu stays.
    expect(body).toContain('href="/console/events"');
  }
  const form = hiddenFields(page.body);
  for (const path of [
    '/keys',
    ...['rename', 'roll', 'pause', 'revoke'].map((each) => `/keys/${key.id}/${each}`),
  ]) {
    const fields = { ...form, request: 'A'.repeat(43), name: 'x', was: 'web', confirm: 'web', grace: '0' };
    expect((await browser.post(`/console${path}`, fields)).status, path).toBe(403);
  }
});

it('has no menu for what a key without keys:read may not open', async () => {
  const { service, browser, create } = await signedIn({ scopes: ['keys:create'] });
  const { status, body } = await browser.get('/console/keys/new');
  expect([status, /\/console\/(events|audit)/.test(body)]).toEqual([200, false]);
  const events = await browser.get('/console/events');
  expect([events.status, events.body]).toEqual([
    403,
    expect.stringMatching(
      /The key that is signed in lacks keys:read.*sign in with a key that has keys:read/s,
    ),
  ]);
  expect(events.body).not.toContain('POST /v1');
  const verifier = secretOf(await create({ name: 'gateway', scopes: ['keys:verify'] }));
  const refused = await consoleBrowser(service.url).signIn(verifier);
  expect([refused.status, refused.body.includes('cannot manage keys')]).toEqual([403, true]);
  const own = secretOf(await create({ name: 'ann', owner: 'ann', scopes: ['keys:own'] }));
  const ofOwner = await consoleBrowser(service.url).signIn(own);
  expect([ofOwner.status, ofOwner.body]).toEqual([
    403,
    expect.stringMatching(/The console is not for keys of one owner.*on the command line, or sign in with/s),
  ]);
  expect(ofOwner.body).not.toContain('cannot manage keys');
});

it('lets a key in that manages keys, and slows down who guesses', async () => {
  const { service, create } = await signedIn();
  const browser = consoleBrowser(service.url);
  const plain = await browser.signIn(secretOf(await create({ name: 'plain' })));
  expect([plain.status, plain.body.includes('cannot manage keys')]).toEqual([403, true]);
  const statuses: number[] = [];
  for (let i = 0; i < 22; i++) statuses.push((await browser.signIn(`sk_live_${'0'.repeat(36)}`)).status);
  expect([statuses[0], statuses.at(-1), browser.cookie()]).toEqual([401, 429, undefined]);
  expect((await browser.signIn(service.managementKey)).status).toBe(303);
  expectNoSecret(service);
});

it('pages and filters on the server', async () => {
  const { browser, create } = await signedIn();
  for (let i = 0; i < 30; i++) await create({ name: `worker ${i}`, environment: i % 2 ? 'live' : 'test' });
  const first = await browser.get('/console/keys?name=worker');
  const rows = (html: string) => html.match(/<tr>/g)?.length ?? 0;
  expect(rows(first.body)).toBe(26);
  const next = /href="([^"]*cursor=[^"]*)"/.exec(first.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(first.body).toContain('Keys 1 to 25.');
  const last = await browser.get(next);
  expect([rows(last.body), last.body.includes('Keys 26 to 30 of 30.')]).toEqual([6, true]);
  const sorted = await browser.get('/console/keys?name=worker&sort=name&from=1000');
  expect(sorted.body).toContain('Keys 26 to 30 of 30.');
  expect(rows((await browser.get('/console/keys?name=worker&environment=test&limit=100')).body)).toBe(16);
  expect((await browser.get('/console/keys?name=nothing')).body).toContain('No key matches');
});

it('goes back as far as the address remembers, and then to the first page alone', async () => {
  const { browser, create } = await signedIn();
  for (let i = 0; i < 23; i++) await create({ name: `worker ${i}` });
  const link = ({ body }: { body: string }, rel: string) =>
    new RegExp(`href="([^"]*)" rel="${rel}"`).exec(body)?.[1]?.replaceAll('&amp;', '&');
  const place = ({ body }: { body: string }) => Number(/Keys (\d+) to/.exec(body)?.[1]);
  let page = await browser.get('/console/keys?limit=1');
  for (let next = link(page, 'next'); next !== undefined; next = link(page, 'next'))
    page = await browser.get(next);
  expect(place(page)).toBe(24);
  const seen: number[] = [];
  for (let back = link(page, 'prev'); back !== undefined; back = link(page, 'prev')) {
    page = await browser.get(back);
    seen.push(place(page));
  }
  // Each is the one before, and no page is passed over.
  expect(seen).toEqual(Array.from(seen, (_, i) => 23 - i));
  expect([seen.length, page.body.includes('First page')]).toEqual([20, true]);
});

it('speaks of upper and lower case only after a search by name', async () => {
  const { browser } = await signedIn();
  const empty = async (query: string) => (await browser.get(`/console/keys?${query}`)).body;
  expect(await empty('name=Nothing')).toMatch(/No key matches.*Upper and lower case/s);
  expect(await empty('status=revoked')).toMatch(/No key matches/);
  expect(await empty('status=revoked')).not.toContain('Upper and lower case');
});

it('says that a name is taken, and which of two values of a note is wanted', async () => {
  const { browser } = await signedIn();
  const send = async (fields: Record<string, string>) =>
    await browser.submit('/console/keys/new', '/console/keys', { name: 'twin', ...fields });
  const create = async () => (await send({ expires: '' })).body;
  const taken = /another key is named .*twin.* too: use ids to tell them apart/;
  expect(await create()).not.toMatch(taken);
  expect(await create()).toMatch(taken);
  const refused = await send({ metadata: 'team=web\nteam=shop' });
  expect([refused.status, refused.body]).toEqual([
    400,
    expect.stringContaining('&quot;team&quot; has two values: leave one'),
  ]);
});

it('does not take a request without a response body for a look at the secret', async () => {
  const { browser, service } = await signedIn();
  const fields = { name: 'web', without_script: 'yes', expires: '' };
  const created = await browser.submit('/console/keys/new', '/console/keys', fields);
  const page = `${service.url}${created.headers['location']}`;
  const head = await rawRequest(page, { method: 'HEAD', headers: { cookie: browser.cookie() ?? '' } });
  expect(head.status).toBe(200);
  expect((await browser.follow(created)).body).toMatch(/sk_live_\w{36}/);
});

it('sends a first page of less than 30 kB in one response', async () => {
  const { service, browser, create } = await signedIn();
  for (let i = 0; i < 30; i++)
    await create({ name: `an ordinary name ${i}`, scopes: ['orders:read', 'orders:write'] });
  // The address that `keys serve` prints.
  expect((await consoleBrowser(service.url).get('/console')).body).toContain('id="key"');
  for (const path of ['/console/sign-in', '/console/keys']) {
    const { body } = await browser.get(path);
    expect(Buffer.byteLength(body), path).toBeLessThan(30_000);
    expect(body).not.toMatch(/<link rel="stylesheet"|<script[^>]* src=|@import|url\(/);
  }
});

it('is reached from the bare address by browsers alone, and is off where it is not asked for', async () => {
  const { service } = await signedIn();
  const browser = consoleBrowser(service.url);
  expect((await browser.get('/', { accept: 'text/html' })).headers['location']).toBe('/console');
  expect((await browser.get('/', { accept: '*/*' })).status).toBe(404);
  const plain = await startTestService();
  expect((await consoleBrowser(plain.url).get('/console/keys')).headers['content-type']).toBe(
    'application/problem+json',
  );
});

it('keeps a secret that is pasted into the search out of the address and the log', async () => {
  const { service, browser, create } = await signedIn();
  const secret = secretOf(await create({ name: 'web' }));
  const path = `/console/keys?status=all&name=${encodeURIComponent(secret)}`;
  for (const each of [browser, consoleBrowser(service.url)]) {
    const { status, headers, body } = await each.get(path);
    expect([status, headers['location'], body]).toEqual([303, '/console/keys?said=secret', '']);
  }
  expect((await browser.get('/console/keys?said=secret')).body).toContain('looks like a secret');
  // Addresses that people make up, too: a page says what to do.
  for (const [address, page] of [
    [`/console/sign-in?key=${secret}`, 'sign-in'],
    [`/console?token=${secret.slice(0, 12)}`, 'sign-in'],
    [`/console/keys/${secret}`, 'keys'],
  ]) {
    const { status, headers } = await browser.get(String(address));
    expect([status, headers['location']]).toEqual([303, `/console/${page}?said=secret`]);
  }
  expect((await browser.get('/console/sign-in?said=secret')).body).toMatch(
    /does not belong in the address.*roll it/s,
  );
  expect((await browser.get('/console/keys?name=web-shop-2027-production')).status).toBe(200);
  expectNoSecret(service);
});

it('sorts the list, goes back page by page, and filters by owner', async () => {
  const { service, browser, create } = await signedIn();
  for (const [i, name] of ['delta', 'alpha', 'charlie', 'bravo'].entries()) {
    // Each is newer than the one before, and all are newer than the management key.
    service.clock.advance(1_000);
    await create({ name, owner: i % 2 ? 'shop team' : 'office', expires_at: inDays(9 - i) });
  }
  const at = (query: string) => browser.get(`/console/keys?owner=&limit=2&${query}`);
  const names = ({ body }: { body: string }) =>
    [...body.matchAll(/<td><a href="[^"]*"><bdi>([^<]*)</g)].map(([, name]) => name);
  const link = ({ body }: { body: string }, rel: string) =>
    new RegExp(`href="([^"]*)" rel="${rel}"`).exec(body)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(names(await at('sort=name'))).toEqual(['alpha', 'bravo']);
  expect(names(await browser.get(link(await at('sort=name'), 'next')))).toEqual(['charlie', 'delta']);
  expect(names(await at('sort=expires_at'))).toEqual(['bravo', 'charlie']);
  // The management key is the only one that was used.
  expect(names(await at('sort=last_used:desc'))[0]).toBe('management key');
  expect(names(await browser.get('/console/keys?owner=shop+team'))).toEqual(['bravo', 'alpha']);

  const first = await at('');
  const second = await browser.get(link(first, 'next'));
  const third = await browser.get(link(second, 'next'));
  expect([names(first), names(second), names(third)]).toEqual([
    ['bravo', 'charlie'],
    ['alpha', 'delta'],
    ['management key'],
  ]);
  const back = await browser.get(link(third, 'prev'));
  expect([names(back), names(await browser.get(link(back, 'prev')))]).toEqual([names(second), names(first)]);
  expect(link(first, 'prev')).toBe('');
});

it('changes what a key may do, and only that', async () => {
  const { browser, create, keys } = await signedIn();
  const { key } = await create({ name: 'web', scopes: ['a:b'], owner: 'office', metadata: { team: 'web' } });
  const path = `/console/keys/${key.id}/edit`;
  const page = await browser.get(path);
  expect(page.body).toContain(`keys update ${key.id} --owner office --scope a:b --metadata team=web`);
  const fields = {
    ...fieldsOf(page.body),
    ips: '203.0.113.0/24',
    scopes: 'a:b c:d',
    expires_at: '2099-01-31',
  };
  expect((await browser.follow(await browser.post(path, fields))).body).toContain('The key is changed');
  expect(await keys.get(key.id)).toMatchObject({
    scopes: ['a:b', 'c:d'],
    restrictions: { ips: ['203.0.113.0/24'] },
    expires_at: '2099-01-31T23:59:59Z',
    owner: 'office',
    metadata: { team: 'web' },
  });
  // A field that only somebody else changed keeps what they gave it; one that both changed comes back.
  const tab = fieldsOf((await browser.get(path)).body);
  await keys.update(key.id, { owner: 'shop team', scopes: ['a:b'] });
  expect((await browser.post(path, { ...tab, ips: '' })).status).toBe(303);
  expect(await keys.get(key.id)).toMatchObject({ owner: 'shop team', scopes: ['a:b'], restrictions: {} });
  const both = await browser.post(path, { ...tab, scopes: 'e:f' });
  expect([both.status, both.body.includes('value="e:f"')]).toEqual([409, true]);
  // Errors name the fields as the form does.
  const now = fieldsOf((await browser.get(path)).body);
  const refused = await browser.post(path, { ...now, expires_at: '2001-01-31', owner: 'kept' });
  expect([refused.status, refused.body.includes('Expires: has passed already')]).toEqual([400, true]);
  expect(refused.body).toContain('value="kept"');
  expect(refused.body).not.toContain('role="alert"><p><bdi>Expires_at');
});

/** Every field of the page's last form with its value. */
function fieldsOf(html: string): Record<string, string> {
  const inputs = html.matchAll(/<input id="[^"]*" name="([^"]*)" value="([^"]*)"/g);
  const areas = html.matchAll(/<textarea id="[^"]*" name="([^"]*)"[^>]*>([^<]*)</g);
  return {
    ...Object.fromEntries([...inputs, ...areas].map(([, name = '', value = '']) => [name, value])),
    ...hiddenFields(html),
  };
}

it('loses no form of two tabs when the session ends', async () => {
  const { service, browser, create, keys } = await signedIn();
  const { key } = await create({ name: 'web' });
  const path = `/console/keys/${key.id}`;
  const rename = hiddenFields((await browser.get(path)).body);
  const revoke = hiddenFields((await browser.get(`${path}/revoke`)).body);
  const form = hiddenFields((await browser.get('/console/keys/new')).body);
  const created = await browser.post('/console/keys', { ...form, name: 'job' });
  const saved = /action="([^"]*\/saved)"/.exec(created.body)?.[1] ?? '';
  service.clock.advance(31 * 60_000);
  const gates = [
    await browser.post(`${path}/rename`, { ...rename, name: 'web shop' }),
    await browser.post(`${path}/revoke`, { ...revoke, confirm: 'we' }),
    await browser.post(saved, hiddenFields(created.body)),
  ].map(({ body }) => hiddenFields(body));
  const [first, second, third] = gates;
  const back = await browser.follow(await browser.signIn(service.managementKey, first));
  expect(back.body).toContain('name="name" value="web shop"');
  // The second tab signs in again, and ends the session of the first one.
  const typed = await browser.follow(await browser.signIn(service.managementKey, second));
  expect(typed.body).toContain('name="confirm" value="we"');
  const stale = await browser.post(`${path}/rename`, { ...hiddenFields(back.body), name: 'web shop' });
  expect([stale.status, stale.body.includes('Back to the form')]).toEqual([403, true]);
  expect((await browser.get(path)).body).toContain('name="name" value="web shop"');
  expect((await keys.get(key.id)).name).toBe('web');
  const confirm = await browser.follow(await browser.signIn(service.managementKey, third));
  expect(confirm.body).toContain('Have you saved the secret?');
  const done = await browser.post(saved, hiddenFields(confirm.body));
  expect((await browser.follow(done)).body).toContain('The key is ready');
});

it('warns before the key that is signed in is paused, rolled or limited', async () => {
  const { browser, keys } = await signedIn({ scopes: ['keys:read', 'keys:write', 'keys:create'] });
  const [own] = (await keys.list({ name: 'office' })).keys;
  const path = `/console/keys/${own?.id}`;
  expect((await browser.get(path)).body).not.toContain(`action="${path}/pause"`);
  for (const form of ['pause', 'roll', 'edit', 'revoke']) {
    expect((await browser.get(`${path}/${form}`)).body, form).toContain('You are signed in with this key');
  }
  for (const confirm of [undefined, '', 'yes', 'offic']) {
    const fields: Record<string, string> = confirm === undefined ? {} : { confirm };
    const refused = await browser.submit(`${path}/pause`, `${path}/pause`, fields);
    expect(refused.status, confirm).toBe(400);
    expect(refused.body, confirm).toContain('The name does not match, so nothing was paused');
    expect(refused.body, confirm).toContain('You are signed in with this key');
    expect((await keys.get(own?.id ?? '')).status, confirm).toBe('active');
  }
  await browser.submit(`${path}/pause`, `${path}/pause`, { confirm: ' office ' });
  expect((await keys.get(own?.id ?? '')).status).toBe('paused');
  expect((await browser.get('/console/keys')).status).toBe(401);
});

it('has no form to roll a key that has expired or has a successor', async () => {
  const { service, browser, create } = await signedIn();
  const { key } = await create({
    name: 'old',
    expires_at: new Date(service.clock.now() + 60_000).toISOString(),
  });
  const { key: other } = await create({ name: 'web' });
  await browser.submit(`/console/keys/${other.id}/roll`, `/console/keys/${other.id}/roll`, { grace: '3600' });
  service.clock.advance(60_000);
  const page = async (id: string) => (await browser.get(`/console/keys/${id}/roll`)).body;
  expect(await page(key.id)).toContain('This key has expired');
  expect(await page(other.id)).toContain('It has a successor already');
});

it('has one session for each of two services of one host', async () => {
  const [one, two] = [await signedIn(), await signedIn()];
  const names = [one, two].map(({ browser }) => browser.cookie()?.split('=')[0]);
  expect(names[0]).not.toBe(names[1]);
  const both = `${one.browser.cookie()}; ${two.browser.cookie()}`;
  for (const { browser } of [one, two]) {
    expect((await browser.get('/console/keys', { cookie: both })).status).toBe(200);
  }
});

it('lets one of two browsers roll, rename or revoke, and tells the other', async () => {
  const { service, browser, keys, create } = await signedIn();
  const { key } = await create({ name: 'web' });
  const path = `/console/keys/${key.id}`;
  const other = consoleBrowser(service.url);
  await other.signIn(service.managementKey);
  const both = async (page: string, action: string, fields: Array<Record<string, string>>) => {
    // Both have the page open before either sends its form.
    const forms = await Promise.all(
      [browser, other].map(async (each) => hiddenFields((await each.get(page)).body)),
    );
    const sent = [browser, other].map((each, i) => each.post(action, { ...forms[i], ...fields[i] }));
    return (await Promise.all(sent)).map(({ status }) => status).sort();
  };
  const names = [
    { was: 'web', name: 'one' },
    { was: 'web', name: 'two' },
  ];
  expect(await both(path, `${path}/rename`, names)).toEqual([303, 409]);
  expect(await both(`${path}/roll`, `${path}/roll`, [{ grace: '3600' }, { grace: '3600' }])).toEqual([
    201, 409,
  ]);
  const { name } = await keys.get(key.id);
  expect((await keys.list({ name })).keys).toHaveLength(2);
  // A revoked key stays so: the second browser gets what it asked for.
  const statuses = await both(`${path}/revoke`, `${path}/revoke`, [{ confirm: name }, { confirm: name }]);
  expect(statuses).toEqual([303, 303]);
});

it('has every command of a key on its page', async () => {
  const { browser, create, keys } = await signedIn();
  const { key } = await create({ name: 'web' });
  const page = async () => (await browser.get(`/console/keys/${key.id}`)).body;
  for (const line of ['show ID', 'update ID --name NAME', 'roll ID', 'pause ID', 'revoke ID'])
    expect(await page()).toContain(`keys ${line.replace('ID', key.id)}<`);
  await keys.pause?.(key.id);
  expect(await page()).toContain(`keys unpause ${key.id}<`);
});

it('has no places where no ledger knows the key', async () => {
  const { browser, create } = await signedIn();
  const { key } = await create({ name: 'web' });
  expect((await browser.get('/console/keys/new')).body).not.toContain('Deliver to');
  for (const path of ['places', 'places/remove?place=x'])
    expect((await browser.get(`/console/keys/${key.id}/${path}`)).status).toBe(404);
});

it.each(POLICIES)(
  'proposes no expiry for a key of $title, as its page has none',
  async ({ id: policy, environments: [environment = ''] }) => {
    const encryptionKey = testEncryptionKey();
    const service = await startTestService({ console: { hosts: [] }, policy, encryptionKey });
    const browser = consoleBrowser(service.url);
    await browser.signIn(service.managementKey);
    const { body } = await browser.get('/console/keys/new');
    const [, choices = ''] = /<select id="expires"[^>]*>(.*?)<\/select>/s.exec(body) ?? [];
    expect(choices).not.toContain('selected');
    expect(choices).toMatch(/^<option value="">never<.*>30 days.*>90 days.*>365 days/s);
    // The list is empty: neither does the command of its page.
    expect((await browser.get('/console/keys?name=x')).body).not.toContain('--expires');
    const sent = { ...hiddenFields(body), name: 'web', expires: '', service: 'shop', environment };
    expect((await browser.post('/console/keys', sent)).status).toBe(201);
    const { keys } = await testClient(service.url, service.managementKey).service.list({ name: 'web' });
    expect(keys).toMatchObject([{ expires_at: null }]);
  },
);

it('marks the field that was refused, and keeps the choice of an expiry', async () => {
  const { service, browser } = await signedIn();
  const path = '/console/keys/new';
  const page = (await browser.get(path)).body;
  const [, chosen = ''] = /<option value="([^"]*)">90 days/.exec(page) ?? [];
  expect(chosen).not.toBe('');
  service.clock.advance(5 * 60_000);
  const sent = { ...hiddenFields(page), name: 'web', expires: chosen, rate: 'x' };
  const { status, body } = await browser.post('/console/keys', sent);
  const [rate] = /<input id="rate"[^>]*>/.exec(body) ?? [];
  expect([status, rate]).toEqual([400, expect.stringContaining('aria-invalid="true"')]);
  expect(rate).toContain('autofocus');
  expect(body).toContain('<p class="hint wrong" id="rate-wrong">');
  expect(body.match(/autofocus/g)).toHaveLength(1);
  expect(body).toContain(`<option value="${chosen}" selected="">90 days, until`);
  expect(body.match(/<option value="20/g)).toHaveLength(3);
  const changed = await browser.post('/console/keys', {
    ...sent,
    rate: '',
    expires: 'tomorrow',
    referrers: '"><b',
  });
  expect([changed.status, changed.body]).toEqual([
    400,
    expect.stringContaining('choose one of the times of the list'),
  ]);
  expect(changed.body).toMatch(/id="referrers-wrong"><bdi>[^<]*a page or an origin/);
});

it('shows all that is wrong with a form at once, each at its field', async () => {
  const { browser, create, keys } = await signedIn();
  const marked = (html: string) =>
    [...html.matchAll(/<(?:input|textarea|select) id="(\w+)"[^>]*aria-invalid="true"/g)].map(([, id]) => id);
  const wrong = {
    ...{ scopes: 'not! a:b', ips: '300.1.1.1', referrers: 'https://ä.example', endpoints: 'GET' },
    ...{ rate: 'x', quota: '5/week', uses: 'many', metadata: 'no sign' },
  };
  const form = hiddenFields((await browser.get('/console/keys/new')).body);
  const sent = { ...form, ...wrong, name: ' ', expires_on: '2001-01-31', owner: 'kept' };
  const refused = await browser.post('/console/keys', sent);
  const fields = ['name', 'expires_on', ...Object.keys(wrong)];
  expect([refused.status, marked(refused.body).sort()]).toEqual([400, fields.sort()]);
  expect(refused.body).toMatch(
    /role="alert"><p><bdi>10 fields need a change<.*href="#quota"><bdi>Quota<.*quota/s,
  );
  // The first one has the focus, and nothing that was entered is lost.
  expect(refused.body.match(/<input id="name"[^>]*autofocus/)).not.toBeNull();
  expect(refused.body.match(/autofocus/g)).toHaveLength(1);
  expect(refused.body).toMatch(/value="kept".*>no sign<\/textarea>/s);
  expect((await keys.list({})).keys.map(({ name }) => name)).toEqual(['management key']);

  const { key } = await create({ name: 'web' });
  const path = `/console/keys/${key.id}/edit`;
  const edited = await browser.submit(path, path, { ...wrong, expires_at: 'soon' });
  expect([edited.status, marked(edited.body).sort()]).toEqual([
    400,
    ['expires_at', ...Object.keys(wrong)].sort(),
  ]);
  expect(edited.body).toContain('a day such as 2027-01-31, or a time with its zone');
  expect(await keys.get(key.id)).toMatchObject({ scopes: [], expires_at: null });
  const renamed = await browser.submit(`/console/keys/${key.id}`, `/console/keys/${key.id}/rename`, {
    name: 'x'.repeat(201),
  });
  expect([renamed.status, marked(renamed.body)]).toEqual([400, ['name']]);
});

it('takes no secret in a field that lists show, and does not show it again', async () => {
  const { service, browser, create, keys } = await signedIn();
  const secret = secretOf(await create({ name: 'web' }));
  const form = hiddenFields((await browser.get('/console/keys/new')).body);
  const aws = await browser.post('/console/keys', { ...form, name: `AKIA${'0A1B'.repeat(4)}` });
  expect([aws.status, aws.body.includes('looks like a secret')]).toEqual([400, true]);
  const vendors = ['github', 'openai', 'stripe'].map((vendor) => FAKE_SECRETS[vendor]?.() ?? '');
  for (const other of [secret, ...vendors]) {
    for (const field of ['name', 'service', 'scopes', 'owner', 'metadata', 'referrers', 'endpoints']) {
      const sent = { ...form, name: 'job', [field]: field === 'metadata' ? `note=${other}` : other };
      const { status, body } = await browser.post('/console/keys', sent);
      const said = [status, body.includes('looks like a secret'), body.includes(other)];
      expect(said, field).toEqual([400, true, false]);
    }
  }
  const confirmed = `/console/keys/${(await keys.list({ name: 'web' })).keys[0]?.id}/revoke`;
  const mistaken = await browser.submit(confirmed, confirmed, { confirm: secret });
  expect([mistaken.status, mistaken.body.includes(secret)]).toEqual([400, false]);
  const id = (await keys.list({ name: 'web' })).keys[0]?.id;
  const path = `/console/keys/${id}/edit`;
  const renamed = await browser.submit(`/console/keys/${id}`, `/console/keys/${id}/rename`, { name: secret });
  expect([renamed.status, renamed.body.includes('looks like a secret')]).toEqual([400, true]);
  expect([renamed.body.includes(secret), (await keys.get(id ?? '')).name]).toEqual([false, 'web']);
  const edited = await browser.submit(path, path, { owner: secret });
  expect([edited.status, edited.body.includes(secret)]).toEqual([400, false]);
  // An id of a key and a digest of a commit are none.
  const notes = `after=${id}\ncommit=${'0a1b2c3d'.repeat(5)}`;
  expect((await browser.post('/console/keys', { ...form, name: 'job', metadata: notes })).status).toBe(201);
  expectNoSecret(service);
});

it('takes no address for more than it is', async () => {
  const { service, browser } = await signedIn();
  expect((await browser.get('/console/keys?back=%25zz')).status).toBe(400);
  expect((await browser.get('/console/keys/new?done=saved')).body).not.toContain('The key is created');
  for (const next of ['/console/../healthz', '/console/%2e%2e/x']) {
    const { headers } = await browser.signIn(service.managementKey, { next });
    expect(headers['location'], next).toBe('/console/keys');
  }
});

it('names the keys of events, and shows each scope by itself', async () => {
  const { browser, create } = await signedIn();
  const { key } = await create({ name: 'web shop', scopes: ['orders:read', 'orders:write'] });
  const row = (body: string) => /<strong>created<\/strong>.*?<\/li>/s.exec(body)?.[0] ?? '';
  const { body } = await browser.get('/console/events');
  expect(row(body)).toMatch(
    new RegExp(`title="${key.id}"><bdi>web shop<.*class="nowrap"><time.*by.*<bdi>management key<`, 's'),
  );
  expect(row(body)).toMatch(/<bdi>orders:read<.*<bdi>orders:write</s);
  expect(row((await browser.get(`/console/keys/${key.id}`)).body)).toContain('<bdi>management key<');
});

it('shows the times and keys in the details of events as people say them', async () => {
  const { browser, create, keys } = await signedIn();
  const { key } = await create({ name: 'web shop' });
  await keys.update(key.id, {
    expires_at: inDays(9),
    restrictions: { ips: ['203.0.113.1'] },
    owner: 'office',
  });
  await keys.update(key.id, { expires_at: null, scopes: [] });
  const rolled = await keys.roll(key.id, { grace_seconds: 3600 }, idempotent());
  const { body } = await browser.get(`/console/keys/${key.id}`);
  const list = /<h2 id="events">.*?<\/section>/s.exec(body)?.[0] ?? '';
  expect(list).toMatch(
    new RegExp(
      `rolled<.*replaced by: <a href="/console/keys/${rolled.key.id}"><span title="${rolled.key.id}"><bdi>web`,
      's',
    ),
  );
  expect(list).toMatch(/expires: <time datetime="\d{4}[^"]*" title="[^"]*">in 1 hour</);
  expect(list).toMatch(/scopes: <bdi>none<.*expires: <bdi>never<.*expires: <time[^>]*>in 9 days</s);
  expect(list).toMatch(/IP addresses: <span class="tag"><bdi>203\.0\.113\.1</);
  expect(list.replace(/<[^>]*>/g, ' ')).not.toMatch(/\d{4}-\d\d-\d\dT|key_\w{8}|[{}]/);
});

it('a test key that is signed in stands on its own environment, and a refusal says what it may do', async () => {
  const { service, create } = await signedIn();
  const office = await create({ name: 'office', environment: 'test', scopes: ['keys:read', 'keys:write'] });
  const browser = consoleBrowser(service.url);
  await browser.signIn(secretOf(office));
  const { body } = await browser.get('/console/keys/new');
  expect(body).toMatch(/name="environment" value="test" checked/);
  const refused = await browser.post('/console/keys', {
    ...hiddenFields(body),
    ...{ name: 'web', environment: 'live' },
  });
  expect([refused.status, refused.body]).toEqual([
    403,
    expect.stringContaining('sign in with a live key, or choose the environment test'),
  ]);
  expect(
    (await browser.post('/console/keys', { ...hiddenFields(body), name: 'web', environment: 'test' })).status,
  ).toBe(201);
});
