import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { wrapHelp, wrapMessage } from '../../src/terminal/wrap-lines.js';
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
