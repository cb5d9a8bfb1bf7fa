import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { consoleBrowser, hiddenFields } from '../support/console-browser.js';
import { BIN, storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';

const LONG = { timeout: 60_000, interval: 50 };

/** The console as a process of its own, and what it said. */
function startConsole(keys: KeysInProcess, args: readonly string[], env: Record<string, string> = {}) {
  const said: string[] = [];
  const running = execa(process.execPath, [BIN, 'console', ...args], {
    ...{ env: { ...keys.env, ...env }, extendEnv: false, reject: false, stdin: 'ignore' },
  });
  onTestFinished(() => void running.kill('SIGKILL'));
  running.stderr?.on('data', (chunk) => said.push(String(chunk)));
  const text = () => said.join('');
  return { running, text };
}

const fileIn = (text: string) => fileURLToPath(/file:\S+/.exec(text)?.[0] ?? 'file:///none');
const match = (text: string, pattern: RegExp) => pattern.exec(text)?.[1] ?? '';

it('opens a page that signs in, creates a key, and changes a managed one', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await storeSecretsInFile(keys);
  await keys.run(['profile', 'add', 'away', '--base-url', 'http://127.0.0.1:1']);
  const managed = await keys.run(['create', 'shop', '--to', join(keys.home, 'shop.env'), '--json']);
  expect(managed.code, managed.stderr).toBe(0);
  const opened = join(keys.home, 'opened');
  const browserProgram = join(keys.home, 'browser');
  writeFileSync(browserProgram, `#!/bin/sh\nprintf %s "$1" > '${opened}'\n`, { mode: 0o755 });

  const { running, text } = startConsole(keys, [], { BROWSER: browserProgram });
  await expect.poll(() => existsSync(opened) && readFileSync(opened, 'utf8'), LONG).toMatch(/^file:/);
  const file = fileIn(readFileSync(opened, 'utf8'));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const page = readFileSync(file, 'utf8');
  const { origin, pathname } = new URL(match(page, /action="([^"]+)"/));
  const token = match(page, /name="token" value="([^"]+)"/);
  const browser = consoleBrowser(origin, { patient: true });
  const entered = await browser.post(pathname, { token }, { origin: 'null', 'sec-fetch-site': 'cross-site' });
  expect(entered.status).toBe(200);
  expect(existsSync(file)).toBe(false);

  const base = pathname.replace('/sign-in', '');
  const overview = await browser.get(base);
  expect(overview.body).toMatch(/away.*not reached.*this machine.*reached.*>1</s);
  const own = `${base}/own/keys/keys`;
  const created = await browser.post(own, {
    ...hiddenFields((await browser.get(`${own}/new`)).body),
    name: 'web',
  });
  expect(created.body).toMatch(/API_KEY=sk_live_\w{36}/);

  const list = await browser.get(own);
  const id = match(list.body, /href="[^"]*\/keys\/(key_\w+)"><bdi>shop</);
  await browser.submit(`${own}/${id}`, `${own}/${id}/rename`, { name: 'store' });
  const revoked = await browser.submit(`${own}/${id}/revoke`, `${own}/${id}/revoke`, { confirm: 'store' });
  expect(revoked.status).toBe(303);

  await browser.post(`${base}/sign-out`, hiddenFields((await browser.get(base)).body));
  expect((await running).exitCode).toBe(0);
  expect(text()).toContain('the console ends: signed out');
  expect(text()).not.toContain(token);
  const shown = await keys.run(['list', '--all', '--json']);
  expect(JSON.parse(shown.stdout)).toContainEqual(
    expect.objectContaining({ id, name: 'store', status: 'revoked' }),
  );
});

it.each([
  ['under --no-open', ['--no-open'], {}],
  ['if no browser opens it', [], { BROWSER: 'false' }],
] as const)('prints the file %s, and removes it when it is interrupted', async (_, args, env) => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const { running, text } = startConsole(keys, args, env);
  await expect.poll(text, LONG).toContain('Ctrl-C ends the console');
  const file = fileIn(text());
  expect(text()).toContain('open this file in a browser');
  expect(existsSync(file)).toBe(true);
  running.kill('SIGINT');
  expect((await running).exitCode).toBe(0);
  expect(existsSync(file)).toBe(false);
});
