import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../../support/keys-in-process.js';
import { type AcmeVendor, acmeVendor, addKey } from './acme-vendor.js';
import { acmeWith, type Change } from './mutations.js';

let keys: KeysInProcess;
let vendor: AcmeVendor;
beforeEach(async () => {
  keys = await keysInProcess();
  vendor = await acmeVendor();
  await keys.run(['config', 'set', 'storage', 'file']);
  return () => keys.remove();
});

const add = async (...changes: Change[]) => await keys.run(['provider', 'add', acmeWith(keys.home, changes)]);
const AT_ACME = ['--set', 'project=p1'];
const run = async (...args: string[]) =>
  await keys.run([...args, '--provider', 'acme', '--base-url', vendor.url, ...AT_ACME], {
    env: { KEYS_API_KEY: vendor.admin },
  });
const create = (...args: string[]) =>
  run('create', '--name', 'web', '--scope', 'docs:read', '--to', `${keys.home}/.env#WEB`, ...args);
const tested = async () =>
  await keys.run(['provider', 'test', 'acme', '--base-url', vendor.url, ...AT_ACME, '--scope', 'docs:read'], {
    env: { KEYS_API_KEY: vendor.admin },
  });
const FILE = /acme-\d+\.mjs/;

it('is a definition without a mistake', async () => {
  expect((await add()).code).toBe(0);
  for (let i = 0; i < 7; i++) addKey(vendor);
  const listed = await run('list', '--json');
  expect([listed.code, listed.stderr, JSON.parse(listed.stdout).length]).toEqual([0, '', 7]);
  const trial = await tested();
  expect([trial.code, trial.stderr]).toEqual([0, '']);
  expect(trial.stdout).toMatch(/a key has each field that it may be given\s+holds/);
  expect(vendor.keys).toHaveLength(7);
});

it.each([
  ['prefix', 'prefix: custom((key) => String(key.token).slice(0, 8))', "prefix: 'token'"],
  ['hint', "hint: lastFour('masked')", "hint: text('token')"],
  ['name', "text('label', { updates: true })", "'token'"],
  ['id', "id: 'key_id'", "id: 'token'"],
  ['owner', "hint: lastFour('masked')", 'owner: custom((key) => `of ${key.token}`)'],
])('refuses a definition whose %s reads the secret', async (member, find, put) => {
  const added = await add([find, put]);
  expect(added.code).toBe(2);
  expect(added.stderr).toMatch(FILE);
  expect(added.stderr).toContain(`keys.fields.${member} reads the secret at token, and lists show it`);
});

it.each([
  [
    'prefix',
    'custom((key) => String(key.token).slice(0, 8))',
    'custom(({ token, label }) => (label.at(0), token))',
  ],
  [
    'prefix',
    'custom((key) => String(key.token).slice(0, 8))',
    'custom(({ token, label }) => (label.at(0), token.slice(0, 40)))',
  ],
  ['hint', "lastFour('masked')", 'custom(({ token, label }) => (label.at(0), token))'],
  [
    'name',
    "text('label', { updates: true })",
    "custom(({ token, label }) => `${label.at(0)}${token}`, { send: 'label' })",
  ],
  ['owner', "hint: lastFour('masked')", 'owner: custom(({ token, label }) => `${label.at(0)} ${token}`)'],
])('shows no secret after a create whose %s is the secret all the same', async (member, find, put) => {
  await add([find, put]);
  const created = await create('--json');
  const secret = vendor.keys[0]?.token ?? '';
  expect([created.code, readFileSync(join(keys.home, '.env'), 'utf8')]).toEqual([
    0,
    expect.stringContaining(secret),
  ]);
  expect(created.stderr).toMatch(new RegExp(`${FILE.source}\\): create: keys\\.fields\\.${member} `));
  expect(created.stdout + created.stderr).not.toContain(secret.slice(0, 30));
  const listed = await run('list', '--json');
  expect([listed.code, listed.stdout.includes(secret)]).toEqual([0, false]);
});

it('lists every key where `total` is misspelt, and says so', async () => {
  await add(["total: 'total'", "total: 'totl'"]);
  for (let i = 0; i < 7; i++) addKey(vendor);
  const listed = await run('list', '--json');
  expect([listed.code, JSON.parse(listed.stdout).length]).toEqual([0, 7]);
  expect(listed.stderr).toContain(
    'list: keys.list.pages: total (totl) is not in the response (did you mean total?); the list goes on until a page is not full',
  );
});

it('lists every key where pages are shorter than is asked for', async () => {
  await add(['most: 3', 'most: 100']);
  for (let i = 0; i < 7; i++) addKey(vendor);
  const listed = await run('list', '--json');
  expect([listed.stderr, JSON.parse(listed.stdout).length]).toEqual(['', 7]);
});

it.each([
  ["pages.after({ cursor: 'c', most: 3, next: 'next' })", 'next (next)'],
  ["pages.after({ cursor: 'c', most: 3, more: 'more' })", 'more (more)'],
  [
    "pages.after({ cursor: 'c', most: 100, next: 'totl' })",
    'next (totl) is not in the response (did you mean total?)',
  ],
  ["pages.link({ most: 3, next: 'links.next' })", 'next (links.next)'],
])('says that a list may lack keys where no page has the member of %s', async (pages, said) => {
  await add(["pages.numbered({ page: 'page', size: 'size', most: 3, total: 'total' })", pages]);
  for (let i = 0; i < 3; i++) addKey(vendor);
  const listed = await run('list', '--json');
  expect(listed.stderr).toContain(`list: keys.list.pages: ${said}`);
  expect(listed.stderr).toContain('is not in the response');
});

it.each([
  [7, 'keys.list.pages: total is 7, and next says that the first page is the last: it has 3'],
  [3, ''],
])(
  'says where `next` ends a list of %i keys whose total is greater than its first page',
  async (many, said) => {
    await add([
      "pages: pages.numbered({ page: 'page', size: 'size', most: 3, total: 'total' })",
      'pages: { query: () => ({ size: 3 }), next: () => undefined }',
    ]);
    for (let i = 0; i < many; i++) addKey(vendor);
    const { stdout, stderr } = await run('list', '--json');
    expect([JSON.parse(stdout).length, stderr]).toEqual([
      3,
      said === '' ? '' : expect.stringContaining(said),
    ]);
  },
);

const VERDICT = "verdict: ({ status: code }) => (code === 410 ? 'revoked' : undefined)";

it.each([
  [VERDICT, 'verdict: () => nothing.there', 'check.verdict throws ReferenceError'],
  [VERDICT, "verdict: async () => 'valid'", 'check.verdict returns a Promise: it must not be async'],
  [VERDICT, "verdict: () => 'ok'", 'check.verdict returns no verdict; it may return valid, not_judged, '],
  ["at: 'GET /me'", "at: 'GET /mee'", 'check GET /mee is no request of the vendor'],
  ['auth: bearer', 'managementAuth: bearer, auth: () => undefined', 'auth returns no headers'],
])('rolls no key away where the check cannot be made: %s → %s', async (find, put, problem) => {
  await add();
  expect((await create()).code).toBe(0);
  await keys.run(['provider', 'remove', 'acme']);
  await add([find, put]);
  const rolled = await run('roll', 'web', '--now', '--yes');
  expect([rolled.code, vendor.keys.length]).toEqual([9, 2]);
  expect(rolled.stdout + rolled.stderr).toMatch(FILE);
  expect(rolled.stdout + rolled.stderr).toContain(problem);
  expect(rolled.stderr).toMatch(/hint: correct \S+acme-\d+\.mjs first: then .*keys resume.* finishes it/);
  const verified = await keys.run(['verify', '--provider', 'acme', '--base-url', vendor.url, ...AT_ACME], {
    stdin: vendor.keys[1]?.token ?? '',
  });
  expect(verified.code).not.toBe(0);
  expect(verified.stderr).toContain(problem);
});

it('refuses a check with context that is not declared', async () => {
  const added = await add(["at: 'GET /me'", "at: 'GET /projects/{team}/me'"]);
  expect([added.code, added.stderr]).toEqual([2, expect.stringContaining('check {team} is not declared')]);
});

it('rolls a key with the restrictions of the ledger where its record shows none', async () => {
  await add();
  vendor.hidesAddresses = true;
  const created = await create('--allow-ip', '192.0.2.0/24', '--expires', '30d');
  expect([created.code, created.stderr]).toEqual([0, expect.any(String)]);
  expect((await run('roll', 'web', '--now', '--yes')).code).toBe(0);
  expect(vendor.keys.map(({ addresses, ends }) => [addresses, ends !== null])).toEqual([
    ['192.0.2.0/24', true],
  ]);
});

it.each([
  [
    "create: { at: 'POST {keys}',",
    "create: { at: () => '/tokens',",
    'keys.create.at returns no method and a path',
  ],
  ["path: '/projects/{project}/keys'", "path: () => 'keys'", "keys.path returns no path, such as '/keys'"],
  ["({ source: 'keys' })", '({ size: 1n })', 'POST /projects/p1/keys: keys.create.body() throws TypeError'],
  [
    "headers: (_set, requestId) => ({ 'x-request-id': requestId })",
    "headers: () => ({ 'x y': '1' })",
    'headers returns the header x y whose name no header can have',
  ],
  [
    'auth: bearer',
    "auth: () => ({ authorization: 'a\\nb' })",
    'auth returns the header authorization with characters',
  ],
  [
    'auth: bearer',
    'auth: () => ({ authorization: undefined })',
    'auth returns the header authorization that is undefined',
  ],
])('leaves nothing pending where a create fails before it is sent: %s → %s', async (find, put, problem) => {
  expect((await add([find, put])).code).toBe(0);
  const created = await create();
  expect([created.code, vendor.requests.filter((each) => each.startsWith('POST'))]).toEqual([1, []]);
  expect(created.stderr).toMatch(FILE);
  expect(created.stderr).toContain(problem);
  expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
});

it.each([
  [
    [
      ["id: 'key_id'", "id: 'idd'"],
      ["body: () => ({ source: 'keys' })", "returns: 'id'"],
    ],
  ],
  [[["id: 'key_id'", "id: 'idd'"]]],
  [[["id: 'key_id'", "id: 'label'"]]],
] as const)(
  'names the key that a test leaves where the id is read at the wrong place: %j',
  async (changes) => {
    await add(...changes);
    const { code, stdout, stderr } = await tested();
    expect([code === 0, vendor.keys.length > 0]).toEqual([false, true]);
    for (const { label } of vendor.keys) expect(stdout + stderr).toContain(label);
  },
);

it.each([
  ['ips', "send: (ips) => ({ addresses: ips.join(' ') })", "send: (ips) => ({ address: ips.join(' ') })"],
  ['the end', "expiry('ends', {", "expiry('ends', { send: 'expires',"],
])('says after a create that the vendor does not have %s', async (what, find, put) => {
  expect((await add([find, put])).code).toBe(0);
  const { code, stderr } = await create('--allow-ip', '192.0.2.0/24', '--expires', '30d');
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(new RegExp(`does not have what was asked: ${what} .*${FILE.source}`)),
  ]);
  const rolled = await run('roll', 'web', '--now', '--yes');
  expect(rolled.stderr).toContain(`does not have what was asked: ${what}`);
});

it('takes no revoke that only reads', async () => {
  const { code, stderr } = await add([
    "update: { at: 'PATCH {keys}/{id}' }",
    "update: { at: 'GET {keys}/{id}' }",
  ]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/keys\.update.* asks with GET/)]);
});

it('says that a list begins at another page than the file says', async () => {
  await add(["page: 'page'", "page: 'page', from: 2"]);
  addKey(vendor);
  const { stdout, stderr } = await run('list', '--json');
  expect(JSON.parse(stdout)).toEqual([]);
  expect(stderr).toContain('the first page is empty, and total is 1: does it begin elsewhere?');
});

it('lists every key where the total is too small', async () => {
  await add();
  vendor.total = 1;
  for (let i = 0; i < 7; i++) addKey(vendor);
  const { stdout, stderr } = await run('list', '--json');
  expect([JSON.parse(stdout).length, stderr]).toEqual([
    7,
    expect.stringContaining('keys.list.pages: total (total) is 1'),
  ]);
});
