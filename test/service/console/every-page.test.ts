import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { auditForConsole } from '../../../src/cli/console/console-audit.js';
import { keysErrorOf } from '../../../src/domain/errors.js';
import { createAllServicesConsole } from '../../../src/service/console/all-services.js';
import { serveConsole } from '../../../src/service/http/serve-console.js';
import { idempotent } from '../../contract/key-service.js';
import { accessibilityFaults, openPage, startChromium } from '../../support/chromium.js';
import { consoleBrowser } from '../../support/console-browser.js';
import { consoleInProcess } from '../../support/console-in-process.js';
import { startTestService, type TestService } from '../../support/key-service-server.js';
import { storeSecretsInFile } from '../../support/keys.js';
import { keysInProcess } from '../../support/keys-in-process.js';
import { missing } from '../../support/needs.js';
import { settableClock } from '../../support/settable-clock.js';
import { testClient } from '../../support/test-client.js';

const WIDTHS = [360, 800, 1440];
const PAGES = new URL('../../../src/service/console/pages/', import.meta.url);

/** The name of every page that the console has: of each component whose name says so. */
function everyPage(): string[] {
  const sources = readdirSync(PAGES).map((file) => readFileSync(new URL(file, PAGES), 'utf8'));
  return sources.flatMap((source) =>
    [...source.matchAll(/^export function (\w+Page)\b/gm)].map(([, name]) => `${name}`),
  );
}

// A busy machine needs minutes for what a quiet one does in seconds.
describe.skipIf(missing('chromium'))('every page of the console', { timeout: 900_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  }, 180_000);
  afterAll(() => browser?.close());

  const checked = new Set<string>();

  /** Looks at the page that is open: its heading, and at each width and in light and dark what axe finds. */
  async function check(page: Page, component: string, heading: string | RegExp): Promise<void> {
    expect(await page.textContent('h1'), component).toMatch(heading);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      expect(await accessibilityFaults(page), `${component} at ${width}`).toEqual([]);
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      expect(wide, `${component} at ${width}`).toBe(width);
    }
    checked.add(component);
  }

  it('has no fault at any width in light and dark: of a service', async () => {
    const audit = auditForConsole({ now: () => service.clock.now() });
    const service: TestService = await startTestService({ console: { hosts: [], audit } });
    const { service: keys } = testClient(service.url, service.managementKey);
    const { page } = await openPage(browser, { bypassCSP: true });
    const at = (path: string) => `${service.url}/console${path}`;
    const signIn = async () => {
      await page.fill('#key', service.managementKey);
      await page.keyboard.press('Enter');
      await page.waitForSelector('nav');
    };
    await page.goto(at('/sign-in'));
    await check(page, 'SignInPage', 'Sign in to keys');
    await signIn();
    const { key } = await keys.create({ name: 'web shop', scopes: ['orders:read'] }, idempotent());
    const { key: old } = await keys.create({ name: 'old' }, idempotent());
    await keys.revoke(old.id);
    const [own] = (await keys.list({ name: 'management key' })).keys;
    const addresses: ReadonlyArray<readonly [component: string, path: string, heading: string]> = [
      ['KeysPage', '/keys', 'Keys'],
      ['KeyDetailPage', `/keys/${key.id}`, 'web shop'],
      ['EditPage', `/keys/${key.id}/edit`, 'Change'],
      ['RollPage', `/keys/${key.id}/roll`, 'Roll'],
      ['RevokePage', `/keys/${key.id}/revoke`, 'Revoke'],
      ['PausePage', `/keys/${own?.id}/pause`, 'Pause'],
      ['EndedPage', `/keys/${old.id}/roll`, 'old'],
      ['SecretShownPage', `/keys/${key.id}/secret`, key.id],
      ['EventsPage', '/events', 'Events'],
      ['AuditPage', '/audit', 'Audit'],
      ['ProblemPage', '/keys/none', 'Not found'],
      ['CreatePage', '/keys/new', 'Create a key'],
    ];
    for (const [component, path, heading] of addresses) {
      await page.goto(at(path));
      for (const summary of await page.locator('summary').all()) await summary.click();
      await check(page, component, heading);
    }
    await page.fill('#name', 'another');
    await page.click('main form button');
    await page.waitForSelector('text=I have saved it');
    await check(page, 'SecretPage', 'another is ready');
    // The session ends before the secret is confirmed.
    service.clock.advance(31 * 60_000);
    await page.click('text=I have saved it');
    await page.waitForSelector('#key');
    await signIn();
    await check(page, 'ConfirmSavedPage', 'Have you saved the secret?');
  });

  it('has no fault at any width in light and dark: of an audit that is late', async () => {
    const audit = () => () => new Promise<never>(() => {});
    const service = await startTestService({ console: { hosts: [], audit, sleep: async () => undefined } });
    const plain = consoleBrowser(service.url);
    await plain.signIn(service.managementKey);
    const { page } = await openPage(browser);
    // A header of the response leads on: the page is kept here, to be looked at.
    await page.setContent((await plain.get('/console/audit')).body);
    expect(await page.textContent('main')).toContain('keys were looked at so far');
    await check(page, 'CountingPage', 'Audit');
  });

  it('has no fault at any width in light and dark: of services that are late', async () => {
    const clock = settableClock();
    const base = '/a-path-that-is-not-guessed';
    const slow = { path: 'p/slow', name: 'slow', provider: 'keys', options: [] };
    const app = createAllServicesConsole({
      ...{ base, token: 'one-time', clock, sleep: async () => undefined, reveal: keysErrorOf },
      services: async () => [{ ...slow, open: () => new Promise<never>(() => {}) }],
      ...{ signedIn: () => undefined, signedOut: () => undefined },
    });
    const running = await serveConsole(app, clock);
    onTestFinished(() => running.close());
    const plain = consoleBrowser(running.url);
    const fromFile = { origin: 'null', 'sec-fetch-site': 'cross-site' };
    const signedIn = await plain.post(`${base}/sign-in`, { token: 'one-time' }, fromFile);
    const { page } = await openPage(browser);
    await page.setContent(signedIn.body);
    await check(page, 'SignedInPage', 'Signed in');
    await page.setContent((await plain.get(`${base}/p/slow/keys`)).body);
    await check(page, 'WaitingPage', 'Waiting for slow');
  });

  it('has no fault at any width in light and dark: of the console of this machine', async () => {
    const program = await keysInProcess();
    onTestFinished(() => program.remove());
    await storeSecretsInFile(program);
    const ready = join(program.home, 'ready');
    await program.run(['create', 'shop', '--to', join(program.home, 'shop.env')]);
    await program.run(['places', 'add', 'shop', '--to', `exec:test -e ${ready}`]);
    const { browser: signedIn, origin, base } = await consoleInProcess(program);
    const { page } = await openPage(browser, { bypassCSP: true });
    const [name = '', value = ''] = (signedIn.cookie() ?? '').split('=');
    const { hostname: domain } = new URL(origin);
    await page
      .context()
      .addCookies([{ name, value, domain, path: base, sameSite: 'Strict', httpOnly: true }]);
    const own = `${origin}${base}/own/keys`;
    await page.goto(`${origin}${base}`);
    await check(page, 'OverviewPage', 'Services');
    await page.goto(`${origin}${base}/keys`);
    await check(page, 'AllKeysPage', 'All keys');
    await page.goto(`${own}/keys/new`);
    await page.fill('#name', 'web');
    await page.fill('#to1', `exec:test -e ${ready}`);
    await page.click('main form button');
    await page.waitForSelector('text=is not finished');
    await check(page, 'DeliveredPage', 'web');
    await page.goto(`${own}/pending`);
    await check(page, 'PendingPage', 'Pending');
    writeFileSync(ready, '');
    await page.click('form[action$="/resume"] button');
    await page.waitForSelector('text=Every place has the new secret');
    await check(page, 'DeliveredPage', 'web');
    await page.click('text=Show the key');
    await page.waitForSelector('text=Versions');
    await check(page, 'KeyDetailPage', 'web');
    const key = page.url();
    await page.goto(`${key}/places`);
    await check(page, 'AddPlacePage', 'Add a place');
    await page.goto(key);
    await page.click('a[href*="/places/remove"]');
    await page.waitForURL('**/remove?*');
    await check(page, 'RemovePlacePage', 'Remove');
  });

  it('is among those that were looked at', () => {
    expect([...checked].sort()).toEqual(everyPage().sort());
  });
});
