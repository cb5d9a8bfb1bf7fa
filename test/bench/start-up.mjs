// Start-up, as ratios to bare Node, every row once a round so that a machine's moods meet all alike;
// processor time is held against the aim, for it is far steadier than the clock on a shared machine: `npm run
// bench [-- rounds]`. KEYS_BENCH_NODES: further Node programs, separated as in a PATH.

import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { installed, peakMemory, quantile, timeRun } from './measure.mjs';
import { BIN, openWorld } from './world.mjs';

const rounds = Math.min(200, Math.max(5, Number(process.argv[2] ?? 21)));
const nodes = [
  process.execPath,
  ...(process.env.KEYS_BENCH_NODES ?? '').split(delimiter).filter((node) => node !== ''),
];
const skipped = new Set();

/** The file that a program on the PATH is, so that it runs on the Node that is measured. */
function programFile(name) {
  if (installed(name))
    return realpathSync(String(spawnSync('sh', ['-c', `command -v ${name}`]).stdout).trim());
  skipped.add(`${name} is not installed: nothing to set beside`);
  return null;
}

function underTerminal(command) {
  return ['script', '-qec', command.map((word) => `'${word}'`).join(' '), '/dev/null'];
}

function peers(node, env) {
  const [resend, gh] = [programFile('resend'), programFile('gh')];
  const npm = join(dirname(realpathSync(node)), '../lib/node_modules/npm/bin/npm-cli.js');
  const rows = [];
  if (resend !== null) {
    rows.push(['resend --version', null, [node, resend, '--version'], env]);
    rows.push(['resend --help', null, [node, resend, '--help'], env]);
  }
  const [npmFile] = [npm, programFile('npm')].filter(
    (file) => file && spawnSync('test', ['-f', file]).status === 0,
  );
  if (npmFile) rows.push(['npm token --help', null, [node, npmFile, 'token', '--help'], env]);
  if (gh !== null) {
    rows.push(['gh --version', null, [gh, '--version'], env]);
    rows.push(['gh --help', null, [gh, '--help'], env]);
  }
  return rows;
}

/** `[name, aim, command, env]`; the aim is a ratio to bare Node. */
function rowsFor(node, old, { env, remote, keychain }) {
  const keys = (...args) => [node, BIN, ...args];
  // Settings of its own: a key that is made drops the names that completion keeps.
  const making = { ...env, KEYS_CONFIG_DIR: join(env.HOME, 'making') };
  const rows = [
    ['node -e 0', null, [node, '-e', '0'], env],
    ['keys --version', old ? 1.2 : 1.1, keys('--version'), env],
    ['keys --help', old ? 1.7 : 1.5, keys('--help'), env],
    ['keys create --help', old ? 1.7 : 1.5, keys('create', '--help'), env],
    ["completion of a key's name", old ? 1.8 : 1.5, keys('__complete', 'keys'), remote],
    ['list --json, 100 keys over HTTP', old ? 3.0 : 2.5, keys('list', '--json'), remote],
    ['create --raw, embedded', old ? 3.0 : 2.5, keys('create', '--name', 'x', '--raw'), making],
  ];
  if (keychain !== null) {
    rows.splice(6, 0, [
      'the same, credential in the keychain',
      old ? 3.4 : 2.9,
      keys('list', '--json'),
      keychain,
    ]);
  }
  if (installed('script')) {
    rows.push(['(node -e 0 on a terminal)', null, underTerminal([node, '-e', '0']), env]);
    rows.push(['list, a table on a terminal', old ? 4.5 : 3.8, underTerminal(keys('list')), remote]);
  } else skipped.add('script is not installed: no terminal to list on');
  return [...rows, ...peers(node, env)];
}

function report(node, rows, times, memory) {
  const version = String(spawnSync(node, ['--version']).stdout).trim();
  const bare = (measure) =>
    quantile(
      times.get('node -e 0').map((run) => run[measure]),
      0.5,
    );
  console.log(
    `\nNode ${version}, ${rounds} rounds; ratios to node -e 0 (median ${bare('wall').toFixed(0)} ms, processor ${bare('cpu').toFixed(0)} ms)`,
  );
  console.log(`${''.padEnd(38)}  wall  (10 %, 90 %)   processor   aim`);
  for (const [name, aim] of rows) {
    const of = (measure, q) =>
      quantile(
        times.get(name).map((run) => run[measure]),
        q,
      ) / bare(measure);
    const spread = `(${of('wall', 0.1).toFixed(2)}, ${of('wall', 0.9).toFixed(2)})`;
    const met =
      aim === null ? '' : `${aim.toFixed(1)} ${Number(of('cpu', 0.5).toFixed(1)) <= aim ? 'met' : 'MISSED'}`;
    console.log(
      `${name.padEnd(38)} ${of('wall', 0.5).toFixed(2).padStart(5)}  ${spread.padEnd(14)}  ${of('cpu', 0.5).toFixed(2).padStart(5)}      ${met}`,
    );
  }
  const ratio = memory.list / memory.bare;
  console.log(
    `${'peak memory of list'.padEnd(38)} ${ratio.toFixed(2).padStart(5)}  ${`(${memory.list.toFixed(0)} MiB, bare ${memory.bare.toFixed(0)})`.padEnd(26)}  1.5 ${ratio <= 1.5 ? 'met' : 'MISSED'}`,
  );
}

const world = openWorld();
try {
  const address = await world.service(100);
  const remote = world.remote(address);
  const keychain = await world.keychain(address);
  if (keychain === null)
    skipped.add('no dbus-daemon, gnome-keyring-daemon and gdbus: no keychain to read from');
  for (const node of nodes) {
    const old = String(spawnSync(node, ['--version']).stdout).startsWith('v20.');
    const rows = rowsFor(node, old, { env: world.env, remote, keychain });
    const times = new Map(rows.map(([name]) => [name, []]));
    for (const [, , command, env] of rows) timeRun(command, env);
    for (let round = 0; round < rounds; round++) {
      for (const [name, , command, env] of rows) times.get(name).push(timeRun(command, env));
    }
    const peak = (args, env) =>
      quantile(
        [1, 2, 3, 4, 5].map(() => peakMemory(node, args, env)),
        0.5,
      );
    const memory = { list: peak([BIN, 'list', '--json'], remote), bare: peak(['-e', '0'], world.env) };
    report(node, rows, times, memory);
  }
} finally {
  world.close();
}
for (const what of skipped) console.log(`!!! SKIPPED: ${what}`);
