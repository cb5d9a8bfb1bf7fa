import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../../support/keys-in-process.js';
import { type AcmeVendor, acmeVendor, addKey } from './acme-vendor.js';
import { acmeWith, type Change } from './mutations.js';

let keys: KeysInProcess;
beforeAll(async () => {
  keys = await keysInProcess();
  await keys.run(['config', 'set', 'storage', 'file']);
});
afterAll(() => keys.remove());

const FILE = /acme-\d+\.mjs/;
const add = async (...changes: readonly Change[]) =>
  await keys.run(['provider', 'add', acmeWith(keys.home, changes)]);

/** What a file has, what stands there by mistake, and what is said of it where the file is added. */
const REFUSED: ReadonlyArray<readonly [find: string, put: string, said: string]> = [
  ['  bearer,\n', '  bearr,\n', 'keys exports no bearr\nkeys: hint: did you mean bearer?'],
  ['auth: bearer', 'auth: bearr', 'bearr is not defined (line 24)'],
  ['auth: bearer', 'auth: bearer()', 'auth is called in the file; write auth: bearer'],
  ['auth: bearer', "auth: 'bearer'", 'auth is not a function'],
  ["  variable: 'ACME_API_KEY',\n", '', 'variable is missing'],
  ["  title: 'Acme',\n", '', 'title is missing'],
  ["'https://acme.example/docs/keys'", "'acme.example'", 'documentation is not an address'],
  ["'https://api.acme.example/v1'", "'api.acme.example/v1'", "baseUrl is not an address such as 'https://"],
  ["'https://api.acme.example/v1'", "'https://api.acme.example/v1/'", 'without a slash at its end'],
  ["'https://api.acme.example/v1'", "'https://{area}.acme.example'", 'baseUrl {area} is not declared'],
  ["context: { project: 'id of the project' }", "context: ['project']", 'context is not an object'],
  ["project: 'id of the project'", 'project: () => 1', 'context.project is not a text'],
  ["prefixes: ['ak_']", "prefixes: 'ak_'", "prefixes is not a list, such as ['ak_']"],
  ["names: 'free'", "names: 'uniq'", `names is not one of "free", "unique", "none"`],
  ["notes: ['Managed with an admin key.']", "notes: 'x'", 'notes is not a list of texts'],
  [
    "headers: { 'acme-version': '2026-01-01' }",
    "headers: { 'acme-version': 1 }",
    'headers is not an object of texts',
  ],
  ['failure: (body) => body?.failed', 'failure: true', 'failure is not a function'],
  ["at: 'GET /me'", "at: '/me'", "check.at is not a method and a path, such as 'GET /me'"],
  ['verdict: (', 'verdit: (', 'check has no member verdit; did you mean verdict?'],
  ['settles: { created: 0 }', "settles: { created: '5' }", 'settles.created is not a number of seconds'],
  ['settles:', 'setles:', 'the definition has no member setles; did you mean settles?'],
  [
    "limit: number('limit', { accepts: 'requests a day', updates: true })",
    "limit: writeOnly('number', { accepts: 'requests a day' })",
    'options.limit needs `send`',
  ],
  ["limit: number('limit',", 'limit: number(7,', 'options.limit.path is not a text'],
  [
    "path: '/projects/{project}/keys'",
    "path: 'projects/{project}/keys'",
    'keys.path is not a path that begins with a slash',
  ],
  ['/projects/{project}/keys', '/projects/{team}/keys', 'keys.path {team} is not declared'],
  ["secret: 'key.token'", 'secret: 7', "keys.secret is not a path, such as 'data.key'"],
  ["secret: 'key.token'", "secrt: 'key.token'", 'keys has no member secrt; did you mean secret?'],
  [
    'pages: pages.numbered',
    'pages: {}, pagse: pages.numbered',
    'keys.list has no member pagse; did you mean pages?',
  ],
  [
    "pages.numbered({ page: 'page', size: 'size', most: 3, total: 'total' })",
    '{}',
    'keys.list.pages is not pages, such as pages.numbered(',
  ],
  [
    "pages.numbered({ page: 'page', size: 'size', most: 3, total: 'total' })",
    '{ query: () => ({}), nxet: () => undefined }',
    'keys.list.pages has no member nxet; did you mean next?',
  ],
  [
    "pages.numbered({ page: 'page', size: 'size', most: 3, total: 'total' })",
    '{ query: () => ({}) }',
    'keys.list.pages.next is missing',
  ],
  ['most: 3', "most: '500'", 'pages.numbered.most is not a whole number from 1'],
  ["total: 'total'", "totl: 'total'", 'pages.numbered has no member totl; did you mean total?'],
  ["query: () => ({ sort: 'id' })", "query: { sort: 'id' }", 'keys.list.query is not a function'],
  ["get: 'GET {keys}/{id}'", 'get: true', 'keys.get is not a method and a path'],
  ["get: 'GET {keys}/{id}'", 'get: true', 'leave it out to have the usual one'],
  ["as: 'iso-seconds'", "as: 'iso_seconds'", 'keys.fields.expires_at.as is not one of'],
  ["as: 'iso-seconds'", "as: 'iso_seconds'", "did you mean 'iso-seconds'?"],
  [
    "scopes: texts('scopes', { accepts: 'such as docs:read', required: true })",
    "scopes: 'scopes'",
    "keys.fields.scopes is not a field of a list, such as texts('scopes')",
  ],
  ['required: true', "required: 'yes'", 'keys.fields.scopes.required is not true or false'],
  ['required: true', 'requierd: true', 'keys.fields.scopes has no member requierd; did you mean required?'],
  [
    "status: status('enabled', { true: 'active', false: 'paused' })",
    "status: status('enabled', { true: 'on' })",
    'keys.fields.status cannot mean on',
  ],
  ["send: (ips) => ({ addresses: ips.join(' ') }),", '', 'keys.fields.ips needs `send`'],
  [
    "custom((key) => key.addresses?.split(' '), {",
    "custom('addresses', {",
    'keys.fields.ips needs a function',
  ],
  [
    "variable: 'ACME_API_KEY'",
    "variable: 'acme api key'",
    "variable is not a name of an environment variable, such as 'ACME_API_KEY'",
  ],
  ["{ 'acme-version': '2026-01-01' }", "{ 'acme version': '1' }", 'headers returns the header acme version'],
  ["secret: 'key.token'", "secret: 'key.label'", 'if label is not the secret, correct keys.secret'],
  [
    "get: 'GET {keys}/{id}'",
    "get: 'GET {keys}/{key}'",
    'keys.get {key} is not known there: a secret is in no',
  ],
  ["get: 'GET {keys}/{id}'", "get: 'GET {keys}'", 'keys.get does not name the key: {id} in it'],
  ["'DELETE {keys}/{id}'", "'DELETE {keys}/{key}'", 'keys.revoke.at {key} is not known there'],
  ["'DELETE {keys}/{id}'", "'DELETE {keys}/{id}/{team}'", 'keys.revoke.at {team} is not declared: add it'],
  ["'PATCH {keys}/{id}'", "'PATCH {keys}/{key}'", 'keys.update.at {key} is not known there'],
  ["'PATCH {keys}/{id}'", "'PATCH {keys}/{team}/{id}'", 'keys.update.at {team} is not declared: add it'],
  ["'PATCH {keys}/{id}'", "'PATCH {keys}'", 'keys.update does not name the key'],
  ["'POST {keys}'", "'POST {keys}/{id}'", 'keys.create.at {id} is not known there'],
  ["in: 'data'", "at: 'GET {keys}/{id}', in: 'data'", 'keys.list.at {id} is not known there'],
  ["'/projects/{project}/keys'", "'/projects/{id}/keys'", 'keys.path {id} is not known there'],
  [
    "at: 'POST {keys}', body",
    "returns: 'ids', body",
    'keys.create.returns is not one of "record", "id"; did you mean \'id\'?',
  ],
  ["body: () => ({ source: 'keys' })", "body: { source: 'keys' }", 'keys.create.body is not a function'],
  ["at: 'PATCH {keys}/{id}'", "at: 'PACH {keys}/{id}'", 'keys.update.at is not a method and a path'],
  [', active: { enabled: true }', '', 'keys.pause.active is missing'],
  [
    "revoke: { at: 'DELETE {keys}/{id}' }",
    "revoke: { at: 'DELETE {keys}' }",
    'keys.revoke does not name the key',
  ],
];

describe('a provider file with a mistake is refused, with its file and the member', () => {
  it.each(REFUSED)('%s → %s', async (find, put, said) => {
    const changes: Change[] = [[find, put]];
    if (put.includes('writeOnly(')) changes.push(['  timeOrNever,\n', '  timeOrNever,\n  writeOnly,\n']);
    const added = await add(...changes);
    expect(added.code).toBe(2);
    expect(added.stderr).toMatch(FILE);
    expect(added.stderr).toContain(said);
    expect(added.stderr).not.toContain('bug in keys');
  });
});

describe('a mistake that only a request shows', () => {
  let vendor: AcmeVendor;
  beforeEach(async () => {
    vendor = await acmeVendor();
    for (let i = 0; i < 4; i++) addKey(vendor);
    return async () => {
      await keys.run(['provider', 'remove', 'acme']);
    };
  });
  const run = (...args: string[]) =>
    keys.run([...args, '--provider', 'acme', '--base-url', vendor.url, '--set', 'project=p1'], {
      env: { KEYS_API_KEY: vendor.admin },
    });

  it.each([
    [
      ["text('label', { updates: true })", "text('labl', { updates: true })"],
      0,
      'list: keys.fields.name (labl) is in no record (did you mean label?); the id is shown in its place',
    ],
    [
      ["expiry('ends',", "expiry('ens',"],
      0,
      'list: keys.fields.expires_at (ens) is in no record (did you mean ends?)',
    ],
    [
      ["status('enabled',", "status('enabld',"],
      0,
      'list: keys.fields.status (enabld) is in no record (did you mean enabled?)',
    ],
    [["time('created')", "time('label')"], 0, 'list: keys.fields.created_at (label) is not a time'],
    [["in: 'data'", "in: 'dta'"], 1, 'list: keys.list.in (dta) is not a list of keys'],
    [
      ["custom((key) => key.addresses?.split(' '), {", 'custom((key) => key.addresses, {'],
      0,
      'list: keys.fields.ips is not a list of texts',
    ],
    [
      ["status('enabled', { true: 'active', false: 'paused' })", "custom(() => 'on')"],
      0,
      'list: keys.fields.status is not one of ',
    ],
    [
      ["status('enabled', { true: 'active', false: 'paused' })", "status('state')"],
      0,
      'list: keys.fields.status (state) is in no record; keys are shown as active',
    ],
    [
      ['custom((key) => String(key.token).slice(0, 8))', "custom(async () => 'ak_')"],
      0,
      'list: keys.fields.prefix returns a Promise: it must not be async',
    ],
    [
      ["query: () => ({ sort: 'id' })", 'query: ({ team }) => ({ team })'],
      1,
      'list: keys.list.query: set.team is not declared',
    ],
    [["id: 'key_id'", "id: 'idd'"], 1, 'list: keys.fields.id is missing in every record'],
    [["query: () => ({ sort: 'id' })", 'query: () => undefined'], 1, 'list: keys.list.query returns nothing'],
    [
      ["query: () => ({ sort: 'id' })", 'query: () => nothing.here'],
      1,
      'list: keys.list.query throws ReferenceError',
    ],
    [
      ['failure: (body) => body?.failed', 'failure: (body) => body.no.such'],
      1,
      'list: failure throws TypeError',
    ],
    [
      ['custom((key) => String(key.token).slice(0, 8))', 'custom((key) => key.no.such)'],
      1,
      'list: keys.fields.prefix throws TypeError',
    ],
  ] as const)('%j', async (change, code, said) => {
    expect((await add(change)).code).toBe(0);
    const listed = await run('list', '--json');
    expect(listed.stderr).toMatch(FILE);
    expect(listed.stderr).toContain(said);
    expect([listed.code, listed.stderr.includes('bug in keys')]).toEqual([code, false]);
  });

  it.each([
    ["id: 'key_id'", "id: number('key_id')"],
    ["secret: 'key.token'", "secret: { api_key: 'key.key_id', secret_key: 'key.token' }"],
  ])('takes a number as an id: %s → %s', async (find, put) => {
    const pair = put.includes('api_key')
      ? [["variable: 'ACME_API_KEY'", "variable: { api_key: 'ACME_ID', secret_key: 'ACME_KEY' }"] as const]
      : [];
    expect((await add([find, put], ...pair)).code).toBe(0);
    const created = await run('create', '--name', 'web', '--scope', 'docs:read', '--json');
    expect([created.code, JSON.parse(created.stdout).id]).toEqual([0, String(vendor.keys.at(-1)?.key_id)]);
  });

  it('finds one key in the list where the vendor has no request for it, and says so', async () => {
    await add(["get: 'GET {keys}/{id}'", 'get: false']);
    expect((await keys.run(['provider', 'show', 'acme'])).stdout).toMatch(/^get\s+found in the list$/m);
  });

  it('knows the end of a key that never ends, where a create shows the id alone', async () => {
    await add(
      ["expiry('ends', { accepts: 'any time', as: 'iso-seconds' })", 'never'],
      ['  lastFour,\n', '  lastFour,\n  never,\n'],
      ["at: 'POST {keys}',", "returns: 'id',"],
    );
    const created = await run('create', '--name', 'web', '--scope', 'docs:read', '--json');
    expect([created.code, JSON.parse(created.stdout).expires_at]).toEqual([0, null]);
  });

  it('says in a test of the provider that a field cannot be read', async () => {
    await add(["time('created')", "time('label')"]);
    const tested = await run('provider', 'test', 'acme', '--scope', 'docs:read');
    expect(tested.code).not.toBe(0);
    expect(tested.stdout).toMatch(
      /a record has every field that is read\s+does not hold\s.*keys\.fields\.created_at \(label\) is not a time/,
    );
  });
});
