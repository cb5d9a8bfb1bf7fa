import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../../support/keys-in-process.js';
import { type AcmeVendor, acmeVendor, addKey } from './acme-vendor.js';
import { acmeChangedBy } from './mutations.js';

/** Each member of a whole definition, and whether it is a function or has one. */
const MEMBERS: ReadonlyArray<readonly [path: string, isFunction: boolean]> = [
  ...[
    'id',
    'title',
    'documentation',
    'baseUrl',
    'context',
    'variable',
    'prefixes',
    'names',
    'notes',
    'headers',
  ].map((name) => [name, false] as const),
  ...(
    [
      ...([
        'auth',
        'failure',
        'check.verdict',
        'keys.headers',
        'keys.list.query',
        'keys.create.body',
      ] as const),
      ...(['keys.list.pages.query', 'keys.list.pages.next', 'keys.fields.prefix.read'] as const),
      ...(['keys.fields.ips.read', 'keys.fields.ips.send', 'options.limit.read'] as const),
    ] as const
  ).map((name) => [name, true] as const),
  ...[
    'check',
    'check.at',
    'settles',
    'options',
    'options.limit',
    'keys',
    'keys.path',
    'keys.one',
    'keys.secret',
  ].map((name) => [name, false] as const),
  ...[
    'keys.list',
    'keys.list.in',
    'keys.list.pages',
    'keys.get',
    'keys.fields',
    'keys.create',
    'keys.create.at',
  ].map((name) => [name, false] as const),
  ...[
    'keys.update',
    'keys.update.at',
    'keys.pause',
    'keys.pause.paused',
    'keys.pause.active',
    'keys.revoke',
  ].map((name) => [name, false] as const),
  ...['id', 'name', 'created_at', 'last_used', 'expires_at', 'status', 'prefix', 'hint', 'scopes', 'ips'].map(
    (name) => [`keys.fields.${name}`, false] as const,
  ),
];

/** The mistakes that are made with a member. */
const MISTAKES: ReadonlyArray<
  readonly [what: string, change: (path: string) => string, functionsOnly: boolean]
> = [
  ['removed', (path) => `delete d.${path}`, false],
  ['misspelt', (path) => `d.${path}x = d.${path}; delete d.${path}`, false],
  ['a number', (path) => `d.${path} = 7`, false],
  ['throwing', (path) => `d.${path} = () => { throw new Error('mine'); }`, true],
  ['returning undefined', (path) => `d.${path} = () => undefined`, true],
  ['returning null', (path) => `d.${path} = () => null`, true],
  ['returning a Promise', (path) => `d.${path} = async () => ({})`, true],
  ['returning text', (path) => `d.${path} = () => 'text'`, true],
];

/** What each key has: a roll must lose none of it. */
const ALL = { ends: '2030-01-02T03:04:05Z', addresses: '192.0.2.0/24', limit: 7 };

/** What is no mistake: a text that `failure` returns is what it says that the vendor refuses. */
const NO_MISTAKES: ReadonlySet<string> = new Set(['failure returning text']);

const MUTATIONS = MEMBERS.flatMap(([path, isFunction]) =>
  MISTAKES.filter(([, , functionsOnly]) => isFunction || !functionsOnly).map(
    ([what, change]) => [`${path} ${what}`, change(path), path] as const,
  ),
).filter(([what]) => !NO_MISTAKES.has(what));

let keys: KeysInProcess;
beforeAll(async () => {
  keys = await keysInProcess();
  await keys.run(['config', 'set', 'storage', 'file']);
});
afterAll(() => keys.remove());

interface Ran {
  readonly what: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What is wrong at the vendor afterwards. */
  readonly wrong: readonly string[];
}

async function runAll(vendor: AcmeVendor): Promise<Ran[]> {
  const at = ['--provider', 'acme', '--base-url', vendor.url];
  const commands = [
    ['list', '--json', '--set', 'project=p1'],
    ['create', '--name', 'web', '--scope', 'docs:read', '--json', '--force', '--set', 'project=p1'],
    ['update', '1001', '--name', 'other', '--json', '--set', 'project=p1'],
    ['pause', '1022', '--yes', '--set', 'project=p1'],
    [
      'roll',
      '1015',
      '--now',
      '--yes',
      '--to',
      `${keys.home}/.env#ROLLED`,
      '--replace',
      '--set',
      'project=p1',
    ],
    ['revoke', '1008', '--yes', '--set', 'project=p1'],
    ['provider', 'test', 'acme', '--scope', 'docs:read', '--set', 'project=p1'],
  ];
  const ran: Ran[] = [];
  for (const command of commands) {
    const result = await keys.run([...command, ...at], { env: { KEYS_API_KEY: vendor.admin } });
    ran.push({ what: command[0] ?? '', ...result, wrong: wrongAfter(command[0] ?? '', vendor) });
  }
  return ran;
}

/** What is wrong at the vendor after a command that ends with 0 and says nothing. */
function wrongAfter(command: string, { keys: all }: AcmeVendor): string[] {
  const key = (id: number) => all.find(({ key_id }) => key_id === id);
  if (command === 'update') return key(1001)?.label === 'other' ? [] : ['not renamed'];
  if (command === 'pause') return key(1022)?.enabled === false ? [] : ['not paused'];
  if (command === 'revoke') return key(1008) === undefined ? [] : ['not revoked'];
  if (command !== 'roll') return [];
  const { addresses, limit, ends, scopes } = all.at(-1) ?? {};
  const isLike =
    addresses === '192.0.2.0/24' && limit === 7 && Boolean(ends) && String(scopes) === 'docs:read';
  return [...(key(1015) === undefined ? [] : ['the old key works']), ...(isLike ? [] : ['other rights'])];
}

/** What a list shows of a key that is not what the vendor has, and not unknown. */
function wrongIn(stdout: string, kept: AcmeVendor['keys']): string[] {
  const listed = JSON.parse(stdout) as Array<Readonly<Record<string, unknown>>>;
  const lost = listed.length < kept.length ? ['keys are lost'] : [];
  const wrong = listed.flatMap(({ id, name, expires_at, scopes, status }) => {
    const key = kept.find(({ key_id }) => String(key_id) === id);
    if (key === undefined) return ['id'];
    return [
      ...(name === key.label ? [] : ['name']),
      ...(expires_at === undefined || Date.parse(String(expires_at)) === Date.parse(key.ends ?? '')
        ? []
        : ['expires_at']),
      ...(scopes === undefined || String(scopes) === String(key.scopes) ? [] : ['scopes']),
      ...(status === undefined || status === 'active' ? [] : ['status']),
    ];
  });
  return [...new Set([...lost, ...wrong])];
}

/** An error of a file names it, and its member, or the path that stands there. */
function saysWhere({ stderr }: Ran, path: string): boolean {
  const member = path.split('.').at(-1) ?? path;
  return !/acme-\d+\.mjs/.test(stderr) || new RegExp(`${member}|is in no record|keys\\.fields`).test(stderr);
}

it.each(MUTATIONS)('%s', async (_, change, path) => {
  const vendor = await acmeVendor();
  for (let i = 0; i < 4; i++) addKey(vendor, ALL);
  const before = vendor.keys.map((key) => ({ ...key }));
  const added = await keys.run(['provider', 'add', acmeChangedBy(keys.home, change)]);
  const ran = added.code === 0 ? await runAll(vendor) : [{ what: 'provider add', ...added, wrong: [] }];
  await keys.run(['provider', 'remove', 'acme']);
  for (const each of ran) {
    expect(`${each.what}: ${each.stderr}`).not.toMatch(/bug in keys|unexpected:|\[object Object\]|NaN|ERR_/);
    expect([each.what, each.stderr, saysWhere(each, path)]).toEqual([each.what, each.stderr, true]);
    if (each.code === 0 && each.stderr === '') expect([each.what, each.wrong]).toEqual([each.what, []]);
    if (each.what === 'provider add') expect(each.stderr).toMatch(/acme-\d+\.mjs/);
  }
  const listed = ran.find(({ what }) => what === 'list');
  if (listed?.code === 0 && listed.stderr === '') expect(wrongIn(listed.stdout, before)).toEqual([]);
});
