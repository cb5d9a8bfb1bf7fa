import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/program.js';
import { asyncCallbacks, commandsNamed, ownServers, ROOMS, unboundedReads, violations } from './rules.js';

const SRC = join(import.meta.dirname, '../../src');

const TEST = join(import.meta.dirname, '..');

function sources(folder = SRC) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
}

it('holds: who may import whom, no cycles, and who may touch what is outside', () => {
  expect(violations(sources())).toEqual([]);
});

it('names commands and flags of the program where they belong alone', () => {
  const commands = Object.keys(COMMANDS);
  expect(commandsNamed(sources(), commands)).toEqual([]);
  expect(
    commandsNamed(
      [
        { path: 'service/x.ts', text: "throw new Error('keys list shows them');" },
        { path: 'http/x.ts', text: 'const hint = `${a}: keys login --profile ${b}`; // keys roll' },
        { path: 'domain/x.ts', text: "const message = 'keys of this vendor are listed';" },
        { path: 'domain/y.ts', text: "const hint = 'leave out --policy';" },
        { path: 'lifecycle/x.ts', text: "const hint = 'leave out --grace';" },
        { path: 'lifecycle/y.ts', text: "const hint = words`leave out ${option('grace')}`;" },
        { path: 'service/console/visit.tsx', text: "const hint = 'give --scope';" },
      ],
      commands,
    ),
  ).toEqual([
    'service/x.ts names keys list',
    'http/x.ts names keys login',
    'domain/y.ts names --policy',
    'lifecycle/x.ts names --grace',
    'service/console/visit.tsx names --scope',
  ]);
});

it('reads nothing from outside to its end without a bound', () => {
  expect(unboundedReads(sources())).toEqual([]);
});

it.each([
  'await response.body.text();',
  'await request.json();',
  "import { text } from 'node:stream/consumers';",
  "child.stdout.on('data', take);",
  'createInterface({ input });',
  'async () => { for await (const piece of stream as AsyncIterable<Buffer>) keep(piece); };',
])('catches an unbounded read, %s', (text) => {
  expect(unboundedReads([{ path: 'http/x.ts', text }])).toHaveLength(1);
});

it('gives an async function to no call that does not await it', () => {
  expect(asyncCallbacks([...sources(), ...sources(TEST)])).toEqual([]);
});

it.each([
  ['createServer(async (request, response) => {});', 'createServer'],
  ["socket.on('data', async function (bytes) {});", 'on'],
  ['setTimeout(async () => {}, 5);', 'setTimeout'],
])('catches an async function that is not awaited, %s', (text, call) => {
  expect(asyncCallbacks([{ path: 'x.ts', text }])).toEqual([`x.ts: ${call}`]);
});

it('has one place in which the servers of tests listen', () => {
  // `free-port.ts` closes its server at once.
  expect(ownServers(sources(TEST))).toEqual({
    listen: ['support/free-port.ts', 'support/loopback-server.ts'],
    http: ['support/loopback-server.ts'],
  });
  const text = "import { createServer } from 'node:http';\nconst server = createServer().listen(0);";
  expect(ownServers([{ path: 'x.ts', text }])).toEqual({ listen: ['x.ts'], http: ['x.ts'] });
});

it('every folder of src is a room, from top to bottom', () => {
  const folders = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(ROOMS).sort());
  const order = Object.keys(ROOMS);
  for (const [room, { mayImport }] of Object.entries(ROOMS))
    for (const other of mayImport) expect(order.indexOf(other), other).toBeGreaterThan(order.indexOf(room));
});

it.each(Object.values(ROOMS))(
  '$opening begins with what its room is for, in two sentences',
  ({ opening }) => {
    const [, comment = ''] =
      /^\/\*\*\n \* ([\s\S]*?)\n \*\/\n/.exec(readFileSync(join(SRC, opening), 'utf8')) ?? [];
    expect(comment.split(/\.(?:\s|$)/).filter((sentence) => sentence !== '')).toHaveLength(2);
  },
);

it.each([
  [
    'an import across rooms',
    'domain/x.ts',
    "import { y } from '../http/y.js';",
    'domain/x.ts imports http/y.ts',
  ],
  [
    'a dynamic import across rooms',
    'terminal/x.ts',
    "await import('../service/y.js');",
    'terminal/x.ts imports service/y.ts',
  ],
  [
    'a value from the root',
    'terminal/x.ts',
    "import { y } from '../main.js';",
    'terminal/x.ts imports main.ts',
  ],
  ['process', 'domain/x.ts', 'export const x = process.env;', 'domain/x.ts touches process'],
  ['console', 'terminal/x.ts', 'console.log(1);', 'terminal/x.ts touches console'],
  ['the clock', 'service/x.ts', 'Date.now();', 'service/x.ts touches Date.now'],
  ['the clock by another way', 'service/x.ts', 'new Date();', 'service/x.ts touches Date.now'],
  ['fetch', 'http/x.ts', "fetch('https://a');", 'http/x.ts touches fetch'],
  ['a timer', 'service/x.ts', 'setTimeout(() => 1, 1);', 'service/x.ts touches timers'],
  [
    'the file system',
    'places/x.ts',
    "import { readFileSync } from 'node:fs';",
    'places/x.ts touches node:fs',
  ],
  [
    'a writer of files beside the file module',
    'storage/sql/password-file.ts',
    "import { readFileSync, writeFileSync } from 'node:fs';",
    'storage/sql/password-file.ts touches file writes',
  ],
])('catches %s', (_, path, text, violation) => expect(violations([{ path, text }])).toEqual([violation]));

it('catches a cycle, of types alone too', () => {
  const a = { path: 'domain/a.ts', text: "import { b } from './b.js';" };
  const b = (text: string) => ({ path: 'domain/b.ts', text });
  const cycle = ['cycle: domain/a.ts → domain/b.ts → domain/a.ts'];
  expect(violations([a, b("import { a } from './a.js';")])).toEqual(cycle);
  expect(violations([a, b("import type { a } from './a.js';")])).toEqual(cycle);
});

it('loads the PostgreSQL driver where an address is given, and nowhere else', () => {
  const naming = (text: string) => sources().filter((file) => file.text.includes(text));
  expect(naming("from 'pg'").map(({ path }) => path)).toEqual(['storage/sql/postgres-database.ts']);
  const users = naming('/postgres-database.js');
  expect(users.map(({ path }) => path).sort()).toEqual([
    'service/open-key-database.ts',
    'storage/ledger/shared-ledger.ts',
  ]);
  for (const { text } of users) expect(text).toMatch(/await import\('[./a-z]+\/postgres-database\.js'\)/);
});

it('says nothing of a machine or a registry, and leaves nothing unfinished', () => {
  // Spelled in pieces, so that the test does not find itself.
  const words = [
    'TO' + 'DO',
    'FIX' + 'ME',
    '/wo' + 'rk/',
    'registry.' + 'npmjs',
    'vi.' + 'mock',
    'as ' + 'any',
  ];
  for (const folder of ['src', 'test', 'bin', '.ci']) {
    const root = join(SRC, '..', folder);
    for (const path of readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )) {
      const text = readFileSync(join(path.parentPath, path.name), 'utf8');
      for (const word of words) expect(text.includes(word), `${word} in ${path.name}`).toBe(false);
    }
  }
});
