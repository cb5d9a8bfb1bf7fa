import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { wrapHelp, wrapMessage, wrapValue } from '../../src/terminal/wrap-lines.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { terminal } from '../support/terminal.js';

async function home(): Promise<KeysInProcess> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  return keys;
}

/** The lines of an output as they were written: a terminal would break longer ones inside a word. */
function lines(shown: string): string[] {
  return shown.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').split(/\r*\n/);
}

/** The lines that are too long for the terminal, without commands and single words, which stay whole. */
function tooLong(shown: string, cols: number): string[] {
  const whole = /^\s+(\$ )?(keys|npx|curl|eval|export|source|git|echo|cat|printf) /;
  return lines(shown).filter((line) => line.length > cols && !whole.test(line) && /\S\s+\S/.test(line));
}

it.each([60, 80])(
  'wraps the overview, every kind of help and errors at words on %i columns',
  async (cols) => {
    const keys = await home();
    for (const args of [[], ['--help'], ['create', '--help'], ['audit', '--help'], ['places']]) {
      const screen = terminal(keys, args, { cols });
      expect(await screen.ended, args.join(' ')).toBe(0);
      expect(tooLong(screen.shown(), cols), args.join(' ')).toEqual([]);
    }
    const words = /lists\s+every\s+option\s+and\s+exit\s+code/;
    const overview = terminal(keys, [], { cols });
    expect(await overview.ended).toBe(0);
    expect((await overview.screen()).join('\n')).toMatch(words);
    const command = 'keys login --provider resend --profile <name>';
    const failed = terminal(keys, ['list', '--provider', 'resend'], { cols });
    expect(await failed.ended).toBe(4);
    expect(lines(failed.shown()).some((line) => line.includes('keys login --provider resend'))).toBe(true);
    expect(tooLong(failed.shown(), cols).filter((line) => line.trim().length > command.length)).toEqual([]);
  },
);

it.each([40, 60, 80])(
  'wraps what an audit shows, hints and questions at words on %i columns',
  async (cols) => {
    const keys = await home();
    await keys.run(['create', 'a key with a name of several words', '--raw']);
    const audit = terminal(keys, ['audit'], { cols });
    expect(await audit.ended).toBe(0);
    expect(tooLong(audit.shown(), cols)).toEqual([]);
    const created = terminal(keys, ['create', 'web', '--yes'], {
      cols,
      env: { DISPLAY: '', WAYLAND_DISPLAY: '' },
    });
    expect(await created.ended).toBe(0);
    const said = lines(created.shown());
    expect(said.some((line) => line.includes('keys places add web --to PLACE'))).toBe(true);
    const messages = said.slice(said.findIndex((line) => line.startsWith('this secret')));
    expect(messages.filter((line) => line.length > cols)).toEqual([]);
    const asked = terminal(keys, ['show'], { cols });
    await asked.see('esc leave');
    expect((await asked.screen())[0]).toMatch(/^\? Which key\?/);
    expect((await asked.screen()).join('\n')).toMatch(/type\s+a\s+part\s+of\s+its\s+name\s+or\s+id/);
  },
);

it('breaks a message at words and never inside a command, whatever the width', () => {
  const hint =
    'keys: hint: such a key is not there; keys list --all shows every key of the account that is in use';
  for (let width = 40; width <= 200; width++) {
    const shown = wrapMessage(hint, width).split('\n');
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(shown.some((line) => line.includes('keys list --all'))).toBe(true);
    expect(shown.map((line) => line.trim()).join(' ')).toBe(hint);
  }
});

it('breaks no word of a help and loses none, whatever the width', async () => {
  const keys = await home();
  const helps = await Promise.all(
    ['create', 'roll'].map(async (name) => (await keys.run([name, '--help'])).stdout),
  );
  const words = (text: string) => text.split(/\s+/);
  for (const help of helps)
    for (const width of [40, 60, 80, 100, 200]) expect(words(wrapHelp(help, width))).toEqual(words(help));
});

it('shows two rolled keys on one screen of 80x24, and an empty line between records in a pipe', async () => {
  const keys = await home();
  const to = (name: string) => ['--to', `${join(keys.home, '.env')}#${name.toUpperCase()}_KEY`];
  for (const name of ['one', 'two'])
    expect((await keys.run(['create', name, '--expires', '30d', '--scope', 'a:b', ...to(name)])).code).toBe(
      0,
    );
  const rolled = terminal(keys, ['roll', 'one', 'two'], { cols: 80, rows: 24 });
  expect(await rolled.ended).toBe(0);
  const shown = await rolled.screen();
  expect(shown.length).toBeLessThan(24);
  expect(shown.filter((line) => /^(name|delivered to) /.test(line))).toHaveLength(4);
  const { stdout } = await keys.run(['roll', 'one', 'two']);
  expect(stdout.split('\n\n')).toHaveLength(2);
  expect(stdout).toMatch(/^id\t(.*\n)*\nid\t/);
});

it.each([40, 60, 80])(
  'wraps the values of records and of the doctor at words on %i columns',
  async (cols) => {
    const keys = await home();
    await keys.run(['config', 'set', 'storage', 'file']);
    const files = ['a.env#AN_API_KEY', 'b.env#AN_API_KEY'].map((file) => join(keys.home, file));
    const places = [...files, 'keychain'].flatMap((place) => ['--to', place]);
    expect((await keys.run(['create', 'web', ...places])).code).toBe(0);
    for (const args of [['provider', 'show', 'unkey'], ['status'], ['show', 'web'], ['doctor']]) {
      const screen = terminal(keys, args, { cols });
      expect(await screen.ended, args.join(' ')).toBe(0);
      const long = tooLong(screen.shown(), cols).filter((line) => !/^ *(documentation|settings) /.test(line));
      expect(long, args.join(' ')).toEqual([]);
    }
    const noted = terminal(keys, ['provider', 'show', 'unkey'], { cols });
    await noted.ended;
    const words = (await noted.screen()).join(' ').replace(/\s+/g, ' ');
    expect(words).toContain('A revoked key may be accepted for up to 30 seconds.');
  },
);

it.each([30, 40, 60])('says on %i columns which keys do not work', async (cols) => {
  const keys = await home();
  for (const name of ['at work', 'stopped', 'waiting']) await keys.run(['create', name, '--raw']);
  await keys.run(['pause', 'waiting', '--yes']);
  await keys.run(['revoke', 'stopped', '--yes']);
  const screen = terminal(keys, ['list', '--all'], { cols, env: { NO_COLOR: '1' } });
  expect(await screen.ended).toBe(0);
  const shown = (await screen.screen()).join('\n');
  for (const [name, status] of [
    ['at work', 'active'],
    ['stopped', 'revoked'],
    ['waiting', 'paused'],
  ])
    expect(shown).toMatch(new RegExp(`^${name}.* ${status}`, 'm'));
});

it('says which columns of a list a narrow screen has no place for, unless it is quiet', async () => {
  const keys = await home();
  await keys.run(['create', 'a key with a long name', '--raw']);
  const shown = async (cols: number, ...args: readonly string[]) => {
    const screen = terminal(keys, ['list', ...args], { cols, env: { NO_COLOR: '1' } });
    expect(await screen.ended).toBe(0);
    return (await screen.screen()).join(' ').replace(/\s+/g, ' ');
  };
  const left = /not shown at this width: ([^;]*); --json has all/.exec(await shown(80));
  expect(left?.[1]).toMatch(/environment/);
  for (const title of left?.[1]?.split(', ') ?? [])
    expect(await shown(80)).not.toContain(title.toUpperCase());
  expect(await shown(200)).not.toContain('not shown');
  expect(await shown(80, '--quiet')).not.toContain('not shown');
});

it('starts a value below its title where only there a long word fits', () => {
  expect(wrapValue('https://docs.example/a/long/address', 40, 18)).toBe(
    '\n  https://docs.example/a/long/address',
  );
  expect(wrapValue('run keys list --all then', 44, 18)).toBe('run keys list --all then');
  expect(wrapValue('first keys list --all then', 43, 18)).toBe(
    `first keys list --all\n${' '.repeat(18)}then`,
  );
});

it('names each variable of the providers in whole on 80 columns', async () => {
  const keys = await home();
  const screen = terminal(keys, ['provider', 'list'], { cols: 80, env: { KEYS_PAGER: 'cat' } });
  expect(await screen.ended).toBe(0);
  expect(screen.shown()).toContain('GRAFANA_CLOUD_ACCESS_POLICY_TOKEN');
  expect(screen.shown()).not.toContain('…');
});

it('shows the commands of a group before the options that every command has', async () => {
  const keys = await home();
  for (const args of [['places'], ['profile', '--help'], ['--help']]) {
    const { stdout } = await keys.run(args);
    expect(stdout.search(/\n {2}(?:list|create)\b/), args.join(' ')).toBeGreaterThan(0);
    expect(stdout.search(/\n {2}(?:list|create)\b/), args.join(' ')).toBeLessThan(
      stdout.indexOf('--base-url'),
    );
  }
});

it('groups the options of the longest helps by what they are for, and loses none', async () => {
  const keys = await home();
  for (const [name, titles] of [
    ['create', ['The key:', 'What it may do,', 'Where the secret goes', 'Later rolls:', 'Options:']],
    ['roll', ['When the old key stops:', 'The successor:', 'Where the new secret goes', 'Options:']],
  ] as const) {
    const { stdout } = await keys.run([name, '--help']);
    const at = [...titles, 'Global Options:', 'Examples:'].map((title) => stdout.indexOf(`\n${title}`));
    expect(at, name).toEqual(at.toSorted((a, b) => a - b));
    expect(at[0], name).toBeGreaterThan(0);
    // What a completion offers is in the help.
    const { stdout: offered } = await keys.run(['completion', 'fish']);
    const lines = offered.split('\n').filter((line) => line.includes(`__keys_at \\'${name}\\'' -l `));
    const options = lines.map((line) => `--${/ -l ([a-z-]+)/.exec(line)?.[1]}`);
    expect(options.length).toBeGreaterThan(20);
    for (const option of options) expect(stdout, option).toContain(option);
  }
});

it('says that nothing is unfinished to a person, and nothing to a job', async () => {
  const keys = await home();
  const screen = terminal(keys, ['resume'], { cols: 80 });
  expect(await screen.ended).toBe(0);
  expect(screen.shown().match(/nothing is unfinished/g)).toHaveLength(1);
  expect(await keys.run(['resume'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

it('says that no keychain is used where secrets are in a file, and shows both ends of a key', async () => {
  const keys = await home();
  await keys.run(['config', 'set', 'storage', 'file']);
  await keys.run(['create', 'web', '--raw']);
  const status = terminal(keys, ['status'], { cols: 100 });
  expect(await status.ended).toBe(0);
  expect((await status.screen()).join('\n')).toMatch(/keychain +not used: secrets are in a file/);
  const shown = terminal(keys, ['show', 'web'], { cols: 100 });
  expect(await shown.ended).toBe(0);
  const lines = (await shown.screen()).join('\n');
  expect(lines).toMatch(/^key +sk_live_…\w{4}$/m);
  expect(lines).not.toMatch(/^hint/m);
});

it('shows the titles of a help in bold on a terminal that has colour, and nowhere else', async () => {
  const keys = await home();
  const bold = (shown: string) =>
    [...shown.matchAll(/\u001b\[1m(.*?)\u001b\[22m/g)].map(([, title]) => title);
  const shown = terminal(keys, ['places', '--help']);
  expect(await shown.ended).toBe(0);
  expect(bold(shown.shown())).toEqual(
    expect.arrayContaining(['Usage:', 'Commands:', 'Global Options:', 'Examples:']),
  );
  for (const [args, env] of [
    [['places', '--help', '--no-color'], {}],
    [['places', '--help'], { NO_COLOR: '1' }],
    [['places', '--help'], { TERM: 'dumb' }],
  ] as const) {
    const plain = terminal(keys, args, { env });
    expect(await plain.ended).toBe(0);
    expect(plain.shown()).not.toContain('\u001b[1m');
  }
  expect((await keys.run(['places', '--help'])).stdout).not.toContain('\u001b');
});
