import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../src/domain/sha256.js';
import type { ClearOrder } from '../../src/places/kinds/clipboard.js';
import { endLeftOver } from '../support/end-left-over.js';
import { BIN, keysProgram } from '../support/keys.js';
import { type RecordedProgram, recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { onTerminal } from '../support/terminal.js';

const CLEARER = fileURLToPath(new URL('../../dist/places/clear-clipboard.cjs', import.meta.url));

/** A clipboard that is a file. */
function fakeClipboard() {
  const path = join(temporaryFolder(), 'clipboard');
  const xclip = recordedProgram('xclip', `case "$*" in *-o) cat '${path}';; *) cat > '${path}';; esac`);
  return { path, xclip, held: () => readFileSync(path, 'utf8') };
}

it.runIf(process.platform === 'linux')(
  'puts a new secret into the clipboard alone, and does not wait until it is cleared',
  async () => {
    const keys = await keysProgram({ DISPLAY: ':99' });
    onTestFinished(() => keys.remove());
    const { xclip, held } = fakeClipboard();
    const env = { PATH: xclip.path };
    const { code, stdout, stderr } = await keys.run(['create', '--name', 'a', '--copy', '--json'], { env });
    // What waits to clear it holds no stream of the program that has ended.
    expect(endLeftOver(keys.home)).toBe(1);
    expect([code, held()]).toEqual([0, expect.stringMatching(/^sk_live_\w+$/)]);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'a', delivered_to: ['clipboard'] });
    expect(stderr).toContain('in the clipboard for 45 seconds');
    expect(stdout + stderr + xclip.recorded()).not.toContain(held());
    const none = await keys.run(['create', '--name', 'b', '--copy'], { env: { PATH: '/nowhere' } });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('no clipboard program found')]);
    expect(JSON.parse((await keys.run(['list', '--json'])).stdout)).toHaveLength(1);
  },
);

/** A PATH of these programs and of what their scripts need, without a real clipboard. */
function pathOf(...programs: readonly RecordedProgram[]): string {
  const folder = temporaryFolder();
  for (const name of ['cat', 'env', 'tr']) symlinkSync(join('/usr/bin', name), join(folder, name));
  return [...programs.map(({ path }) => path.split(delimiter)[0]), folder].join(delimiter);
}

/** The desktops, and how each one's programs are called. */
const DESKTOPS = [
  ['wl-copy', { WAYLAND_DISPLAY: 'w' }, '', 'wl-paste', '--no-newline'],
  ['xclip', { DISPLAY: ':99' }, '-selection clipboard', 'xclip', '-selection clipboard -o'],
  ['xsel', { DISPLAY: ':99' }, '--clipboard --input', 'xsel', '--clipboard --output'],
  ['pbcopy', {}, '', 'pbpaste', ''],
] as const;

it.runIf(process.platform === 'linux').each(DESKTOPS)(
  'gives %s the secret on stdin, and asks for the clipboard that it clears',
  async (copies, env, written, pastes, read) => {
    const keys = await keysProgram({ DISPLAY: '', WAYLAND_DISPLAY: '' });
    onTestFinished(() => keys.remove());
    onTestFinished(() => void endLeftOver(keys.home));
    const path = join(temporaryFolder(), 'clipboard');
    const holds = `case "$*" in *-o|*--output) cat '${path}';; *) cat > '${path}';; esac`;
    const copy = recordedProgram(copies, holds);
    const paste = copies === pastes ? copy : recordedProgram(pastes, `cat '${path}'`);
    const call = { env: { ...env, PATH: pathOf(copy, paste) } };
    const { code, stderr } = await keys.run(['create', 'a', '--copy'], call);
    expect([code, stderr]).toEqual([0, expect.stringContaining('in the clipboard for 45 seconds')]);
    expect(readFileSync(path, 'utf8')).toMatch(/^sk_live_\w+$/);
    expect(copy.calls().at(-1) ?? '').toBe(written);
    expect(paste.calls()[0] ?? '').toBe(read);
  },
);

it.runIf(process.platform === 'linux')('goes on waiting to clear the clipboard after Ctrl-C', async () => {
  const keys = await keysProgram({ DISPLAY: ':99' });
  onTestFinished(() => keys.remove());
  const { xclip, held } = fakeClipboard();
  const line = '"$0" -- "$1" create a --copy --quiet; echo "rc $?"; exec cat';
  const screen = onTerminal(keys, ['sh', '-c', line, process.execPath, BIN], { env: { PATH: xclip.path } });
  await screen.see('rc 0');
  screen.type('\u0003');
  await screen.ended;
  expect(held()).toMatch(/^sk_live_\w+$/);
  expect(endLeftOver(keys.home)).toBe(1);
});

it.runIf(process.platform === 'linux')('creates nothing where the clipboard is on no desktop', async () => {
  const keys = await keysProgram({ DISPLAY: ':99' });
  onTestFinished(() => keys.remove());
  for (const [program, says, told] of [
    ['xclip', "Error: Can't open display: :99", "Can't open display: :99"],
    ['xsel', "xsel: Can't open display: (null)", "Can't open display: (null)"],
    ['wl-paste', 'Failed to connect to a Wayland server', 'Failed to connect to a Wayland server'],
    ['wl-paste', 'error: XDG_RUNTIME_DIR is invalid or not set', 'XDG_RUNTIME_DIR is invalid'],
  ] as const) {
    const fails = recordedProgram(program, `echo "${says}" >&2; exit 1`);
    const isWayland = program === 'wl-paste';
    const PATH = isWayland ? pathOf(fails, recordedProgram('wl-copy')) : pathOf(fails);
    const env = { ...(isWayland ? { WAYLAND_DISPLAY: 'w' } : {}), PATH };
    const { code, stderr } = await keys.run(['create', 'a', '--copy'], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(`the clipboard cannot be used: ${told}`)]);
  }
  expect(JSON.parse((await keys.run(['list', '--json'])).stdout)).toEqual([]);
});

it.runIf(process.platform === 'linux')(
  'says why a secret was not copied, and needs no clipboard once it is elsewhere',
  async () => {
    const keys = await keysProgram({ DISPLAY: ':99' });
    onTestFinished(() => keys.remove());
    const fails = 'case "$*" in *-o) exit 1;; *) echo "no room for $(cat)" >&2; exit 3;; esac';
    const env = { PATH: recordedProgram('xclip', fails).path };
    const file = join(keys.home, '.env');
    for (const [name, rescue] of [
      ['a', ['deliver', 'a', '--to', `${file}#A`]],
      ['b', ['resume', '--show']],
      ['c', ['create', 'c', '--to', `${file}#C`]],
    ] as const) {
      const { code, stderr } = await keys.run(['create', name, '--copy'], { env });
      expect([code, stderr]).toEqual([
        9,
        expect.stringContaining('xclip ended with 3: no room for [redacted]'),
      ]);
      expect(stderr).toContain(`keys deliver ${name} --to PLACE delivers it to another place`);
      expect(await keys.run([...rescue], { env }), name).toMatchObject({ code: 0 });
      expect(await keys.run(['pending', '--json']), name).toMatchObject({ stdout: '[]\n' });
    }
    expect(readFileSync(file, 'utf8')).toMatch(/^A=sk_live_\w+\nC=sk_live_\w+\n$/);
  },
);

it.runIf(process.platform === 'linux')('clears the clipboard only if it still holds the secret', () => {
  const { path, held } = fakeClipboard();
  const order: ClearOrder = {
    sha256: sha256('fake-secret'),
    delayMs: 1,
    paste: ['cat', path],
    copy: ['cp', '/dev/null', path],
  };
  const clear = () => execFileSync(process.execPath, [CLEARER], { input: JSON.stringify(order) });
  writeFileSync(path, 'copied since');
  clear();
  expect(held()).toBe('copied since');
  writeFileSync(path, 'fake-secret');
  clear();
  expect(held()).toBe('');
});
