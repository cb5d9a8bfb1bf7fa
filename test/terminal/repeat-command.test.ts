import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { answerEach, terminal } from '../support/terminal.js';

const DOWN = '\u001b[B';

async function home(): Promise<KeysInProcess> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  return keys;
}

/** Answers each question in turn, and returns the exit code and what the program said at its end. */
async function answering(
  keys: KeysInProcess,
  args: readonly string[],
  answers: Parameters<typeof answerEach>[1],
  env: Readonly<Record<string, string>> = {},
) {
  const screen = terminal(keys, args, { cols: 200, env: { DISPLAY: '', WAYLAND_DISPLAY: '', ...env } });
  const { code, shown } = await answerEach(screen, answers);
  return { code, shown: stripVTControlCharacters(shown) };
}

const AGAIN = 'the same command with your answers:';

it('prints the command with all answers after a create that the service refuses', async () => {
  const keys = await home();
  const service = await startTestService();
  const at = (secret: string) => ({ KEYS_BASE_URL: service.url, KEYS_API_KEY: secret });
  const scopes = ['--scope', 'keys:read', '--scope', 'keys:write', '--raw'];
  const made = await keys.run(['create', 'few', ...scopes], { env: at(service.managementKey) });
  const { code, shown } = await answering(
    keys,
    ['create', '--owner', 'Team A'],
    [
      ['Name', 'billing worker\r'],
      ['Type', '\r'],
      ['Environment', `${DOWN}\r`],
      ['Expires', `${DOWN}\r`],
      ['Scopes', 'mail:send, mail:read\r'],
      ['Restrict the key to', ' \r'],
      ['IP addresses that may use it \\(', '192.0.2.1\r'],
      ['Deliver the secret to', `${DOWN.repeat(3)}\r`],
      ['Place', '.env#W\r'],
    ],
    at(made.stdout.trim()),
  );
  expect(code, shown).toBe(4);
  expect(shown).toContain(
    `${AGAIN}\r\n  keys create --owner 'Team A' --name 'billing worker' --type secret` +
      ' --environment test --expires 30d --scope mail:send --scope mail:read --allow-ip 192.0.2.1' +
      " --to '.env#W'",
  );
  expect(shown).not.toContain(made.stdout.trim());
});

it('does so after a login, without the credential, and after the questions of places remove', async () => {
  const keys = await home();
  const service = await startTestService();
  const credential = `sk_live_${'0'.repeat(39)}`;
  const login = await answering(
    keys,
    ['login', '--profile', 'team', '--insecure-storage'],
    [
      ['esc leave', '\r'],
      ['Address of the service', `${service.url}\r`],
      ['Management key', `${credential}\r`],
    ],
  );
  expect(login.code, login.shown).not.toBe(0);
  expect(login.shown).toContain(
    `${AGAIN} keys login --profile team --insecure-storage --provider keys --base-url ${service.url}`,
  );
  expect(login.shown).not.toContain(credential);

  await keys.run(['create', 'web', '--to', 'web.env#WEB'], { cwd: keys.home });
  rmSync(join(keys.home, 'web.env'));
  mkdirSync(join(keys.home, 'web.env'));
  const removal = await answering(
    keys,
    ['places', 'remove', '--erase'],
    [
      ['Which key', '\r'],
      ['Which place', '\r'],
      ['Remove the secret', 'y\r'],
    ],
  );
  expect(removal.code, removal.shown).not.toBe(0);
  expect(removal.shown).toMatch(/your answers: keys places remove --erase key_\w+ \S+web\.env#WEB/);
});

it('says nothing of it after one answer, after a no, and where a person has left', async () => {
  const keys = await home();
  await keys.run(['create', 'web', '--raw']);
  for (const answers of [
    [
      ['Which key', '\r'],
      ['to confirm', 'other\r'],
    ],
    [
      ['Which key', '\r'],
      ['to confirm', '\u0003'],
    ],
  ] as const) {
    const { code, shown } = await answering(keys, ['revoke'], answers);
    expect(code).toBe(130);
    expect(shown).not.toContain(AGAIN);
  }
});
