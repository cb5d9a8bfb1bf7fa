import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { auditForConsole } from '../../../src/cli/console/console-audit.js';
import { KeysError, keysErrorOf } from '../../../src/domain/errors.js';
import type { KeyService } from '../../../src/domain/key-service.js';
import { createAllServicesConsole } from '../../../src/service/console/all-services.js';
import type { ConsoleService } from '../../../src/service/console/all-services-options.js';
import { type ConsoleAccount, factsOfPolicy } from '../../../src/service/console/console-account.js';
import { signInFile } from '../../../src/service/console/sign-in-file.js';
import { openEmbeddedService } from '../../../src/service/embedded.js';
import { serveConsole } from '../../../src/service/http/serve-console.js';
import { findPolicy } from '../../../src/service/policies/find-policy.js';
import { idempotent } from '../../contract/key-service.js';
import { accessibilityFaults, openPage, startChromium, tabTo } from '../../support/chromium.js';
import { consoleBrowser } from '../../support/console-browser.js';
import { consoleInProcess } from '../../support/console-in-process.js';
import { startTestService, type TestService } from '../../support/key-service-server.js';
import { storeSecretsInFile } from '../../support/keys.js';
import { keysInProcess } from '../../support/keys-in-process.js';
import { loopbackServer } from '../../support/loopback-server.js';
import { missing } from '../../support/needs.js';
import { settableClock } from '../../support/settable-clock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testClient } from '../../support/test-client.js';

const SECRET = /[sp]k_(?:live|test)_[0-9A-Za-z]{36,}/;
const WIDTHS = [360, 800, 1440];

// A busy machine needs minutes for what a quiet one does in seconds.
describe.skipIf(missing('chromium'))('the console in a browser', { timeout: 400_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  }, 180_000);
  afterAll(() => browser?.close());

  let pages = 0;
  /**
   * No overflow at any width, and nothing that axe finds: at each width, or at one of them for each page in
   * turn.
   */
  async function checkPage(page: Page, what: string, widths: 'each' | 'in turn' = 'in turn'): Promise<void> {
    const turn = pages++ % WIDTHS.length;
    for (const [i, width] of WIDTHS.entries()) {
      await page.setViewportSize({ width, height: 800 });
      const found = widths === 'each' || i === turn ? await accessibilityFaults(page) : [];
      expect(found, `${what} at ${width}`).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${what} at ${width}`).toBe(width);
    }
  }

  async function start() {
    const audit = auditForConsole({ now: () => service.clock.now() });
    const service: TestService = await startTestService({ console: { hosts: [], audit } });
    const { service: keys } = testClient(service.url, service.managementKey);
    return { service, keys, at: (path: string) => `${service.url}/console${path}` };
  }

  async function signIn(page: Page, service: TestService): Promise<void> {
    await page.goto(service.url);
    await page.fill('#key', service.managementKey);
    await page.keyboard.press('Enter');
    // The sign-in page has the same address.
    await page.waitForSelector('nav');
  }

  const accountOf = (service: KeyService): ConsoleAccount => ({
    ...{ service, facts: factsOfPolicy(findPolicy('keys')), who: 'acme', ownKeyId: null },
    may: { read: true, create: true, write: true },
  });
  const serviceOf = (name: string, open: ConsoleService['open']): ConsoleService => ({
    ...{ path: `p/${name}`, name, provider: 'keys', options: [], open },
  });

  /**
   * A console of these services, and the file that signs in. `late`: each page waits for its service no
   * longer.
   */
  async function startServices(services: readonly ConsoleService[], late: 'late' | 'in time' = 'in time') {
    const clock = settableClock();
    const [base, token] = ['/a-path-that-is-not-guessed', 'one-time'];
    const nothing = () => undefined;
    const sleep = async () => await (late === 'late' ? undefined : new Promise<void>(() => {}));
    const app = createAllServicesConsole({
      ...{ base, token, clock, sleep, reveal: keysErrorOf },
      ...{ services: async () => services, signedIn: nothing, signedOut: nothing },
    });
    const running = await serveConsole(app, clock);
    onTestFinished(() => running.close());
    const file = join(temporaryFolder(), 'console.html');
    writeFileSync(file, signInFile(`${running.url}${base}/sign-in`, token));
    return { origin: running.url, url: running.url + base, file };
  }

  it('takes a first-time user from an empty list to a revoked key by keyboard alone', async () => {
    const { service, keys, at } = await start();
    const { page, complaints } = await openPage(browser);
    await page.goto(service.url);
    // What is typed before a field has the focus goes nowhere.
    await page.waitForSelector('[autofocus]:focus');
    await page.keyboard.type(service.managementKey);
    await page.keyboard.press('Enter');
    await page.waitForSelector('nav');
    const press = async (selector: string, url: string) => {
      await tabTo(page, selector);
      await page.keyboard.press('Enter');
      await page.waitForURL(url);
    };
    await press('a.skip', '**#main');
    await press('a[href$="/keys/new"]', at('/keys/new'));
    await page.waitForSelector('[autofocus]:focus');
    await page.keyboard.type('web shop');
    await tabTo(page, 'main form button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=I have saved it');
    const secret = SECRET.exec((await page.textContent('#secret')) ?? '')?.[0] ?? '';
    expect(secret).not.toBe('');
    expect(page.url()).not.toContain(secret);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await tabTo(page, '[data-copy=secret]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Copied to the clipboard');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret);
    await press('main form button', '**?done=saved');
    const [key] = (await keys.list({ name: 'web shop' })).keys;
    expect(key).toBeDefined();
    // The page that showed the secret is not kept: its place in the history is that of the key.
    await page.goBack();
    await page.waitForURL(at(`/keys/${key?.id}`));
    await page.waitForSelector('text=Record');
    expect(await page.content()).not.toContain(secret);

    await press('a[href$="/roll"]', '**/roll');
    await tabTo(page, '[name=grace]');
    await page.keyboard.press('ArrowDown');
    await tabTo(page, 'main form button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=The old key works until it expires');
    await press('main form button', '**?done=saved');
    await press('a[href$="/revoke"]', '**/revoke');
    await page.waitForSelector('[autofocus]:focus');
    await page.keyboard.type('web shop');
    await page.keyboard.press('Enter');
    await page.waitForURL('**?done=revoked');
    expect(await page.textContent('main .badge')).toBe('revoked');
    await press('.me button', at('/sign-in'));
    const stored = await page.evaluate('localStorage.length + sessionStorage.length');
    expect([stored, await page.context().cookies()]).toEqual([0, []]);
    expect(complaints).toEqual([]);
    expect(service.log.join('\n')).not.toMatch(SECRET);
  });

  it('has no fault that axe finds, in light and dark, fits each width, and runs no text', async () => {
    const { service, keys, at } = await start();
    const { page, complaints } = await openPage(browser, { bypassCSP: true });
    const check = async (name: string) => {
      // Nothing runs that a name brings along.
      expect(await page.title(), name).toMatch(/ · keys$/);
      expect(await page.locator('main img').count(), name).toBe(0);
      await checkPage(page, name);
    };
    await page.goto(at('/keys'));
    await check('sign-in');
    await signIn(page, service);
    const scopes = ['orders:read', 'orders:write', 'refunds:write', 'users:read'];
    const long = 'NameWithoutAnySpace'.repeat(10);
    const evil = '</bdi><script>document.title="run"</script><img src=x onerror="document.title=1">';
    await keys.create(
      { name: long, scopes, owner: evil.slice(0, 90), metadata: { team: 'web' } },
      idempotent(),
    );
    const { key } = await keys.create({ name: evil, scopes, limits: { rate: '5/min' } }, idempotent());
    const rolled = await keys.roll(key.id, { grace_seconds: 3600 }, idempotent());
    await keys.pause?.(rolled.key.id);
    for (const path of [
      '/keys',
      '/keys?name=none',
      `/keys/${key.id}`,
      `/keys/${rolled.key.id}`,
      `/keys/${rolled.key.id}/revoke`,
      `/keys/${rolled.key.id}/edit`,
      '/events',
      '/audit',
      '/keys/none',
    ]) {
      await page.goto(at(path));
      await check(path);
    }
    await keys.unpause?.(rolled.key.id);
    await page.goto(at(`/keys/${rolled.key.id}/roll`));
    await check('roll');
    await page.goto(at('/keys/new'));
    await page.click('summary');
    await check('create');
    await page.fill('#name', 'another');
    await page.fill('#scopes', 'not a scope!');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    await check('a refused form');
    await page.fill('#scopes', '');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=I have saved it');
    await check('secret');
    expect(complaints).toEqual([]);
  });

  it('signs in from a file, and shows every service without a fault that axe finds', async () => {
    const failing: ConsoleService['open'] = async () => {
      throw new KeysError('unreachable', 'cannot be reached', { hint: 'is it up?' });
    };
    const { service } = await openEmbeddedService(temporaryFolder(), settableClock());
    const { url, file } = await startServices([
      serviceOf('acme', async () => accountOf(service)),
      serviceOf('away', failing),
    ]);
    const { page } = await openPage(browser, { bypassCSP: true });
    const check = async (name: string) => await checkPage(page, name);
    await page.goto(pathToFileURL(file).href);
    await page.waitForURL(url);
    await page.waitForSelector('text=not reached');
    await check('overview');
    await tabTo(page, 'a[href$="/p/acme/keys"]');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/p/acme/keys');
    await tabTo(page, '.me button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Signed out');
    await check('signed out');
  });

  it('names the service that it waits for on a page without a fault that axe finds', async () => {
    const never: ConsoleService['open'] = () => new Promise(() => {});
    const { origin, url } = await startServices([serviceOf('slow', never)], 'late');
    const base = url.slice(origin.length);
    // A header of the response leads on at once: the page is kept here, to be looked at.
    const plain = consoleBrowser(origin);
    await plain.post(
      `${base}/sign-in`,
      { token: 'one-time' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
    );
    const waiting = await plain.get(`${base}/p/slow/keys`);
    expect(waiting.headers['refresh']).toBe(`0; url=${base}/p/slow/keys`);
    const { page, complaints } = await openPage(browser);
    await page.setContent(waiting.body);
    expect(await page.textContent('h1')).toBe('Waiting for slow');
    await checkPage(page, 'waiting', 'each');
    expect(complaints).toEqual([]);
  });

  it('stays empty in a frame of another page', async () => {
    const { service, at } = await start();
    const { page } = await openPage(browser);
    await signIn(page, service);
    const other = await loopbackServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<h1>A prize</h1><iframe src="${at('/keys/new')}"></iframe>`);
    });
    await page.goto(other);
    const framed = async () => (await page.frames()[1]?.content()) ?? '';
    await expect.poll(() => page.frames()[1]?.url(), { timeout: 60_000 }).toMatch(/^chrome-error:/);
    expect(await framed()).not.toMatch(/<form|Create a key|management/);
    // The session goes on: it is the frame that is refused.
    await page.goto(at('/keys/new'));
    expect(await page.isVisible('#name')).toBe(true);
  });

  it('finds, renames, changes and pauses a key, and filters, by keyboard alone', async () => {
    const { service, keys, at } = await start();
    const { key } = await keys.create({ name: 'web shop' }, idempotent());
    await keys.create({ name: 'other' }, idempotent());
    const { page, complaints } = await openPage(browser);
    await signIn(page, service);
    const send = async (selector: string, url: string) => {
      await tabTo(page, selector);
      await page.keyboard.press('Enter');
      await page.waitForURL(url);
    };
    await tabTo(page, '#name');
    await page.keyboard.type('shop');
    await tabTo(page, '#sort');
    await page.keyboard.press('ArrowDown');
    await send('.filters button', '**/keys?*name=shop*sort=last_used*');
    expect(await page.locator('tbody tr').count()).toBe(1);
    await send('td a', at(`/keys/${key.id}`));
    await tabTo(page, '#name');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('store');
    await page.keyboard.press('Enter');
    await page.waitForURL('**?done=renamed');
    await send('a[href$="/edit"]', '**/edit');
    await tabTo(page, '#scopes');
    await page.keyboard.type('orders:read');
    await send('main form button', '**?done=changed');
    await send('form[action$="/pause"] button', '**?done=paused');
    await send('form[action$="/unpause"] button', '**?done=unpaused');
    expect(await keys.get(key.id)).toMatchObject({
      name: 'store',
      scopes: ['orders:read'],
      status: 'active',
    });
    await send('nav a[href$="/events"]', at('/events'));
    await send('nav a[href$="/audit"]', at('/audit'));
    expect(complaints).toEqual([]);
  });

  it('shows what is pending and places without a fault that axe finds, and resumes by keyboard', async () => {
    const program = await keysInProcess();
    onTestFinished(() => program.remove());
    await storeSecretsInFile(program);
    const ready = join(program.home, 'ready');
    await program.run(['create', 'shop', '--to', join(program.home, 'shop.env')]);
    await program.run(['places', 'add', 'shop', '--to', `exec:test -e ${ready}`]);
    const { browser: signedIn, origin, base } = await consoleInProcess(program);
    const { page, complaints } = await openPage(browser, { bypassCSP: true });
    const [name = '', value = ''] = (signedIn.cookie() ?? '').split('=');
    const { hostname: domain } = new URL(origin);
    await page
      .context()
      .addCookies([{ name, value, domain, path: base, sameSite: 'Strict', httpOnly: true }]);
    const check = async (what: string, widths?: 'each') => await checkPage(page, what, widths);
    const own = `${origin}${base}/own/keys`;
    await page.goto(`${origin}${base}/keys`);
    await check('all keys');
    await page.goto(`${own}/keys/new`);
    await page.fill('#name', 'web');
    await page.fill('#to1', join(program.home, 'web.env'));
    for (const summary of await page.locator('summary').all()) await summary.click();
    await check('create with places');
    await page.fill('#to2', `exec:test -e ${ready}`);
    await tabTo(page, 'main form button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=is not finished');
    await check('a place that failed');
    await page.goto(`${own}/pending`);
    await check('pending');
    writeFileSync(ready, '');
    await tabTo(page, 'form[action$="/resume"] button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Every place has the new secret');
    await page.click('text=Show the key');
    await page.waitForSelector('text=Versions');
    await check('a managed key');
    await tabTo(page, 'a[href$="/places"]');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/places');
    await check('add a place');
    await page.keyboard.press('Escape');
    await tabTo(page, '#to1');
    await page.keyboard.type(join(program.home, 'more.env'));
    await page.keyboard.press('Escape');
    await tabTo(page, 'main form button');
    await page.keyboard.press('Enter');
    await page.waitForURL('**?done=delivered');
    await tabTo(page, 'a[href*="more.env"]');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/remove?*');
    await check('remove a place');

    // Another key has the first place: the form offers two ways on.
    const [{ place }] = JSON.parse((await program.run(['places', 'list', 'shop', '--json'])).stdout);
    await page.goto(`${own}/keys/new`);
    await page.fill('#name', 'third');
    await page.fill('#to1', String(place));
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.fill('#ips', 'nowhere');
    await page.fill('#rate', 'often');
    await tabTo(page, 'main form button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#rate[aria-invalid=true]');
    expect(await page.locator('[aria-invalid=true]').count()).toBe(3);
    await check('a form with several marks and an offer', 'each');
    await page.fill('#ips', '');
    await page.fill('#rate', '');
    await tabTo(page, 'button[name=to1]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Every place has the new secret');
    await page.click('text=Show the key');
    await page.waitForSelector('text=Versions');
    await page.click('a[href$="/revoke"]');
    await page.fill('#confirm', 'third');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=still has the secret of this key');
    await check('a page with warnings', 'each');
    expect(complaints).toEqual([]);
  });

  it('works without JavaScript', async () => {
    const { service, keys, at } = await start();
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await signIn(page, service);
    await page.click('text=Create key >> nth=0');
    await page.fill('#name', 'plain');
    await page.click('main form button');
    await page.waitForSelector('text=I have saved it');
    expect(await page.isVisible('[data-copy=secret]')).toBe(false);
    const [key] = (await keys.list({ name: 'plain' })).keys;
    const secret = (await page.textContent('#secret')) ?? '';
    expect([secret, page.url()]).toEqual([expect.stringMatching(SECRET), at(`/keys/${key?.id}/secret`)]);
    // Left without saving: the button shows it once more, the address does not.
    await page.click('nav a');
    await page.goBack();
    await page.waitForSelector('text=This page does not show its secret any more');
    expect(await page.content()).not.toContain(secret);
    await page.click('text=Show the secret again');
    await page.waitForSelector('text=I have saved it');
    expect(await page.textContent('#secret')).toBe(secret);
    await page.click('text=I have saved it');
    await page.waitForURL('**?done=saved');
    await page.goBack();
    await page.waitForSelector('text=This page does not show its secret any more');
    expect(await page.locator('text=Show the secret again').count()).toBe(0);
    await page.click('text=Show the key');
    await page.click('text=Roll');
    await page.click('main form button');
    await page.waitForURL('**/secret');
    const next = (await page.textContent('#secret')) ?? '';
    expect(next).toMatch(SECRET);
    await page.click('text=I have saved it');
    await page.waitForURL('**?done=saved');
    await page.goBack();
    await page.waitForSelector('text=This page does not show its secret any more');
    expect(await page.content()).not.toContain(next);
    await page.goto(at('/keys?name=lai'));
    // Its successor has the same name.
    await page.click(`td a[href$="${key?.id}"]`);
    await page.fill('#name', 'renamed');
    await page.click('text=Save the name');
    await page.waitForURL('**?done=renamed');
    await page.goto(at(`/keys/${key?.id}/revoke`));
    await page.fill('#confirm', 'renamed');
    await page.click('main form button');
    await page.waitForURL('**?done=revoked');
    expect((await keys.get(key?.id ?? '')).status).toBe('revoked');
  });

  it('creates one key and turns a spinner while the service is slow, however often the form is sent', async () => {
    const { service } = await openEmbeddedService(temporaryFolder(), settableClock());
    let [creates, go] = [0, () => {}];
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const create: KeyService['create'] = async (request, options) => {
      creates += 1;
      await held;
      return await service.create(request, options);
    };
    const { url, file } = await startServices([
      serviceOf('acme', async () => accountOf({ ...service, create })),
    ]);
    const { page } = await openPage(browser);
    await page.goto(pathToFileURL(file).href);
    await page.waitForURL(url);
    await page.goto(`${url}/p/acme/keys/new`);
    await page.fill('#name', 'slow');
    // A browser takes no commands while a page is on its way: the page itself says how it looks, and sends
    // its form again and again.
    const seen: string[] = [];
    page.on('console', (message) => seen.push(message.text()));
    await page.evaluate(`(() => {
      const form = document.querySelector('main form');
      const button = form.querySelector('button');
      setInterval(() => {
        button.click();
        form.requestSubmit();
        const turning = getComputedStyle(button, '::before').animationName;
        console.log([button.getAttribute('aria-busy'), turning, document.getElementById('live').textContent].join());
      }, 100);
    })()`);
    await expect
      .poll(() => [creates, seen.at(-1)], { timeout: 60_000 })
      .toEqual([1, 'true,turn,Please wait']);
    const before = seen.length;
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBeGreaterThan(before + 5);
    go();
    await page.waitForSelector('text=I have saved it', { timeout: 120_000 });
    expect([creates, (await service.list({ name: 'slow' })).keys.length]).toEqual([1, 1]);
  });
});
