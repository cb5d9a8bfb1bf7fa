import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { KeysError, keysErrorOf } from '../../../src/domain/errors.js';
import type { KeyService } from '../../../src/domain/key-service.js';
import { createAllServicesConsole } from '../../../src/service/console/all-services.js';
import type { ConsoleService } from '../../../src/service/console/all-services-options.js';
import { type ConsoleAccount, factsOfPolicy } from '../../../src/service/console/console-account.js';
import { openEmbeddedService } from '../../../src/service/embedded.js';
import { serveConsole } from '../../../src/service/http/serve-console.js';
import { findPolicy } from '../../../src/service/policies/find-policy.js';
import { idempotent } from '../../contract/key-service.js';
import { consoleBrowser, hiddenFields } from '../../support/console-browser.js';
import { settableClock } from '../../support/settable-clock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { underWay } from '../../support/under-way.js';

const BASE = '/a-path-that-is-not-guessed';
const FROM_FILE = { origin: 'null', 'sec-fetch-site': 'cross-site' };

/** A console of these services, what it reported, and a browser that is not signed in. */
async function startConsole(services: readonly ConsoleService[], sleep = () => new Promise<void>(() => {})) {
  const clock = settableClock();
  const reported: string[] = [];
  const app = createAllServicesConsole({
    ...{ base: BASE, token: 'one-time', clock, sleep, services: async () => services, reveal: keysErrorOf },
    signedIn: () => void reported.push('in'),
    signedOut: () => void reported.push('out'),
  });
  const running = await serveConsole(app, clock);
  onTestFinished(() => running.close());
  const browser = consoleBrowser(running.url);
  const signIn = (token = 'one-time') => browser.post(`${BASE}/sign-in`, { token }, FROM_FILE);
  return { browser, running, reported, clock, signIn };
}

async function embedded(): Promise<KeyService> {
  const opened = await openEmbeddedService(temporaryFolder(), { now: () => Date.now() });
  onTestFinished(() => opened.close());
  return opened.service;
}

function account(service: KeyService): ConsoleAccount {
  return {
    facts: factsOfPolicy(findPolicy('keys')),
    ...{ service, who: 'acme', ownKeyId: null, may: { read: true, create: true, write: true } },
  };
}

function profile(name: string, open: ConsoleService['open']): ConsoleService {
  return { path: `p/${name}`, name, provider: 'keys', options: ['--profile', name], open };
}

it('signs one browser in, once, from a file', async () => {
  const { browser, running, reported, signIn } = await startConsole([]);
  expect(await browser.get(BASE)).toMatchObject({ status: 401 });
  expect((await signIn('another')).status).toBe(403);
  // A page elsewhere that has the token neither signs in nor uses it up; a form that is too long is not read.
  const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  expect((await browser.post(`${BASE}/sign-in`, { token: 'one-time' }, elsewhere)).status).toBe(403);
  const long = await browser.post(`${BASE}/sign-in`, { token: 'x'.repeat(65 * 1024) }, FROM_FILE);
  expect([long.status, long.body]).toEqual([413, expect.stringContaining('The form is too long')]);
  const entered = await signIn();
  expect(entered.headers).toMatchObject({ refresh: `0; url=${BASE}`, 'cache-control': 'no-store' });
  expect(String(entered.headers['set-cookie'])).toMatch(
    /; Path=\/a-path-[a-z-]+; HttpOnly; SameSite=Strict$/,
  );
  expect(reported).toEqual(['in']);
  expect(await browser.get(BASE)).toMatchObject({ status: 200 });
  expect(await browser.get(BASE, { host: 'evil.example' })).toMatchObject({ status: 403 });

  const other = consoleBrowser(running.url);
  expect((await other.post(`${BASE}/sign-in`, { token: 'one-time' }, FROM_FILE)).status).toBe(403);
  expect((await other.get(BASE)).status).toBe(401);
  expect((await other.get('/')).status).toBe(404);
});

it('ends the session by the form of its own page alone', async () => {
  const { browser, reported, signIn } = await startConsole([]);
  await signIn();
  const form = hiddenFields((await browser.get(BASE)).body);
  expect((await browser.post(`${BASE}/sign-out`, {})).status).toBe(403);
  expect((await browser.post(`${BASE}/sign-out`, form, FROM_FILE)).status).toBe(403);
  expect(reported).toEqual(['in']);
  const out = await browser.post(`${BASE}/sign-out`, form);
  expect(out.body).toContain('keys console');
  expect(reported).toEqual(['in', 'out']);
  expect((await browser.get(BASE)).status).toBe(401);
});

it('shows services that fail or do not respond beside the others', async () => {
  const keys = await embedded();
  await keys.create({ name: 'web' }, idempotent());
  let listed = () => {};
  const late = new Promise<void>((resolve) => {
    listed = resolve;
  });
  const list: KeyService['list'] = async (query) => {
    const page = await keys.list(query);
    void turn().then(listed);
    return page;
  };
  const { browser, signIn } = await startConsole(
    [
      profile('acme', async () => account({ ...keys, list })),
      profile('down', async () => {
        throw new KeysError('unreachable', '<b>cannot be reached</b>', { hint: 'is it up?' });
      }),
      profile('silent', () => new Promise(() => {})),
    ],
    () => late,
  );
  await signIn();
  const { body, headers } = await browser.get(BASE);
  expect(body).toMatch(/acme.*key service.*reached.*>1</s);
  expect(body).toMatch(/down.*&lt;b&gt;cannot be reached.*is it up\?.*not reached/s);
  expect(body).toMatch(/silent.*no response within 1 second.*>waiting</s);
  // The page is there after a second, and goes on waiting for the slow one. What failed at once is not waited
  // for.
  expect(headers['refresh']).toBe(`0; url=${BASE}`);
  const longer = await browser.get(BASE);
  expect(longer.body).toMatch(/silent.*no response within 5 seconds.*not reached/s);
  expect(longer.headers['refresh']).toBeUndefined();
  // Loaded again later, it begins with a short wait again.
  expect((await browser.get(BASE)).headers['refresh']).toBe(`0; url=${BASE}`);
});

it('shows at once which service it waits for, and then the page that was begun', async () => {
  const keys = await embedded();
  await keys.create({ name: 'web' }, idempotent());
  let lists = 0;
  let respond = () => {};
  const list: KeyService['list'] = async (query) => {
    lists += 1;
    await new Promise<void>((resolve) => {
      respond = resolve;
    });
    return await keys.list(query);
  };
  const slow = [profile('acme', async () => account({ ...keys, list }))];
  const { browser, running, signIn } = await startConsole(slow, turn);
  await signIn();
  const path = `${BASE}/p/acme/keys?name=web`;
  const first = await browser.get(path);
  expect([first.status, first.headers['refresh'], first.headers['cache-control']]).toEqual([
    200,
    `0; url=${path}`,
    'no-store',
  ]);
  expect(first.body).toMatch(/aria-label="Pages".*Waiting for.*acme.*has not responded yet.*All services/s);
  // Nobody else gets the page, and nothing is asked of the service a second time.
  expect((await consoleBrowser(running.url).get(path)).status).toBe(401);
  const second = browser.get(path);
  respond();
  expect((await second).body).toMatch(/<bdi>web<\/bdi><\/a>/);
  expect(lists).toBe(1);
});

it('has the pages of each service under one session, with the options that its commands need', async () => {
  const keys = await embedded();
  const { browser, signIn } = await startConsole([
    profile('acme', async () => account(keys)),
    profile('gone', async () => {
      throw new KeysError('not_found', 'no such provider: gone');
    }),
  ]);
  expect((await browser.get(`${BASE}/p/acme/keys`)).status).toBe(401);
  await signIn();
  const empty = await browser.get(`${BASE}/p/acme/keys`);
  expect(empty.body).toContain('keys --profile acme create my-app');
  const form = hiddenFields((await browser.get(`${BASE}/p/acme/keys/new`)).body);
  const created = await browser.post(`${BASE}/p/acme/keys`, { ...form, name: 'web' });
  expect(created.status).toBe(201);
  expect(created.body).toContain('keys --profile acme create --name web');
  expect((await keys.list({})).keys).toMatchObject([{ name: 'web' }]);

  // The menu stays, and the page leads to no page that fails in the same way.
  const gone = await browser.get(`${BASE}/p/gone/keys`);
  expect([gone.status, gone.body]).toEqual([
    503,
    expect.stringMatching(/aria-label="Pages".*Sign out.*gone was not reached.*Try again.*All services/s),
  ]);
  expect(gone.body.match(/>\s*All keys\s*</g)).toHaveLength(1);
  expect((await browser.get(`${BASE}/p/none/keys`)).status).toBe(404);
  expect((await browser.get(`${BASE}/p/acme/keys`)).status).toBe(200);
  expect((await browser.post(`${BASE}/p/acme/sign-in`, { token: 'one-time' })).status).toBe(403);
});

it('brings a form back where the service is down, with the menu, and sends it again as the same request', async () => {
  const keys = await embedded();
  const requests: string[] = [];
  const create: KeyService['create'] = async (request, options) => {
    requests.push(options.idempotencyKey);
    if (requests.length === 1) throw new KeysError('unavailable', 'try again later');
    return await keys.create(request, options);
  };
  const { browser, signIn } = await startConsole([profile('acme', async () => account({ ...keys, create }))]);
  await signIn();
  const path = `${BASE}/p/acme/keys`;
  const form = hiddenFields((await browser.get(`${path}/new`)).body);
  const down = await browser.post(path, { ...form, name: 'web', owner: 'shop team' });
  expect([down.status, down.body.includes('value="shop team"')]).toEqual([503, true]);
  const again = await browser.post(path, { ...hiddenFields(down.body), name: 'web', owner: 'shop team' });
  expect([again.status, new Set(requests).size]).toEqual([201, 1]);
  const missing = await browser.get(`${path}/key_none`);
  expect([missing.status, missing.body.includes('aria-label="Pages"')]).toEqual([404, true]);
});

it('shows what a form held where nobody can sign in again', async () => {
  const { browser, clock, signIn } = await startConsole([
    profile('acme', async () => account(await embedded())),
  ]);
  await signIn();
  const path = `${BASE}/p/acme/keys`;
  const form = hiddenFields((await browser.get(`${path}/new`)).body);
  clock.advance(31 * 60_000);
  const ended = await browser.post(path, { ...form, name: 'half <written>' });
  expect([ended.status, ended.body.includes('half &lt;written&gt;')]).toEqual([401, true]);
  expect(ended.body).not.toContain(form['request']);
});

it('names the first step where no service has a key', async () => {
  const { browser, signIn } = await startConsole([
    profile('acme', async () => account(await embedded())),
    profile('readonly', async () => ({
      ...account(await embedded()),
      may: { read: true, create: false, write: false },
    })),
  ]);
  await signIn();
  const overview = await browser.get(BASE);
  expect(overview.body).toContain(`<a href="${BASE}/p/acme/keys/new">Create a key`);
  expect(overview.body).not.toContain(`${BASE}/p/readonly/keys/new`);
  expect((await browser.get(`${BASE}/keys`)).body).toMatch(
    /No keys yet.*create the first key.*Show the services/s,
  );
  const filtered = (await browser.get(`${BASE}/keys?name=web`)).body;
  expect(filtered).toMatch(/No key matches.*Show all keys/s);
});

it('lists the keys of every service in one table, and names those that fail', async () => {
  const [one, two] = [await embedded(), await embedded()];
  await one.create({ name: 'web shop' }, idempotent());
  await two.create({ name: 'mailer' }, idempotent());
  const revoked = await two.create({ name: 'web old' }, idempotent());
  await two.revoke(revoked.key.id);
  for (let i = 0; i < 101; i++) await one.create({ name: `bulk ${i}` }, idempotent());
  const { browser, signIn } = await startConsole([
    profile('acme', async () => account(one)),
    profile('beta', async () => account(two)),
    profile('down', async () => {
      throw new KeysError('unreachable', 'cannot be reached', { hint: 'is it up?' });
    }),
  ]);
  expect((await browser.get(`${BASE}/keys`)).status).toBe(401);
  await signIn();
  const rows = ({ body }: { body: string }) =>
    [...body.matchAll(/href="[^"]*\/p\/(\w+)\/keys\/key_\w+"><bdi>([^<]*)</g)].map(
      ([, at, name]) => `${at}: ${name}`,
    );
  const all = await browser.get(`${BASE}/keys?sort=name`);
  expect([rows(all).length, rows(all).at(-1)]).toEqual([101, 'beta: mailer']);
  expect(all.body).toMatch(
    /No keys of down: cannot be reached.*is it up\?.*newest 100 keys of.*acme.*are shown/s,
  );
  const found = await browser.get(`${BASE}/keys?name=web&status=all&sort=name`);
  expect(rows(found)).toEqual(['beta: web old', 'acme: web shop']);
  expect(found.body).toContain('keys list --name &#39;*web*&#39; --all --sort name --all-profiles');
  const pasted = await browser.get(`${BASE}/keys?name=sk_live_${'a1b2'.repeat(9)}`);
  expect([pasted.status, pasted.headers['location']]).toEqual([303, `${BASE}/keys?said=secret`]);
});

it('asks a slow vendor once for a form that is sent three times, and again after it failed', async () => {
  const service = await embedded();
  const asked: string[] = [];
  let answer: (error: KeysError | null) => void = () => {};
  const create: KeyService['create'] = async (request, options) => {
    asked.push(options.idempotencyKey);
    const error = await new Promise<KeysError | null>((resolve) => {
      answer = resolve;
    });
    if (error !== null) throw error;
    return await service.create(request, options);
  };
  const slow = { ...service, create };
  const { browser, signIn } = await startConsole([profile('acme', async () => account(slow))]);
  await signIn();
  const at = `${BASE}/p/acme/keys`;
  const form: Record<string, string> = {
    ...hiddenFields((await browser.get(`${at}/new`)).body),
    name: 'shop',
  };
  const sendThrice = async (error: KeysError | null) => {
    const before = asked.length;
    const sent = underWay([1, 2, 3].map(() => browser.post(at, form)));
    await expect.poll(() => asked.length, { timeout: 60_000 }).toBe(before + 1);
    // Every request has arrived by now: this one is later than they are.
    for (let i = 0; i < 3; i++) expect((await browser.get(at)).status).toBe(200);
    answer(error);
    return await Promise.all(sent);
  };
  const failed = await sendThrice(new KeysError('unavailable', 'acme does not respond'));
  expect(failed.map(({ status }) => status)).toEqual([503, 503, 503]);
  expect(failed[0]?.body).toContain('value="shop"');
  const created = await sendThrice(null);
  expect(created.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(new Set(created.map(({ body }) => /sk_live_\w+/.exec(body)?.[0])).size).toBe(1);
  expect(created.map(({ headers }) => headers['cache-control'])).toEqual([
    'no-store',
    'no-store',
    'no-store',
  ]);
  expect(asked).toEqual([form['request'], form['request']]);
  expect((await service.list({ name: 'shop' })).keys).toHaveLength(1);
});
