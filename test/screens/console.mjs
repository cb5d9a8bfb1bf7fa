// Pictures of the console for the README: the built program in the system's Chromium, in light, in dark and narrow.
// npm run screens
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.github/screens');
const home = mkdtempSync(join(tmpdir(), 'keys-screens-'));
const DAY = 86_400_000;

const server = spawn(
  process.execPath,
  ['--', join(root, 'bin/keys.js'), 'serve', '--port', '0', '--log', 'off'],
  {
    env: { PATH: process.env.PATH ?? '', HOME: home },
  },
);
const url = await new Promise((resolve) => {
  let said = '';
  server.stderr.on('data', (chunk) => {
    said += chunk;
    const found = /listening on (\S+)/.exec(said)?.[1];
    if (found) resolve(found);
  });
});
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
  const shoot = async (name, path, { dark = false, width = 1100, height = 720 } = {}) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await page.goto(`${url}/console${path}`);
    await page.screenshot({ path: join(folder, `console-${name}.png`) });
  };
  await page.goto(url);
  await page.fill('#key', managementKey);
  await page.keyboard.press('Enter');
  // The sign-in page has the same address.
  await page.waitForSelector('nav');
  // Counts of uses are written every two seconds.
  for (let waited = 0; waited < 60; waited++) {
    await page.goto(`${url}/console/keys/${shop.id}`);
    if ((await page.locator('svg.days').count()) > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await shoot('keys', '/keys');
  await shoot('key-dark', `/keys/${shop.id}`, { dark: true });
  await shoot('create', '/keys/new');
  await shoot('keys-narrow', '/keys', { width: 360, height: 720 });
} finally {
  await browser.close();
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(home, { recursive: true, force: true });
}
