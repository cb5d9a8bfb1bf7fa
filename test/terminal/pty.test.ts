import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { endLeftOver } from '../support/end-left-over.js';
import { fileClipboard } from '../support/file-clipboard.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN, type KeysProgram, keysProgram } from '../support/keys.js';
import { loopbackServer } from '../support/loopback-server.js';
import { recordedProgram } from '../support/recorded-program.js';
import { terminal } from '../support/terminal.js';
import { underWay } from '../support/under-way.js';

const POLL = { timeout: 60_000 };
const DOWN = '\u001b[B';

async function home(): Promise<KeysProgram> {
  const keys = await keysProgram();
  onTestFinished(() => keys.remove());
  return keys;
}

const list = async (keys: KeysProgram) => JSON.parse((await keys.run(['list', '--all', '--json'])).stdout);

it('asks for everything that a key can have, shows the secret once, and offers to copy it', async () => {
  const keys = await home();
  const { env, held } = fileClipboard(keys.home);
  const screen = terminal(keys, ['create'], { env });
  for (const [question, typed] of [
    ['Name', 'asked\r'],
    ['Type', '\r'],
    ['Environment', `${DOWN}\r`],
    [/Expires[\s\S]*never[\s\S]*30 days[\s\S]*at another time/, `${DOWN}\r`],
    ['Scopes', 'mail:send\r'],
    [/Restrict the key to[\s\S]*IP addresses[\s\S]*pages[\s\S]*requests/, ' \r'],
    ['IP addresses that may use it \\(', '192.0.2.0/24, nowhere\r'],
    ['not an IP address', `${'\u007f'.repeat(', nowhere'.length)}\r`],
    [/Deliver the secret to[\s\S]*this screen[\s\S]*\.env[\s\S]*clipboard[\s\S]*another place/, '\r'],
    ['\\[c\\]opy', 'c'],
  ] as const) {
    await screen.see(new RegExp(question));
    screen.type(typed);
  }
  expect(await screen.ended).toBe(0);
  // The tip of a question goes once it is over.
  expect(stripVTControlCharacters(screen.shown())).toMatch(/✔ Scopes mail:send/);
  const [secret = ''] = /sk_test_[0-9A-Za-z]{39}/.exec(screen.shown()) ?? [];
  expect(secret).not.toBe('');
  expect(held()).toBe(secret);
  expect(screen.shown()).toContain('shown once');
  expect(screen.shown()).toContain('in the clipboard for 45 seconds');
  expect(screen.shown()).toContain('keys places add asked --to PLACE tells keys where');
  const [key] = await list(keys);
  expect(key).toMatchObject({ name: 'asked', environment: 'test', type: 'secret', scopes: ['mail:send'] });
  expect(key.restrictions).toEqual({ ips: ['192.0.2.0/24'] });
  // Both are shown in whole seconds, so they may seem a second apart.
  const lifetime = Date.parse(key.expires_at) - Date.parse(key.created_at);
  expect(Math.round(lifetime / 86_400_000)).toBe(30);
});

it('says at its question what cannot be: a taken name, a scope, a place', async () => {
  const keys = await home();
  expect((await keys.run(['create', 'taken'])).code).toBe(0);
  const env = { DISPLAY: '', WAYLAND_DISPLAY: '' };
  const screen = terminal(keys, ['create'], { env });
  const erase = (text: string) => '\u007f'.repeat(text.length);
  for (const [question, typed] of [
    ['Name', 'taken\r'],
    ['taken is taken: take another name', `${erase('taken')}free\r`],
    ['Type', '\r'],
    ['Environment', '\r'],
    ['Expires', '\r'],
    ['Scopes', 'A B\r'],
    ['not a scope: "A B"; .*invoices:read', `${erase('A B')}a:b\r`],
    ['Restrict the key to', '\r'],
    ['Deliver the secret to', `${DOWN.repeat(3)}\r`],
    ['Place', 'nosuch/.env#A\r'],
    ['cannot write', `${erase('nosuch/.env#A')}free.env#A\r`],
  ] as const) {
    await screen.see(new RegExp(question));
    screen.type(typed);
  }
  expect(await screen.ended).toBe(0);
});

it('asks for the rest at a server where nothing but a name is given, unless -y takes the defaults', async () => {
  const keys = await home();
  const service = await startTestService();
  const env = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
  const screen = terminal(keys, ['create', 'named'], { env });
  for (const [question, typed] of [
    ['Type', '\r'],
    ['Environment', '\r'],
    ['Expires', `${DOWN}\r`],
    ['Scopes', 'mail:send\r'],
    ['Restrict the key to', '\r'],
    ['Deliver the secret to', '\r'],
  ] as const) {
    await screen.see(new RegExp(question));
    screen.type(typed);
  }
  expect(await screen.ended).toBe(0);
  expect(stripVTControlCharacters(screen.shown())).toMatch(/✔ Restrict the key to none/);
  expect(screen.shown()).not.toMatch(/\? \S*Name/);
  for (const more of [['-y'], ['--scope', 'a:read']]) {
    const quiet = terminal(keys, ['create', `plain ${more[0]}`, ...more], { env });
    expect(await quiet.ended).toBe(0);
    expect(quiet.shown()).not.toContain('Environment');
  }
  const { stdout } = await keys.run(['show', 'named', '--json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ name: 'named', scopes: ['mail:send'], expires_at: expect.any(String) },
  });
});

it('does not tell a person who chose that a key never expires that it never does', async () => {
  const keys = await home();
  const env = { DISPLAY: '', WAYLAND_DISPLAY: '' };
  const screen = terminal(keys, ['create'], { env });
  for (const [question, typed] of [
    ['Name', 'asked\r'],
    ['Type', '\r'],
    ['Environment', '\r'],
    ['Expires', '\r'],
    ['Scopes', '\r'],
    ['Restrict the key to', '\r'],
    ['Deliver the secret to', '\r'],
  ] as const) {
    await screen.see(new RegExp(question));
    screen.type(typed);
  }
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).toContain('shown once');
  expect(screen.shown()).not.toContain('sets an end');
  const said = terminal(keys, ['create', 'said', '--expires', 'never'], { env });
  expect(await said.ended).toBe(0);
  expect(said.shown()).not.toContain('sets an end');
  const unsaid = terminal(keys, ['create', 'unsaid', '--yes'], { env });
  expect(await unsaid.ended).toBe(0);
  expect(unsaid.shown()).toContain('sets an end');
});

it('asks nothing after the name of a key of a service on this machine', async () => {
  const keys = await home();
  const screen = terminal(keys, ['create', '--name', 'my-first-key']);
  await screen.see(/sk_live_\w+/);
  screen.type('\r');
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).not.toContain('Environment');
});

it('offers to copy each secret of a roll of several keys by its name', async () => {
  const keys = await home();
  const { env, held } = fileClipboard(keys.home);
  for (const name of ['one', 'two']) await keys.run(['create', name, '--raw']);
  const screen = terminal(keys, ['roll', 'one', 'two'], { env });
  const copied: string[] = [];
  for (const [question, typed] of [
    ['\\[c\\]opy the secret of one', 'c'],
    ['\\[c\\]opy the secret of two', 'c'],
  ] as const) {
    await screen.see(new RegExp(question));
    if (question.endsWith('two')) copied.push(held());
    screen.type(typed);
  }
  expect(await screen.ended).toBe(0);
  copied.push(held());
  const named = [];
  for (const secret of copied)
    named.push(JSON.parse((await keys.run(['verify', '--json'], { stdin: secret })).stdout).key.name);
  expect(named).toEqual(['one', 'two']);
});

it('connects before it asks: without a login there is no question', async () => {
  const screen = terminal(await home(), ['create', '--provider', 'resend']);
  expect(await screen.ended).toBe(4);
  expect(screen.shown()).toContain('keys login --provider resend');
  expect(screen.shown()).not.toContain('Name');
});

it.each([
  ['a secret that cannot be saved', ['create', '--provider', 'tylt', '--to', '.env'], 1, '--no-escrow'],
  ['a place that cannot be', ['create', '--to', 'missing/.env'], 6, 'missing'],
  [
    'an option that is not there',
    ['create', '--provider', 'jahuty', '--scope', 'a'],
    6,
    'cannot have scopes',
  ],
  ['a login that cannot be stored', ['login', '--provider', 'resend'], 1, '--insecure-storage'],
  ['an import that cannot be saved', ['import', '--provider', 'tylt'], 1, '--insecure-storage'],
] as const)('refuses %s before the first question', async (_, args, code, reason) => {
  const screen = terminal(await home(), [...args], {
    env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' },
  });
  expect(await screen.ended, screen.shown()).toBe(code);
  expect(screen.shown().replaceAll('\r\n', '')).toContain(reason);
  expect(screen.shown()).not.toMatch(/\? (Name|Environment|Service|Management key|Paste)/);
});

it('shows a spinner on the stderr of a terminal while a service is slow, and none in a pipe', async () => {
  const keys = await home();
  let asked = 0;
  let respond = () => {};
  const released = new Promise<void>((resolve) => (respond = resolve));
  const url = await loopbackServer(async (_, response) => {
    asked += 1;
    await released;
    response.setHeader('content-type', 'application/json').end('{"success":true,"data":[],"has_more":false}');
  });
  const args = ['list', '--base-url', url];
  const env = { KEYS_API_KEY: 'fake-credential' };
  // The piped call has waited for longer than the other one when that shows its spinner.
  const piped = underWay(keys.run(args, { env }));
  await expect.poll(() => asked, POLL).toBe(1);
  const screen = terminal(keys, args, { env });
  await screen.see(`waiting for ${new URL(url).host}`);
  respond();
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).toMatch(/\r\u001b\[K[^\u280b]*no keys yet/);
  const { code, stdout, stderr } = await piped;
  expect([code, stdout + stderr]).toEqual([0, '']);
});

it('opens the pager for what is longer than the screen, and links addresses where that is wanted', async () => {
  const keys = await home();
  const paged = terminal(keys, ['provider', 'list'], { env: { KEYS_PAGER: "sed 's/^/paged: /'" } });
  expect(await paged.ended).toBe(0);
  expect(paged.shown().match(/^paged: /gm)?.length).toBeGreaterThan(30);
  const address = 'https://resend.com/docs/api-reference/api-keys';
  for (const [env, args, isLinked] of [
    [{ FORCE_HYPERLINK: '1' }, [], true],
    [{ FORCE_HYPERLINK: '1' }, ['--no-color'], false],
    [{}, [], false],
  ] as const) {
    const screen = terminal(keys, ['provider', 'show', 'resend', ...args], { env });
    expect(await screen.ended).toBe(0);
    const link = `\u001b]8;;${address}\u001b\\${address}\u001b]8;;\u001b\\`;
    expect(screen.shown().includes(link)).toBe(isLinked);
    expect(screen.shown()).toContain(address);
  }
});

it('shows every check of the doctor on 80 columns, and cuts no command that repairs', async () => {
  const screen = terminal(await home(), ['doctor'], { cols: 80, env: { SHELL: '/bin/fish' } });
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).toMatch(
    /warning\S* {2}completion +none is installed for fish\r\n {9}fix: keys completion --help says how/,
  );
  expect(screen.shown()).not.toContain('…');
});

it('offers the environments that the provider has, and no type where there is one', async () => {
  const keys = await home();
  await keys.run(['config', 'set', 'storage', 'file']);
  const screen = terminal(keys, ['create', '--provider', 'tylt', '--no-browser']);
  await screen.see('Name');
  screen.type('web\r');
  await screen.see(/Environment[\s\S]*production[\s\S]*demo/);
  screen.type('\r');
  await screen.see('Service');
  screen.type('\u0003');
  expect(await screen.ended).toBe(130);
  expect(screen.shown()).not.toMatch(/public: may be|\blive\b/);
});

it('revokes a key only when its name is typed out', async () => {
  const keys = await home();
  await keys.run(['create', '--name', 'precious', '--raw']);
  const no = terminal(keys, ['revoke', 'precious']);
  await no.see('type precious to confirm');
  no.type('y\r');
  expect(await no.ended).toBe(130);
  expect(no.shown()).toContain('the name was not typed as it is; nothing was changed');
  expect(await list(keys)).toMatchObject([{ status: 'active' }]);
  // No key is named: it is picked by typing a part of its name.
  await keys.run(['create', '--name', 'other', '--raw']);
  const yes = terminal(keys, ['revoke']);
  await yes.see(/Which key\?[\s\S]*other[\s\S]*precious/);
  yes.type('PREC');
  await yes.see(/Which key\?[^\n]*PREC[^\n]*\n[^\n]*❯ precious {2}sk_live_/);
  yes.type('\r');
  await yes.see('type precious to confirm');
  expect(yes.shown()).toMatch(/created: just now \(.*\); last used: never; expires: never/);
  expect(yes.shown()).toContain('places: none that this machine knows of');
  expect(yes.shown()).toContain('nothing is known to break: it was never used');
  yes.type('precious\r');
  expect(await yes.ended).toBe(0);
  const [, revoked] = await list(keys);
  expect(revoked).toMatchObject({ name: 'precious', status: 'revoked' });
  const record = JSON.parse((await keys.run(['show', revoked.id, '--json'])).stdout);
  expect(record).toMatchObject({ revoked_at: expect.stringMatching(/^\d{4}-.*Z$/), revoked_by: 'owner' });
});

it('says before a revoke that the secret is removed from its place, and that what reads there stops', async () => {
  const keys = await home();
  const place = `${join(keys.home, '.env')}#WEB_KEY`;
  expect(await keys.run(['create', '--name', 'placed', '--to', place])).toMatchObject({ code: 0 });
  const revoke = terminal(keys, ['revoke', 'placed', '--erase']);
  await revoke.see('type placed to');
  const shown = revoke.shown().replace(/\s+/g, ' ');
  expect(shown).toContain('(the secret there stops working, and is removed)');
  expect(shown).toMatch(/it was never used, and its secret is at \S+: what reads there will be refused/);
  revoke.type('placed\r');
  expect(await revoke.ended).toBe(0);
});

it('lets a person pick the key that a program runs with, and the place that is forgotten', async () => {
  const keys = await home();
  const to = ['--to', `${join(keys.home, '.env')}#WEB_KEY`, '--to', 'keychain', '--insecure-storage'];
  expect(await keys.run(['create', '--name', 'web', ...to])).toMatchObject({ code: 0 });
  await keys.run(['create', '--name', 'kept nowhere', '--raw']);
  const run = terminal(keys, ['run', '--', 'sh', '-c', 'echo "length ${#WEB_KEY}"']);
  // The other key is not offered: its secret is not saved here.
  await run.see(/Which key\?[\s\S]*❯ web {2}sk_live_/);
  run.type('\r');
  await run.see('length 47');
  expect(await run.ended).toBe(0);
  expect(run.shown()).not.toContain('kept nowhere');
  const remove = terminal(keys, ['places', 'remove']);
  await remove.see(/Which key\?/);
  remove.type('web');
  await remove.see(/Which key\?[^\n]*web[^\n]*\n[^\n]*❯ web/);
  remove.type('\r');
  await remove.see(/Which place\?/);
  remove.type('WEB_KEY');
  await remove.see(/Which place\?[^\n]*WEB_KEY[^\n]*\n[^\n]*❯ [^\n]*\.env#WEB_KEY/);
  remove.type('\r');
  expect(await remove.ended).toBe(0);
  expect(remove.shown()).toContain('web no longer remembers');
  const { stdout } = await keys.run(['places', 'list', 'web', '--json']);
  expect(stdout).toContain('keychain');
  expect(stdout).not.toContain('WEB_KEY');
});

it('offers the keys that begin with what was typed, wherever a key is named', async () => {
  const keys = await home();
  const saved = ['--to', 'keychain', '--insecure-storage'];
  for (const name of ['billing', 'bills', 'web']) await keys.run(['create', name, ...saved]);
  for (const [args, end] of [
    [['show', 'bil'], /status[^\n]*active/],
    [['update', 'bil', '--owner', 'team'], /owner[^\n]*team/],
    [['pause', 'bil'], /Pause bills/],
    [['roll', 'bil', '--dry-run'], /would[^\n]*/],
    [['revoke', 'bil'], /type bills to confirm/],
    [['events', 'bil'], /key_\w+[^\n]*created|created[^\n]*key_/],
    [['places', 'list', 'bil'], /keychain/],
    [['deliver', 'bil', '--to', `${join(keys.home, 'd.env')}#BILLS`], /delivered bills/],
    [['env', 'bil'], /sk_live_/],
    [['run', '--key', 'bil', '--', 'echo', 'it ran'], /it ran/],
  ] as const) {
    const screen = terminal(keys, [...args]);
    await screen.see(/Which key\?[\s\S]*(billing[\s\S]*bills|bills[\s\S]*billing)/);
    expect(screen.shown()).not.toMatch(/\bweb\b/);
    screen.type('bills');
    await screen.see(/Which key\?[^\n]*bills[^\n]*\n[^\n]*❯ bills/);
    screen.type('\r');
    await screen.see(end);
    if (args[0] === 'pause' || args[0] === 'revoke') screen.type('\u0003');
    await screen.ended;
  }
});

it('does not show a key that is pasted into verify', async () => {
  const keys = await home();
  const secret = (await keys.run(['create', '--name', 'a', '--raw'])).stdout.trim();
  const screen = terminal(keys, ['verify']);
  await screen.see('Key');
  screen.type(`${secret}\r`);
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).toContain('valid');
  expect(screen.shown()).not.toContain(secret);
});

it('logs in by a masked prompt', async () => {
  const keys = await home();
  const server = execa(process.execPath, [BIN, 'serve', '--port', '0'], {
    env: keys.env,
    extendEnv: false,
    reject: false,
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  const url = await new Promise<string>((resolve) => {
    server.stderr.on('data', (chunk: Buffer) => {
      const found = /listening on (\S+)/.exec(String(chunk))?.[1];
      if (found) resolve(found);
    });
  });
  const managementKey = readFileSync(join(keys.home, '.local/share/keys/management.key'), 'utf8').trim();
  // Nothing says what to log in to: the providers are there to pick from.
  const screen = terminal(keys, ['login', '--profile', 'team', '--insecure-storage']);
  await screen.see(/Log in to which service\?[\s\S]*Algolia \(algolia\)/);
  screen.type('key service');
  // The whole of what was typed: until it is matched, the list takes no choice.
  await screen.see(/which service\?[^\n]*key service[^\n]*\n[^\n]*❯ key service \(keys\)/);
  screen.type('\r');
  await screen.see('Address of the service');
  screen.type(`${url}\r`);
  await screen.see('Management key');
  screen.type(`${managementKey}\r`);
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).not.toContain(managementKey);
  const { stdout } = await keys.run(['status', '--profile', 'team', '--json']);
  const stored = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(JSON.parse(stdout)).toMatchObject({ base_url: url, credential_stored_at: stored });
});

it('ends with 130 at Ctrl-C, without a stack trace', async () => {
  const keys = await home();
  const screen = terminal(keys, ['create']);
  await screen.see('Name');
  screen.type('\u0003');
  expect(await screen.ended).toBe(130);
  expect(screen.shown()).not.toMatch(/\n\s+at /);
});

it('asks nothing under --no-input', async () => {
  const keys = await home();
  const screen = terminal(keys, ['create', '--no-input']);
  expect(await screen.ended).toBe(2);
  expect(screen.shown()).toContain('--name is required');
});

it.each([80, 200])('prints a table that fits %i columns', async (cols) => {
  const keys = await home();
  for (const name of ['short', 'ключ 鍵 🔑', 'n'.repeat(120), 'مفتاح الدفع'])
    await keys.run(['create', '--name', name, '--raw']);
  const screen = terminal(keys, ['list'], { cols, env: { NO_COLOR: '1' } });
  expect(await screen.ended).toBe(0);
  const [table = '', said = ''] = screen
    .shown()
    .trimEnd()
    .split(/\r\n(?=not shown)/);
  const lines = table.split('\r\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/^ID +NAME/);
  // What there was no place for is said below.
  expect(said.includes('environment')).toBe(cols === 80);
  for (const line of [...lines, ...said.split('\r\n')])
    expect([...line].length, line).toBeLessThanOrEqual(cols);
  expect(screen.shown()).not.toContain('\u001b[');
  // A part of an id names nothing: where there is no place for all, other columns go.
  for (const line of lines.slice(1)) expect(line).toMatch(/^key_\w{20} /);
  expect(lines[0]?.includes('ENVIRONMENT')).toBe(cols === 200);
});

it('uses colour on a terminal that has it, and none on a dumb one', async () => {
  const keys = await home();
  await keys.run(['create', '--name', 'a', '--raw']);
  const colourful = terminal(keys, ['list']);
  await colourful.ended;
  expect(colourful.shown()).toContain('\u001b[');
  const dumb = terminal(keys, ['list'], { env: { TERM: 'dumb' } });
  await dumb.ended;
  expect(dumb.shown()).not.toContain('\u001b[');
});

it('guides through a dashboard: steps, a masked paste, and a second try where the first cannot be right', async () => {
  const keys = await home();
  await keys.run(['config', 'set', 'storage', 'file']);
  const screen = terminal(keys, ['create', '--provider', 'swiftsell', '--name', 'Shop']);
  await screen.see('Settings → API Keys → Create API Key');
  await screen.see('open https://app.swiftsellai.com');
  await screen.see('Paste the key');
  screen.type('sk_live_fake_0001\r');
  await screen.see(/begins with ss_.*looks like a key of a key service/s);
  screen.type('ss_fake_key_0001\r');
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).not.toMatch(/fake_(key_)?0001/);
  expect((await keys.run(['env', 'Shop', '--shell', 'sh'])).stdout).toBe(
    "export SWIFTSELL_API_KEY='ss_fake_key_0001'\n",
  );
});

it('does not show a key that is pasted while the browser is still watched', async () => {
  const keys = await home();
  await keys.run(['config', 'set', 'storage', 'file']);
  const browser = recordedProgram('browser', 'sleep 30');
  onTestFinished(() => void endLeftOver(keys.home));
  const env = { BROWSER: 'browser', PATH: browser.path };
  const screen = terminal(keys, ['create', '--provider', 'swiftsell', '--name', 'Shop'], { env });
  // The last step. The prompt comes when the browser has run for two seconds.
  await screen.see('it is shown once and cannot be shown again');
  await expect.poll(() => browser.calls().length, POLL).toBe(1);
  screen.type('ss_fake_key_0001\r');
  // The prompt drops what was typed before it.
  await screen.see('Paste the key');
  screen.type('ss_fake_key_0001\r');
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).not.toContain('fake_key_0001');
  expect((await keys.run(['env', 'Shop', '--shell', 'sh'])).stdout).toContain('ss_fake_key_0001');
});

it('keeps the new key, and the roll as pending, where the old key of a dashboard is not revoked yet', async () => {
  const keys = await home();
  const of = ['--provider', 'swiftsell'];
  await keys.run(['config', 'set', 'storage', 'file']);
  await keys.run(['import', ...of, '--name', 'Shop'], { stdin: 'ss_fake_key_0001' });
  const screen = terminal(keys, ['roll', 'Shop', '--now', ...of]);
  await screen.see('Paste the key');
  screen.type('ss_fake_key_0002\r');
  await screen.see('Done?');
  screen.type('n\r');
  expect(await screen.ended).toBe(9);
  expect(screen.shown()).toMatch(
    /the\s+new\s+key\s+is\s+delivered,\s+and\s+the\s+old\s+key\s+key_\w+\s+still\s+works/,
  );
  expect(screen.shown()).not.toContain('nothing was changed');
  const [unfinished] = JSON.parse((await keys.run(['pending', '--json'])).stdout);
  expect(unfinished).toMatchObject({ kind: 'roll', name: 'Shop', step: 'retiring', pending: [] });
  expect((await keys.run(['env', 'Shop', '--shell', 'sh'])).stdout).toContain('ss_fake_key_0002');
  const listed = terminal(keys, ['pending'], { cols: 200 });
  expect(await listed.ended).toBe(0);
  expect(listed.shown()).toMatch(/old key ends/i);
  expect(listed.shown()).toMatch(/\d, \d{4}, \d\d:\d\d:\d\d [AP]M UTC\)/);
  const later = terminal(keys, ['resume']);
  await later.see('Done?');
  later.type('y\r');
  expect(await later.ended).toBe(0);
  expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
});

it('shows how far a roll of many keys has come', async () => {
  const keys = await home();
  await keys.run(['config', 'set', 'storage', 'file']);
  for (const name of ['a', 'b', 'c']) await keys.run(['create', '--name', name, '--to', 'keychain']);
  const screen = terminal(keys, ['roll', '--due', '0', '--to', 'keychain']);
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).toContain(`${'█'.repeat(30)} 3/3`);
  for (const name of ['a', 'b', 'c']) expect(screen.shown()).toMatch(new RegExp(`rolled\\S*\\s+${name} `));
});

it('shows an audit with a summary, then each key once, the worst first', async () => {
  const keys = await home();
  await keys.run(['create', '--name', 'key1', '--json']);
  const { shown, ended } = terminal(keys, ['audit', '--max-age', '0', '--fail-on', 'medium']);
  expect(await ended).toBe(8);
  expect(shown()).toMatch(
    /^1 key by the worst finding: 0 high, 1 medium, 0 low, 0 without\r\n4 findings in all: 0 high, 1 medium, 3 low\r\n\r\n/m,
  );
  expect(shown()).toMatch(/\u001b\[33mMEDIUM\s*\u001b\[39m *key1 \(key_\w+\) {2}created today, never used/);
  expect(shown()).toMatch(/too-old: .* \| no-expiry: never expires/);
  expect(shown().match(/key1 \(key_/g)).toHaveLength(1);
  expect(shown()).toContain('keys: error: ');
});
