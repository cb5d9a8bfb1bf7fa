// Screens of the main commands, as they really are: the built program under a pseudo-terminal, drawn as SVG
// for the README. npm run screens
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { screenSvg } from './svg.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.github/screens');
const COLUMNS = 106;

const home = mkdtempSync(join(tmpdir(), 'keys-screens-'));
const env = {
  PATH: process.env.PATH ?? '',
  HOME: home,
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  FORCE_COLOR: '1',
};

/** What a command prints on a terminal, without what would be a secret. */
function run(args) {
  return new Promise((resolve, reject) => {
    let shown = '';
    const terminal = spawn(process.execPath, ['--', join(root, 'bin/keys.js'), ...args], {
      cols: COLUMNS,
      rows: 60,
      cwd: home,
      env,
    });
    const timer = setTimeout(() => reject(new Error(`did not end: keys ${args.join(' ')}`)), 30_000);
    terminal.onData((data) => {
      shown += data;
    });
    terminal.onExit(() => {
      clearTimeout(timer);
      resolve(shown.replace(/([sp]k_(?:live|test)_)\w{8,}(\w{4})/g, '$1…$2').replaceAll(home, '~'));
    });
  });
}

async function draw(name, title, commands) {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: 60, allowProposedApi: true });
  for (const args of commands) {
    const prompt = `\x1b[2m$\x1b[0m \x1b[1mkeys ${args.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ')}\x1b[0m\r\n`;
    const text = `${prompt + (await run(args))}\r\n`;
    await new Promise((written) => terminal.write(text, written));
  }
  writeFileSync(join(folder, `${name}.svg`), screenSvg(terminal.buffer.active, { columns: COLUMNS, title }));
}

try {
  mkdirSync(folder, { recursive: true });
  for (const args of [
    ['config', 'set', 'storage', 'file'],
    [
      'create',
      '--name',
      'ci runner',
      '--environment',
      'test',
      '--expires',
      '9d',
      '--scope',
      'deploy:write',
      '--raw',
    ],
    ['create', '--name', '東京 web', '--allow-ip', '192.0.2.0/24', '--expires', '80d', '--raw'],
    ['create', '--name', 'key1', '--scope', '*', '--raw'],
  ]) {
    await run(args);
  }
  await draw('tour', 'keys create, then keys list, in a terminal', [
    ['create', '--name', 'web', '--expires', '90d'],
    ['list'],
  ]);
  await draw('roll', 'keys roll in a terminal: the new secret, and until when the old one works', [
    ['roll', 'web', '--grace', '12h'],
    ['list', '--name', 'web'],
  ]);
  await draw('audit', 'keys audit in a terminal: findings by severity, each with the command that fixes it', [
    ['audit'],
  ]);
  await draw('provider', 'keys provider show: what can be done with a vendor’s keys', [
    ['provider', 'show', 'unkey'],
  ]);
} finally {
  rmSync(home, { recursive: true, force: true });
}
