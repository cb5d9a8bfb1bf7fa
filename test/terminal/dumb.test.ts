import { expect, it, onTestFinished } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { answerEach, terminal } from '../support/terminal.js';

const DUMB = { cols: 80, env: { TERM: 'dumb', DISPLAY: '', WAYLAND_DISPLAY: '' } };
type Answers = Parameters<typeof answerEach>[1];
const ESCAPE = '\u001b';

async function home(): Promise<KeysInProcess> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  return keys;
}

const answering = async (keys: KeysInProcess, args: readonly string[], answers: Answers) =>
  await answerEach(terminal(keys, args, DUMB), answers);

const times = (shown: string, text: string) => shown.split(text).length - 1;

it('asks each question of create once, in lines, and moves no cursor', async () => {
  const keys = await home();
  const { code, shown } = await answering(
    keys,
    ['create'],
    [
      ['Name: ', 'asked\r'],
      ['secret: for servers[\\s\\S]*Number \\[1\\]: ', '\r'],
      ['2 {2}test\\r\\nNumber \\[1\\]: ', '3\r'],
      ['a number from 1 to 2\\r\\nNumber \\[1\\]: ', '2\r'],
      ['Expires[\\s\\S]*30 days[\\s\\S]*Number \\[1\\]: ', '2\r'],
      ['Scopes .*: ', 'A B\r'],
      ['not a scope: "A B"[\\s\\S]*Scopes .*: ', 'mail:send\r'],
      ['requests that[\\s\\S]*Numbers, commas between them; empty: none: ', '1, 3\r'],
      ['IP addresses that may use it .*: ', '192.0.2.1\r'],
      ['Requests that it may make .*: ', 'GET /v1/users/*\r'],
      ['Deliver the secret to[\\s\\S]*Number \\[1\\]: ', '\r'],
    ],
  );
  expect(code, shown).toBe(0);
  expect(shown).not.toContain(ESCAPE);
  for (const once of ['Name: ', 'Expires', 'IP addresses that may use it (', 'at another time'])
    expect(times(shown, once), once).toBe(1);
  const [key] = JSON.parse((await keys.run(['list', '--json'])).stdout);
  expect(key).toMatchObject({ name: 'asked', environment: 'test', scopes: ['mail:send'] });
  expect(key.restrictions).toEqual({ ips: ['192.0.2.1'], endpoints: ['GET /v1/users/*'] });
});

it('picks by a part of a name, asks for a yes, and shows no secret that is typed', async () => {
  const keys = await home();
  for (const name of ['alpha', 'beta', 'gamma']) await keys.run(['create', name, '--raw']);
  const picked = await answering(
    keys,
    ['show'],
    [
      ['Number, or a part of a name: ', 'zzz\r'],
      ['none holds zzz[\\s\\S]*part of a name: ', 'BET\r'],
    ],
  );
  expect(picked.code, picked.shown).toBe(0);
  expect(picked.shown).not.toContain(ESCAPE);
  expect(picked.shown).toMatch(/^name +beta/m);

  const paused = await answering(
    keys,
    ['pause', 'beta'],
    [
      ['Pause beta .*\\(y/N\\) ', 'perhaps\r'],
      ['answer yes or no[\\s\\S]*\\(y/N\\) ', 'y\r'],
    ],
  );
  expect(paused.code, paused.shown).toBe(0);
  expect((await keys.run(['show', 'beta', '--json'])).stdout).toContain('"paused"');

  const declined = await answering(keys, ['revoke', 'gamma'], [['type gamma to confirm', 'gama\r']]);
  expect(declined.code).toBe(130);

  const typed = await answering(keys, ['verify'], [['Key \\(not shown\\): ', 'sk_live_fakX\u007fe\r']]);
  expect(typed.code, typed.shown).toBe(7);
  expect(typed.shown).not.toContain('sk_live_fak');
});
