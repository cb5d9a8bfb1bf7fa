// A first-time user's walk through the console, in the system's Chromium: create a key, copy it, use it, find
// it by its last use, roll it and revoke it. Prints clicks, typed texts and seconds for each step. Nobody
// reads in between, so the seconds are the program's own. npm run walk:console
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const bin = fileURLToPath(new URL('../../bin/keys.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'keys-walk-'));
const server = spawn(process.execPath, ['--', bin, 'serve', '--port', '0', '--log', 'off'], {
  env: { PATH: process.env.PATH ?? '', HOME: home },
});
const url = await new Promise((resolve) => {
  let said = '';
  server.stderr.on('data', (chunk) => {
    said += chunk;
    const found = /listening on (\S+)/.exec(said)?.[1];
    if (found) resolve(found);
  });
});
const managementKey = readFileSync(join(home, '.local/share/keys/management.key'), 'utf8').trim();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});

const totals = { clicks: 0, words: 0, seconds: 0 };
try {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  let [clicks, words] = [0, 0];
  const click = async (selector) => {
    clicks += 1;
    await page.click(selector);
  };
  /** Types into the field that has the focus when the page is ready. */
  const type = async (text) => {
    words += 1;
    await page.waitForSelector('[autofocus]:focus');
    await page.keyboard.type(text);
  };
  const step = async (name, walk) => {
    [clicks, words] = [0, 0];
    const start = performance.now();
    await walk();
    const seconds = (performance.now() - start) / 1000;
    totals.clicks += clicks;
    totals.words += words;
    totals.seconds += seconds;
    console.log(`${name.padEnd(22)} ${clicks} clicks  ${words} typed  ${seconds.toFixed(1)} s`);
  };

  await step('sign in', async () => {
    await page.goto(url);
    await type(managementKey);
    await click('main form button');
    await page.waitForSelector('nav');
  });
  await step('create', async () => {
    await click('text=Create key');
    await type('web shop');
    await click('main form button');
    await page.waitForSelector('text=I have saved it');
  });
  let secret = '';
  await step('copy', async () => {
    await click('[data-copy=secret]');
    await page.waitForSelector('text=Copied to the clipboard');
    secret = await page.evaluate('navigator.clipboard.readText()');
    await click('text=I have saved it');
    await page.waitForSelector('text=The key is ready');
  });
  const used = await fetch(`${url}/v1/whoami`, { headers: { authorization: `Bearer ${secret}` } });
  if (used.status !== 200) throw new Error(`the copied secret has status ${used.status}`);
  // Last uses are written every two seconds.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await step('find by last use', async () => {
    await click('nav a >> text=Keys');
    clicks += 1;
    await page.selectOption('#sort', 'last_used:desc');
    await click('.filters button');
    await page.waitForURL('**sort=last_used*');
    await click('td a >> text=web shop');
    await page.waitForSelector('text=Record');
  });
  await step('roll', async () => {
    await click('.head a >> text=Roll');
    await click('main form button');
    await click('text=I have saved it');
    await page.waitForSelector('text=The key is ready');
  });
  await step('revoke', async () => {
    await click('.head a >> text=Revoke');
    await type('web shop');
    await click('main form button');
    await page.waitForSelector('text=The key is revoked');
  });
  console.log(
    `${'in all'.padEnd(22)} ${totals.clicks} clicks  ${totals.words} typed  ${totals.seconds.toFixed(1)} s`,
  );
} finally {
  await browser.close();
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(home, { recursive: true, force: true });
}
