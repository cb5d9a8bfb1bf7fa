import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPager, pagerCommand } from '../../src/terminal/pager.js';
import { createTerminalOutput } from '../../src/terminal/terminal-output.js';
import { shellScript } from '../support/shell-script.js';
import { temporaryFolder } from '../support/temporary-folder.js';

interface Row {
  readonly name: string;
}

const COLUMNS = [
  { id: 'name', title: 'name', human: ({ name }: Row) => name, plain: ({ name }: Row) => name },
];
const rows = (count: number): Row[] => Array.from({ length: count }, (_, at) => ({ name: `key-${at}` }));

/** What a list of so many rows writes to the screen, on a terminal of ten lines. */
async function listed(count: number, env: Record<string, string>) {
  let screen = '';
  let opened = 0;
  const to = {
    isTerminal: true,
    columns: 80,
    write: async (text: string | Uint8Array) => {
      screen += text;
    },
  };
  const openPaged = createPager({
    env: { PATH: process.env['PATH'], ...env },
    platform: 'linux',
    rows: () => 10,
    onSignal: () => () => undefined,
    onOpen: () => void opened++,
  });
  const output = createTerminalOutput(to, to, { color: false, openPaged });
  await output.list(rows(count), COLUMNS, 'none yet').catch((error: { code?: string }) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return { screen, opened };
}

it('sends a list that is longer than the screen to the pager, without our credentials', async () => {
  const seen = join(temporaryFolder(), 'seen');
  const env = { KEYS_PAGER: `{ env; cat; } > '${seen}'`, PAGER: 'false', KEYS_API_KEY: 'fake-credential' };
  expect(await listed(450, env)).toEqual({ screen: '', opened: 1 });
  const text = readFileSync(seen, 'utf8');
  expect(text.match(/^key-\d+$/gm)).toHaveLength(450);
  expect(text).toContain('LESS=FRXPs(more\\: space, leave\\: q)$');
  expect(text).not.toContain('fake-credential');
  // What the person has chosen stays.
  await listed(450, { ...env, LESS: 'own' });
  expect(readFileSync(seen, 'utf8')).toContain('LESS=own');
});

it('has less show colours, whatever LESS says', async () => {
  const folder = temporaryFolder();
  shellScript(join(folder, 'less'), `echo "$LESS $*" > '${join(folder, 'seen')}'; cat > /dev/null`);
  const PATH = `${folder}:${process.env['PATH']}`;
  for (const command of ['less', 'less -X', join(folder, 'less')]) {
    await listed(450, { PATH, LESS: 'FX', PAGER: command });
    expect(readFileSync(join(folder, 'seen'), 'utf8')).toMatch(/^FX (-X )?-R\n$/);
  }
});

it('prints on the screen what fits, and everything where the pager is missing or unwanted', async () => {
  const short = await listed(8, { KEYS_PAGER: 'false' });
  expect(short).toEqual({ screen: expect.stringMatching(/^NAME\nkey-0\n[\s\S]*key-7\n$/), opened: 0 });
  for (const KEYS_PAGER of ['no-such-pager-here -X', 'cat', ' ']) {
    const { screen, opened } = await listed(300, { KEYS_PAGER });
    expect(screen.match(/^key-\d+$/gm)).toHaveLength(300);
    expect(opened).toBe(0);
  }
});

it('ends quietly when the person leaves the pager early', async () => {
  expect(await listed(100_000, { KEYS_PAGER: 'head -n 1 >/dev/null' })).toEqual({ screen: '', opened: 1 });
});

it('says what to do first where a list is empty', async () => {
  expect((await listed(0, {})).screen).toBe('none yet\n');
});

it('chooses the pager by KEYS_PAGER, PAGER, then less', () => {
  expect(pagerCommand({ KEYS_PAGER: 'most', PAGER: 'more' }, 'linux')).toBe('most');
  expect(pagerCommand({ PAGER: 'more' }, 'linux')).toBe('more');
  expect(pagerCommand({}, 'linux')).toBe('less');
  expect(pagerCommand({}, 'win32')).toBeNull();
  expect(pagerCommand({ TERM: 'dumb' }, 'linux')).toBeNull();
});
