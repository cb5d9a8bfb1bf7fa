// Pictures of every page of the console, from the built program in the system's Chromium: in light, and some
// in dark and narrow. npm run screens; KEYS_SCREENS=FOLDER draws each page in light, dark and narrow there
// instead.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const every = process.env.KEYS_SCREENS;
const folder = every ?? join(root, '.github/screens');
const home = mkdtempSync(join(tmpdir(), 'keys-screens-'));
const DAY = 86_400_000;

const bin = join(root, 'bin/keys.js');
const env = { PATH: process.env.PATH ?? '', HOME: home, TZ: 'UTC' };

/** What a program that goes on running says of this pattern. */
const said = (child, pattern) =>
  new Promise((resolve) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
      const found = pattern.exec(text)?.[1];
      if (found) resolve(found);
    });
  });

const server = spawn(process.execPath, ['--', bin, 'serve', '--port', '0', '--log', 'off'], { env });
const url = await said(server, /listening on (\S+)/);
const managementKey = readFileSync(join(home, '.local/share/keys/management.key'), 'utf8').trim();

async function send(method, path, body, key = managementKey) {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return await response.json();
}

const create = async (name, more = {}) =>
  (
    await send('POST', '/v1/api-keys', {
      name,
      expires_at: new Date(Date.now() + 90 * DAY).toISOString(),
      ...more,
    })
  ).data;

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
try {
  mkdirSync(folder, { recursive: true });
  await create('ci runner', { environment: 'test', scopes: ['deploy:write'] });
  const paused = await create('partner feed', { scopes: ['orders:read'], expires_at: null });
  await create('mobile app', {
    type: 'public',
    restrictions: { referrers: ['https://app.example.com'] },
  });
  const rolled = await create('analytics export', { scopes: ['reports:read'] });
  const shop = await create('web shop', {
    scopes: ['orders:read', 'orders:write'],
    restrictions: { ips: ['203.0.113.0/24', '127.0.0.1'] },
    owner: 'shop team',
  });
  await send('PATCH', `/v1/api-keys/${paused.id}`, { enabled: false });
  await send('POST', `/v1/api-keys/${rolled.id}/roll`, { grace_seconds: 43_200 });
  for (let i = 0; i < 40; i++) await send('GET', '/v1/whoami', undefined, shop.secret);

  const page = await browser.newPage({ viewport: { width: 1100, height: 720 } });
  const variants = { '': [1100, 'light'], '-dark': [1100, 'dark'], '-narrow': [360, 'light'] };
  /** Takes the page that is open. `kept`: the variants that the repository has. */
  const take = async (name, kept = ['']) => {
    // A secret in a picture is no key of anybody.
    await page.evaluate(
      `for (const each of document.querySelectorAll('[data-secret]')) each.textContent = each.textContent.replace(/(_live_).+/, '$1' + 'example'.repeat(5))`,
    );
    for (const [variant, [width, colorScheme]] of Object.entries(variants)) {
      if (every === undefined && !kept.includes(variant)) continue;
      await page.setViewportSize({ width, height: 720 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: join(folder, `console-${name}${variant}.png`),
        // What is wrong is said above a long form.
        fullPage: every !== undefined || name === 'refused',
      });
    }
    await page.setViewportSize({ width: 1100, height: 720 });
    await page.emulateMedia({ colorScheme: 'light' });
  };
  const shoot = async (name, address, kept) => {
    await page.goto(address);
    await take(name, kept);
  };
  await shoot('sign-in', url);
  await page.fill('#key', managementKey);
  await page.keyboard.press('Enter');
  // The sign-in page has the same address.
  await page.waitForSelector('nav');
  const at = (path) => `${url}/console${path}`;
  // Counts of uses are written every two seconds.
  for (let waited = 0; waited < 60; waited++) {
    await page.goto(at(`/keys/${shop.id}`));
    if ((await page.locator('svg.days').count()) > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await shoot('keys', at('/keys'), ['', '-narrow']);
  await shoot('key', at(`/keys/${shop.id}`), ['-dark']);
  await shoot('create', at('/keys/new'));
  await shoot('roll', at(`/keys/${shop.id}/roll`));
  await shoot('revoke', at(`/keys/${shop.id}/revoke`));
  await shoot('edit', at(`/keys/${shop.id}/edit`));
  await shoot('events', at('/events'));
  await shoot('audit', at('/audit'));
  await page.goto(at('/keys/new'));
  await page.fill('#name', 'billing');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=I have saved it');
  await take('secret');
  await shoot('secret-shown', at(`/keys/${shop.id}/secret`), []);
  await page.goto(at('/keys?name=management'));
  await page.click('td a');
  await page.waitForSelector('text=Record');
  await shoot('pause', `${page.url()}/pause`, []);
  await shoot('problem', at('/keys/none'), []);
  // All that is wrong with a form, in one response.
  await page.goto(at('/keys/new'));
  await page.fill('#name', 'billing');
  await page.fill('#scopes', 'not! a:b');
  await page.click('summary');
  await page.fill('#rate', 'often');
  await page.fill('#uses', 'many');
  await page.click('main form button');
  await page.waitForSelector('text=3 fields need a change');
  await take('refused');

  // `keys console`, over a profile of the service above, a service that is down, and the embedded service.
  const ready = join(home, 'deployed');
  const keys = (...args) => execFileSync(process.execPath, ['--', bin, ...args], { env, stdio: 'pipe' });
  keys('config', 'set', 'storage', 'file');
  execFileSync(
    process.execPath,
    ['--', bin, 'login', '--base-url', url, '--profile', 'shop', '--with-token'],
    { env, input: managementKey, stdio: 'pipe' },
  );
  keys('profile', 'add', 'staging', '--base-url', 'http://127.0.0.1:1');
  keys('create', 'web shop backend', '--profile', 'shop', '--to', join(home, 'shop.env'));
  keys('places', 'add', 'web shop backend', '--profile', 'shop', '--to', `exec:test -e ${ready}`);
  const console = spawn(process.execPath, ['--', bin, 'console', '--no-open'], { env });
  try {
    await page.goto(await said(console, /(file:\S+)/));
    await page.waitForSelector('text=not reached');
    const [base] = page.url().split('?');
    await take('services');
    await page.goto(`${base}/keys`);
    // A page that waits for a service says so, and is loaded again.
    await page.waitForSelector('td a');
    await take('all-keys');
    await page.goto(`${base}/p/shop/keys?name=backend`);
    await page.click('td a');
    await page.waitForSelector('text=Versions');
    await take('managed');
    const managed = page.url();
    await shoot('add-place', `${managed}/places`);
    await page.click('summary');
    await take('place-kinds', []);
    await page.goto(`${managed}/roll`);
    await page.click('main form button');
    await page.waitForSelector('text=is not finished');
    await take('delivered');
    await shoot('pending', `${base}/p/shop/pending`);
    await page.goto(managed);
    await page.click('a[href*="/places/remove"]');
    await take('remove-place', []);
    await page.click('.me button');
    await page.waitForSelector('text=Signed out');
    await take('signed-out', []);
  } finally {
    console.kill('SIGTERM');
    await new Promise((resolve) => console.once('exit', resolve));
  }
} finally {
  await browser.close();
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(home, { recursive: true, force: true });
}
