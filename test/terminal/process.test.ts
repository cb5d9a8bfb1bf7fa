import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { BIN, type KeysProgram, keysProgram } from '../support/keys.js';
import { onTerminal, terminal } from '../support/terminal.js';

async function home(): Promise<KeysProgram> {
  const keys = await keysProgram();
  onTestFinished(() => keys.remove());
  return keys;
}

async function revoking(keys: KeysProgram) {
  await keys.run(['create', '--name', 'precious', '--raw']);
  const screen = terminal(keys, ['revoke', 'precious']);
  await screen.see('type precious to confirm');
  return screen;
}

const statuses = async (keys: KeysProgram) =>
  JSON.parse((await keys.run(['list', '--all', '--json'])).stdout).map(
    ({ status }: { status: string }) => status,
  );

it.each([
  ['at the end of input', '\u0004'],
  ['at Ctrl-C', '\u0003'],
  ['at Ctrl-\\', '\u001c'],
])('ends with 130 %s, and has done nothing', async (_, typed) => {
  const keys = await home();
  const screen = await revoking(keys);
  screen.type(typed);
  expect(await screen.ended).toBe(130);
  expect(screen.shown()).toContain('interrupted');
  expect(await statuses(keys)).toEqual(['active']);
});

it('goes on with its question after Ctrl-Z and fg', async () => {
  const keys = await home();
  const screen = await revoking(keys);
  screen.type('\u001a');
  // What fg sends: more than once, because it may come before the program has stopped.
  const going = setInterval(() => screen.signal('SIGCONT'), 200);
  onTestFinished(() => clearInterval(going));
  await expect.poll(() => screen.shown()).toContain('confirm');
  screen.type('precious\r');
  expect(await screen.ended).toBe(0);
  expect(await statuses(keys)).toEqual(['revoked']);
});

it.each(['SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGQUIT', 'SIGALRM'] as const)(
  'leaves the terminal as it was when %s ends it at a question',
  async (signal) => {
    const keys = await home();
    const line = `sh -c 'echo "pid=$$;"; exec "$0" -- "$1" verify' "$0" "$1"; echo "code=$?;"; stty -a; echo done`;
    const screen = onTerminal(keys, ['sh', '-c', line, process.execPath, BIN]);
    await screen.see(/Key/);
    const pid = Number(/pid=(\d+);/.exec(screen.shown())?.[1]);
    process.kill(pid, signal);
    await screen.see('done');
    expect(screen.shown()).toContain('code=130;');
    expect(screen.shown()).toMatch(/[^-]icanon/);
    expect(screen.shown()).toMatch(/[^-]echo /);
  },
);

/** A program that says which signals it gets, until SIGTERM. */
const LISTENER = `
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGALRM', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => console.log('had ' + signal));
  process.on('SIGTERM', () => process.exit(7));
  setInterval(() => undefined, 1000);
  console.log('ready');`;

async function withSavedKey() {
  const keys = await home();
  const { code, stderr } = await keys.run([
    'create',
    '--name',
    'web',
    '--to',
    'keychain',
    '--insecure-storage',
  ]);
  expect(code, stderr).toBe(0);
  return keys;
}

it('lets one Ctrl-C reach the program under keys run once', async () => {
  const keys = await withSavedKey();
  const screen = terminal(keys, ['run', '--key', 'web=WEB', '--', process.execPath, '-e', LISTENER]);
  await screen.see('ready');
  screen.type('\u0003');
  await screen.see('had SIGINT');
  // Passed on after everything before it.
  process.kill(screen.pid, 'SIGUSR2');
  await screen.see('had SIGUSR2');
  expect(screen.shown().match(/had SIGINT/g)).toHaveLength(1);
  process.kill(screen.pid, 'SIGTERM');
  expect(await screen.ended).toBe(7);
});

it('passes every signal to the program under keys run, and opens no debugger', async () => {
  const keys = await withSavedKey();
  const args = ['--', BIN, 'run', '--key', 'web=WEB', '--', process.execPath, '-e', LISTENER];
  const running = execa(process.execPath, args, {
    env: keys.env,
    extendEnv: false,
    reject: false,
    all: true,
  });
  let shown = '';
  running.all.on('data', (data) => {
    shown += data;
  });
  await expect.poll(() => shown).toContain('ready');
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGALRM', 'SIGUSR1', 'SIGUSR2'] as const) {
    running.kill(signal);
    await expect.poll(() => shown).toContain(`had ${signal}`);
  }
  running.kill('SIGTERM');
  expect((await running).exitCode).toBe(7);
  expect(shown).not.toContain('Debugger');
});
