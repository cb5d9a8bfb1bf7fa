import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, type KeysProgram, keysProgram } from '../support/keys.js';
import { onTerminal, terminal as openTerminal, type Size } from '../support/terminal.js';

const NAMES = ['short', 'ключ 鍵 🔑', 'n'.repeat(120), 'مفتاح الدفع'];
const STACK_TRACE = /\n\s+at .*:\d+/;
const ESCAPE = '\u001b[';

let keys: KeysProgram;
beforeAll(async () => {
  keys = await keysProgram();
  await keys.run(['config', 'set', 'storage', 'file']);
  for (const name of NAMES) await keys.run(['create', '--name', name, '--raw']);
});
afterAll(() => keys?.remove());

/** A read-only file system; null where this user may not mount one. */
const READ_ONLY = readOnlyFolder();
afterAll(() => {
  if (READ_ONLY !== null) execFileSync('umount', [READ_ONLY]);
});

function readOnlyFolder(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'keys-read-only-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return null;
  }
}

/** No screen here is so long that a pager waits. */
const terminal = (args: readonly string[], size: Size = {}) =>
  openTerminal(keys, args, { rows: 200, ...size });

const SCREENS: ReadonlyArray<readonly string[]> = [
  ['list'],
  ['show', 'ключ 鍵 🔑'],
  ['show', 'مفتاح الدفع'],
  ['show', 'nnn'],
  ['audit'],
  ['provider', 'list'],
  ['pending'],
  ['events'],
  ['status'],
  ['profile', 'list'],
];
const TERMINALS = [
  { cols: 80, env: { NO_COLOR: '1' } },
  { cols: 200, env: { NO_COLOR: '1' } },
  { cols: 80, env: { TERM: 'dumb' } },
];

describe.each(TERMINALS)('$cols columns, $env', (options) => {
  it.each(SCREENS.map((args) => [args.join(' '), args] as const))('keys %s', async (_, args) => {
    const screen = terminal(args, options);
    expect(await screen.ended, screen.shown()).toBe(0);
    expect(screen.shown()).not.toContain(ESCAPE);
    expect(screen.shown()).not.toMatch(STACK_TRACE);
    // A record's value is shown whole, however long: only tables are fitted.
    if (['list', 'events', 'pending', 'provider', 'profile'].includes(args[0] ?? '')) {
      for (const line of screen.shown().split('\r\n'))
        expect(stringWidth(line), line).toBeLessThanOrEqual(options.cols);
    }
  });
});

/** Every question that is asked: the call, and what is typed at the questions before it. */
const QUESTIONS: ReadonlyArray<
  readonly [question: string, args: readonly string[], before: ReadonlyArray<readonly [string, string]>]
> = [
  ['Name', ['create'], []],
  ['Type', ['create'], [['Name', 'x\r']]],
  [
    'Environment',
    ['create'],
    [
      ['Name', 'x\r'],
      ['Type', '\r'],
    ],
  ],
  [
    'Expires',
    ['create'],
    [
      ['Name', 'x\r'],
      ['Type', '\r'],
      ['Environment', '\r'],
    ],
  ],
  ['type short to confirm', ['revoke', 'short'], []],
  ['Key', ['verify'], []],
  [
    'Management key',
    ['login', '--base-url', 'http://127.0.0.1:9', '--profile', 'team', '--insecure-storage'],
    [],
  ],
  ['Paste the key', ['create', '--provider', 'swiftsell', '--name', 'Shop'], []],
];

it.each(QUESTIONS)(
  'ends with 130 at Ctrl-C at “%s”, and leaves the terminal as it was',
  async (question, args, before) => {
    const screen = terminal(args);
    for (const [seen, typed] of before) {
      await screen.see(seen);
      screen.type(typed);
    }
    await screen.see(question);
    screen.type('\u0003');
    expect(await screen.ended, screen.shown()).toBe(130);
    expect(screen.shown()).not.toMatch(STACK_TRACE);
    // The cursor is shown again wherever it was hidden.
    expect(screen.shown().lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(
      screen.shown().lastIndexOf('\u001b[?25l'),
    );
    expect((await keys.run(['list', '--json'])).stdout.match(/"name"/g)).toHaveLength(NAMES.length);
  },
);

const WAYS_OUT = [
  ['Esc', '\u001b', {}],
  ['Esc on a dumb terminal', '\u001b\r', { TERM: 'dumb' }],
  ['Ctrl-C on a dumb terminal', '\u0003', { TERM: 'dumb' }],
] as const;

describe.each(WAYS_OUT)('%s', (_, typedKey, env) => {
  it.each(QUESTIONS)('leaves “%s” with 130', async (question, args, before) => {
    const screen = terminal(args, { env });
    for (const [seen, typed] of before) {
      await screen.see(seen);
      screen.type(typed);
    }
    await screen.see(question);
    screen.type(typedKey);
    expect(await screen.ended, screen.shown()).toBe(130);
    expect(screen.shown()).not.toMatch(STACK_TRACE);
    expect(screen.shown()).not.toContain('✔ Key');
  });
});

it('leaves the terminal cooked and echoing after Ctrl-C', async () => {
  const line =
    '"$0" "$1" create; echo "exit $?"; stty -a | tr " ;" "\\n\\n" | grep -Ex -- "-?(echo|icanon)"; echo end';
  const screen = onTerminal(keys, ['sh', '-c', line, process.execPath, BIN]);
  await screen.see('Name');
  screen.type('\u0003');
  await screen.see(/\nend\r/);
  const shown = screen.shown();
  expect(shown).toContain('exit 130');
  expect(
    shown
      .split('\r\n')
      .filter((line) => /^-?(echo|icanon)$/.test(line))
      .sort(),
  ).toEqual(['echo', 'icanon']);
});

describe('in a shell, whatever it is given', () => {
  const shell = async (script: string, env: Record<string, string | undefined> = {}) => {
    const { HOME, ...rest } = { ...keys.env, ...env };
    const result = await execa(
      'bash',
      ['-c', `set -o pipefail; keys() { "${process.execPath}" "${BIN}" "$@"; }; ${script}`],
      {
        env: { ...rest, ...(HOME === undefined ? {} : { HOME }) },
        extendEnv: false,
        reject: false,
        cwd: keys.home,
      },
    );
    expect(result.stderr).not.toMatch(STACK_TRACE);
    return result;
  };

  it.each([
    ['a reader that leaves', 'keys provider list | head -1', 0],
    ['a reader that leaves at once', 'keys list --json | true', 0],
    ['help to a reader that leaves', 'keys create --help | head -1', 0],
    ['no stdin', 'keys list <&-', 0],
    ['no stdin, and a question', 'keys create <&-', 2],
    ['no stdin, and a secret to read', 'keys verify <&-', 2],
    ['no stdout', 'keys list >&-', 0],
    ['no stderr', 'keys list 2>&-', 0],
    ['no stderr, and an error to say', 'keys show nothing 2>&-', 3],
    ['pipes on both sides', 'echo | keys list | cat', 0],
    ['pipes on both sides, and a question', 'echo | keys revoke short | cat', 2],
    ['a secret through pipes', 'keys create --name piped --raw | keys verify | cat', 0],
  ])('%s', async (_, script, code) => {
    // On a shifted clock, a file of the preloaded library's would take the closed descriptor's place.
    const { exitCode, stderr } = await shell(script, { LD_PRELOAD: undefined });
    expect(exitCode, stderr).toBe(code);
  });

  it.each(['C', 'POSIX', 'de_DE.ISO-8859-1'])('under LC_ALL=%s', async (locale) => {
    const { stdout, exitCode } = await shell('keys show "ключ 鍵 🔑" --json', {
      LANG: locale,
      LC_ALL: locale,
    });
    expect([exitCode, JSON.parse(stdout).name]).toEqual([0, 'ключ 鍵 🔑']);
  });

  it('without a HOME', async () => {
    const { exitCode, stderr } = await shell('keys provider list', {
      HOME: undefined,
      XDG_CONFIG_HOME: keys.home,
      XDG_DATA_HOME: keys.home,
    });
    expect(exitCode, stderr).toBe(0);
  });

  it('with a HOME that is no folder', async () => {
    const { exitCode, stdout, stderr } = await shell('keys create --name x --raw', { HOME: '/dev/null' });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^keys: error: cannot write to the data directory/m);
    expect((await shell('keys provider list', { HOME: '/dev/null' })).exitCode).toBe(0);
  });

  it.skipIf(READ_ONLY === null)('with a HOME that cannot be written to', async () => {
    const HOME = READ_ONLY ?? '';
    const refused = await shell('keys create --name x --raw', { HOME });
    expect([refused.exitCode, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/^keys: error: cannot write to the data directory/m);
    const setting = await shell('keys config set shell fish', { HOME });
    expect([setting.exitCode, setting.stderr]).toEqual([
      1,
      expect.stringContaining('cannot write the settings'),
    ]);
    for (const script of ['keys provider list', 'keys profile list', 'keys __complete keys', 'keys --help'])
      expect((await shell(script, { HOME })).exitCode, script).toBe(0);
  });
});
