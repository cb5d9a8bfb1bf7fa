import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../src/domain/sha256.js';
import type { ClearOrder } from '../../src/places/kinds/clipboard.js';
import { endLeftOver } from '../support/end-left-over.js';
import { keysProgram } from '../support/keys.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';

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
