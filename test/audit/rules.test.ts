import { describe, expect, it } from 'vitest';
import type { AuditSource } from '../../src/audit/key-rule.js';
import type { LiveActivity } from '../../src/audit/live-activity.js';
import { createNameRegister } from '../../src/audit/name-register.js';
import type { RuleId } from '../../src/audit/rule-table.js';
import { type JudgeOptions, judgeKeys } from '../../src/audit/rules.js';
import { ownCredential } from '../../src/audit/source-findings.js';
import { DEFAULT_THRESHOLDS, span } from '../../src/audit/thresholds.js';
import { isoTime } from '../../src/domain/clock.js';
import { compact } from '../../src/domain/compact.js';
import { DAY_MS } from '../../src/domain/duration.js';
import type { Key } from '../../src/domain/key.js';
import type { LedgerKey } from '../../src/storage/ledger/ledger.js';

// The clock that these tests pass in.
const NOW = Date.parse('2026-11-21T12:00:00Z');
const ago = (days: number) => isoTime(NOW - days * DAY_MS);
const SOURCE: AuditSource = {
  provider: 'keys',
  title: 'Keys',
  address: 'https://keys.example.com',
  profile: 'team',
  flags: ['--profile', 'team'],
  prefixes: [
    { prefix: 'sk_live_', environment: 'live' },
    { prefix: 'sk_test_', environment: 'test' },
  ],
  changes: { name: true, expires_at: true, scopes: true, ips: true },
  expiry: '90d',
  rollsWithExpiry: true,
  baseUrl: 'https://keys.example.com',
  credentialSource: 'keychain (keytar)',
  credentialStoredAt: null,
  listedByLedger: false,
  isOwn: () => false,
};

/** A key of which every rule is content. */
const GOOD: Key = {
  id: 'key_1',
  name: 'web shop',
  type: 'secret',
  environment: 'live',
  service: null,
  prefix: 'sk_live_',
  hint: 'abcd',
  status: 'active',
  scopes: ['invoices:read'],
  restrictions: {},
  created_at: ago(10),
  last_used: ago(1),
  expires_at: ago(-60),
  rolled_from: null,
  rolled_to: null,
  metadata: {},
};

type Always = 'id' | 'name';
type Changes = Partial<Pick<Key, Always>> & {
  readonly [Name in keyof Omit<Key, Always>]?: Key[Name] | undefined;
};
/** A member that is `undefined` is left out: the service does not tell it. */
const key = (changes: Changes = {}): Key => compact({ ...GOOD, ...changes });

async function judge(keys: readonly Key[], options: Partial<JudgeOptions> = {}) {
  const judged = [];
  const all = (async function* () {
    yield* keys;
  })();
  for await (const result of judgeKeys(all, {
    now: NOW,
    thresholds: DEFAULT_THRESHOLDS,
    source: SOURCE,
    retirements: new Map(),
    names: createNameRegister(),
    ...options,
  })) {
    judged.push(result);
  }
  return judged;
}

async function verdict(rule: RuleId, changes: Changes, options: Partial<JudgeOptions> = {}): Promise<string> {
  const [result] = await judge([key(changes)], options);
  if (result?.cannotTell.includes(rule)) return 'cannot tell';
  const found = result?.findings.find((finding) => finding.rule === rule);
  return found === undefined ? 'fine' : `${found.severity}: ${found.message}`;
}

const inLedger = (roll_by: number | null): Partial<JudgeOptions> => ({
  findInLedger: async () => ({ roll_by }) as LedgerKey,
});
const unknownToLedger: Partial<JudgeOptions> = { findInLedger: async () => null };
const noticed = (activity: Partial<LiveActivity> | null): Partial<JudgeOptions> => ({
  readActivity: async () => activity && { refusals: 0, reasons: [], newAddresses: [], ...activity },
});
const planned = (days: number): Partial<JudgeOptions> => ({
  retirements: new Map([['key_1', NOW + days * DAY_MS]]),
});

it('is content with a good key', async () => {
  expect(await judge([GOOD])).toMatchObject([{ findings: [], cannotTell: [] }]);
});

const MANAGES = ['keys:read', 'keys:write'];
type Case = [RuleId, string, Changes, string, Partial<JudgeOptions>?];
const CASES: Case[] = [
  ['too-old', 'at its limit', { created_at: ago(90) }, 'fine'],
  ['too-old', 'over it', { created_at: ago(91) }, 'medium: created 91 days ago; the limit is 90 days'],
  ['too-old', 'of unknown age', { created_at: undefined }, 'cannot tell'],
  ['too-old', 'of no time', { created_at: 'yesterday' }, 'cannot tell'],
  [
    'too-old',
    'due by the ledger',
    { created_at: undefined },
    'medium: should have been rolled 3 days ago',
    inLedger(NOW - 3 * DAY_MS),
  ],
  ['too-old', 'not yet due by the ledger', { created_at: undefined }, 'fine', inLedger(NOW + 1)],
  ['too-old', 'of unknown age in the ledger too', { created_at: undefined }, 'cannot tell', inLedger(null)],
  [
    'too-old',
    'by another threshold',
    { created_at: ago(3) },
    'medium: created 3 days ago; the limit is 2 days',
    { thresholds: { ...DEFAULT_THRESHOLDS, maxAgeMs: 2 * DAY_MS } },
  ],
  ['too-old', 'but retiring', { created_at: ago(91), status: 'retiring', rolled_to: 'key_2' }, 'fine'],

  ['unused', 'for 30 days', { last_used: ago(30) }, 'fine'],
  ['unused', 'for longer', { last_used: ago(31), created_at: ago(80) }, 'medium: last used 31 days ago'],
  ['unused', 'ever', { last_used: null }, 'fine'],
  ['unused', 'as far as known', { last_used: undefined }, 'cannot tell'],
  ['unused', 'here, as far as known', { last_used: undefined, last_used_here: null }, 'cannot tell'],
  ['unused', 'here for 30 days', { last_used: undefined, last_used_here: ago(30) }, 'fine'],
  [
    'unused',
    'here for longer',
    { last_used: undefined, last_used_here: ago(31) },
    'low: last used here 31 days ago; check its last use in the dashboard',
  ],

  ['never-used', 'in a week', { last_used: null, created_at: ago(7) }, 'fine'],
  [
    'never-used',
    'in longer',
    { last_used: null, created_at: ago(8) },
    'low: created 8 days ago and never used',
  ],
  ['never-used', 'as far as known', { last_used: undefined }, 'cannot tell'],
  ['never-used', 'but here', { last_used: undefined, last_used_here: ago(40), created_at: ago(50) }, 'fine'],
  ['never-used', 'for an unknown time', { last_used: null, created_at: undefined }, 'cannot tell'],

  ['live-key-refused', 'never', {}, 'fine', noticed({})],
  [
    'live-key-refused',
    'here and there',
    {},
    'medium: refused 3 times in 7 days: ip_not_allowed, scope_missing',
    noticed({ refusals: 3, reasons: ['ip_not_allowed', 'scope_missing'] }),
  ],
  ['live-key-refused', 'at a service that does not tell', {}, 'cannot tell', noticed(null)],
  ['live-key-refused', 'but a test key', { environment: 'test', prefix: 'sk_test_' }, 'fine', noticed(null)],
  [
    'live-key-new-address',
    'of production',
    { environment: 'production' },
    'low: first used from a new address in 7 days: 192.0.2.1',
    noticed({ newAddresses: ['192.0.2.1'] }),
  ],
  [
    'live-key-new-address',
    'again and again',
    {},
    'low: first used from 5 new addresses in 7 days: a, b, c and 2 more',
    noticed({ newAddresses: ['a', 'b', 'c', 'd', 'e'] }),
  ],

  ['expiring', 'later', { expires_at: ago(-15) }, 'fine'],
  ['expiring', 'soon', { expires_at: ago(-13), created_at: ago(20) }, 'medium: expires in 13 days'],
  [
    'expiring',
    'today',
    { expires_at: isoTime(NOW + 3_600_000), created_at: ago(20) },
    'medium: expires in an hour',
  ],
  ['expiring', 'soon, as it was made to', { expires_at: ago(-1), created_at: ago(1) }, 'fine'],
  ['expiring', 'never', { expires_at: null }, 'fine'],
  ['expiring', 'as far as known', { expires_at: undefined }, 'cannot tell'],

  ['expired-not-deleted', 'not ended', {}, 'fine'],
  ['expired-not-deleted', 'ended', { expires_at: ago(2), status: 'expired' }, 'low: expired 2 days ago'],
  [
    'expired-not-deleted',
    'ended, whatever the service says',
    { expires_at: ago(2), status: undefined },
    'low: expired 2 days ago',
  ],
  [
    'expired-not-deleted',
    'ended at no time',
    { expires_at: undefined, status: 'expired' },
    'low: has expired and is still listed',
  ],
  [
    'expired-not-deleted',
    'rolled, and its grace is just over',
    { expires_at: ago(2), status: 'expired', rolled_to: 'key_2' },
    'fine',
  ],
  [
    'expired-not-deleted',
    'rolled long ago',
    { expires_at: ago(31), status: 'expired', rolled_to: 'key_2' },
    'low: expired 31 days ago',
  ],
  ['expired-not-deleted', 'revoked', { expires_at: ago(2), status: 'revoked' }, 'fine'],

  ['no-expiry', 'has an end', {}, 'fine'],
  ['no-expiry', 'has none', { expires_at: null }, 'low: never expires'],
  ['no-expiry', 'as far as known', { expires_at: undefined }, 'cannot tell'],

  [
    'retiring-overdue',
    'in its grace',
    { status: 'retiring', rolled_to: 'key_2', expires_at: ago(-1) },
    'fine',
  ],
  [
    'retiring-overdue',
    'after its grace',
    { status: 'retiring', rolled_to: 'key_2', expires_at: ago(2) },
    'high: its grace period ended 2 days ago, but the service does not report it as expired',
  ],
  [
    'retiring-overdue',
    'a moment after it',
    { status: 'retiring', rolled_to: 'key_2', expires_at: isoTime(NOW - 1_000) },
    'fine',
  ],
  [
    'retiring-overdue',
    'ended by its grace',
    { status: 'expired', rolled_to: 'key_2', expires_at: ago(2) },
    'fine',
  ],
  [
    'retiring-overdue',
    'rolled without an end',
    { status: 'retiring', rolled_to: 'key_2', expires_at: null },
    'medium: rolled to key_2, but the old key never expires',
  ],
  [
    'retiring-overdue',
    'rolled, end not told',
    { status: 'retiring', rolled_to: 'key_2', expires_at: undefined },
    'cannot tell',
  ],
  ['retiring-overdue', 'to be ended by us', { status: 'active', expires_at: null }, 'fine', planned(1)],
  [
    'retiring-overdue',
    'to have been ended by us',
    { status: 'active', expires_at: null },
    'high: should have stopped working 2 days ago, but still works',
    planned(-2),
  ],
  [
    'retiring-overdue',
    'waiting for a person',
    { status: 'active', expires_at: null },
    'low: should have stopped working 2 minutes ago, but still works',
    planned(-2 / 1440),
  ],

  ['over-broad', 'scoped', {}, 'fine'],
  ['over-broad', 'every right', { scopes: ['*'] }, 'medium: has all scopes'],
  [
    'over-broad',
    'every right, restricted',
    { scopes: ['*'], restrictions: { ips: ['10.0.0.0/8'] } },
    'medium: has all scopes',
  ],
  ['over-broad', 'manages keys', { scopes: MANAGES }, 'medium: manages keys from any address'],
  [
    'over-broad',
    'manages keys from one place',
    { scopes: MANAGES, restrictions: { ips: ['10.0.0.1'] } },
    'fine',
  ],
  [
    'over-broad',
    'manages keys from who knows where',
    { scopes: MANAGES, restrictions: undefined },
    'cannot tell',
  ],
  ['over-broad', 'nothing restricts it', { scopes: [] }, 'low: has no restrictions'],
  ['over-broad', 'only its endpoints', { scopes: [], restrictions: { endpoints: ['GET /v1/*'] } }, 'fine'],
  ['over-broad', 'public', { scopes: [], type: 'public' }, 'fine'],
  ['over-broad', 'scopes not told', { scopes: undefined }, 'cannot tell'],
  ['over-broad', 'nothing told', { scopes: undefined, restrictions: undefined }, 'cannot tell'],

  ['unknown-owner', 'the ledger not asked', {}, 'fine'],
  ['unknown-owner', 'known', {}, 'fine', inLedger(null)],
  ['unknown-owner', 'unknown', {}, 'medium: is not in the ledger of this machine', unknownToLedger],
  [
    'unknown-owner',
    'of a dashboard',
    {},
    'fine',
    { ...unknownToLedger, source: { ...SOURCE, listedByLedger: true } },
  ],

  ['unnamed', 'empty', { name: ' ' }, 'low: has no name'],
  ...['test', 'key1', 'API Key', 'api_key_2', 'My key', 'untitled', 'foo', 'Secret', 'new-key', 'tmp'].map(
    (name): Case => ['unnamed', name, { name }, 'low: its name does not say what it is for'],
  ),
  ...['web', 'keystone', 'test runner', 'Default API Key', 'contest', 'ci', 'x-ray', '支払い'].map(
    (name): Case => ['unnamed', name, { name }, 'fine'],
  ),

  ['test-key-in-live', 'live', {}, 'fine'],
  [
    'test-key-in-live',
    'prefix and record differ',
    { prefix: 'sk_test_' },
    'medium: its prefix says test, but its record says live',
  ],
  [
    'test-key-in-live',
    'name says production',
    { prefix: 'sk_test_', environment: 'test', name: 'prod-web' },
    'medium: a test key whose name or service says production',
  ],
  [
    'test-key-in-live',
    'service says production',
    { prefix: undefined, environment: 'demo', service: 'production' },
    'medium: a test key whose name or service says production',
  ],
  [
    'test-key-in-live',
    'name says both',
    { prefix: 'sk_test_', environment: 'test', name: 'test of prod' },
    'fine',
  ],
  [
    'test-key-in-live',
    'name says something else',
    { prefix: 'sk_test_', environment: 'test', name: 'product live chat' },
    'fine',
  ],
  ['test-key-in-live', 'not told', { prefix: undefined, environment: undefined }, 'cannot tell'],
  ['test-key-in-live', 'a vendor without environments', { prefix: 'ss_', environment: null }, 'fine'],
  ['live-key-in-test', 'test', { prefix: 'sk_test_', environment: 'test', name: 'staging' }, 'fine'],
  [
    'live-key-in-test',
    'prefix and record differ',
    { environment: 'test' },
    'medium: its prefix says live, but its record says test',
  ],
  [
    'live-key-in-test',
    'name says staging',
    { name: 'staging shop' },
    'medium: a live key whose name or service says test',
  ],
  ['live-key-in-test', 'not told', { prefix: undefined, environment: undefined }, 'cannot tell'],
];

describe('a rule', () => {
  it.each(CASES)('%s: %s', async (rule, _, changes, expected, options) => {
    expect(await verdict(rule, changes, options)).toBe(expected);
  });

  it('is about no revoked key', async () => {
    const [judged] = await judge([key({ status: 'revoked', created_at: ago(900), name: '', scopes: ['*'] })]);
    expect(judged).toMatchObject({ findings: [], cannotTell: [] });
  });
});

describe('duplicate-name', () => {
  const found = async (keys: readonly Key[], options?: Partial<JudgeOptions>) =>
    (await judge(keys, options)).flatMap(({ findings }) =>
      findings
        .filter(({ rule }) => rule === 'duplicate-name')
        .map(({ key: of, message }) => `${of?.id}: ${message}`),
    );

  it('names the other key', async () => {
    expect(await found([key(), key({ id: 'key_2' }), key({ id: 'key_3', name: 'other' })])).toEqual([
      'key_2: another key has this name: key_1',
    ]);
  });

  it('is not about other environments, services, keys that end, or successors', async () => {
    expect(
      await found([
        key(),
        key({ id: 'key_2', environment: 'test', prefix: 'sk_test_' }),
        key({ id: 'key_3', service: 'shop' }),
        key({ id: 'key_4', status: 'retiring', rolled_to: 'key_1' }),
        key({ id: 'key_5', status: 'revoked' }),
      ]),
    ).toEqual([]);
    expect(await found([key({ id: 'key_2', rolled_from: 'key_1' }), key()], planned(1))).toEqual([]);
  });

  it('knows a name again among many, and keeps none of them', () => {
    const names = createNameRegister();
    for (let i = 0; i < 10_000; i++) expect(names.firstOf([], `name ${i}`, `key_${i}`)).toBe(null);
    expect(names.firstOf([], 'name 7', 'key_x')).toBe('key_7');
    expect(names.firstOf(['elsewhere'], 'name 7', 'key_x')).toBe(null);
  });
});

it('has commands that a shell takes as they are meant, whatever an id holds', async () => {
  const hostile = "-x'; rm -rf ~ #\u001b[2J";
  const [judged] = await judge([key({ id: hostile, created_at: ago(200) })]);
  expect(judged?.findings[0]?.fix).toBe("keys roll --profile team -- '-x'\\''; rm -rf ~ #[2J'");
});

it('advises no update that the service refuses', async () => {
  const changes = { name: 'key 1', expires_at: null, scopes: [] };
  const rejected = { name: false, expires_at: false, scopes: false, ips: false };
  const fixes = async (source: AuditSource) => {
    const [result] = await judge([key(changes)], { source });
    return result?.findings.map(({ rule, fix }) => [rule, fix?.split(' ')[1]]).toSorted();
  };
  expect(await fixes(SOURCE)).toEqual([
    ['no-expiry', 'update'],
    ['over-broad', 'update'],
    ['unnamed', 'update'],
  ]);
  expect(await fixes({ ...SOURCE, changes: rejected })).toEqual([
    ['no-expiry', 'roll'],
    ['over-broad', undefined],
    ['unnamed', undefined],
  ]);
  // A successor without an expiry would have the same finding.
  for (const rolls of [{ rollsWithExpiry: false }, { expiry: null }]) {
    expect(await fixes({ ...SOURCE, changes: rejected, ...rolls })).toContainEqual(['no-expiry', undefined]);
  }
});

it('protects the last key that can manage keys, or says how it can be limited', async () => {
  const found = async (last: boolean, source: AuditSource) => {
    const isLastManager = async () => last;
    const [result] = await judge([key({ scopes: ['*'], expires_at: null })], { source, isLastManager });
    return result?.findings.map(({ rule, message, fix }) => [rule, message, fix]);
  };
  const admin = 'it is the last key that can manage keys';
  expect(await found(false, SOURCE)).toEqual([
    ['no-expiry', 'never expires', 'keys update key_1 --expires 90d --profile team'],
    ['over-broad', 'has all scopes', 'keys update key_1 --scope SCOPE --profile team'],
  ]);
  expect(await found(true, SOURCE)).toEqual([
    ['no-expiry', `never expires; ${admin}: create another one first`, null],
    ['over-broad', `has all scopes; ${admin}: create another one first`, null],
  ]);
  expect(await found(true, { ...SOURCE, needsNoKey: true })).toEqual([
    ['no-expiry', `never expires; ${admin}`, 'keys update key_1 --expires 90d --force --profile team'],
    ['over-broad', `has all scopes; ${admin}`, 'keys update key_1 --scope SCOPE --force --profile team'],
  ]);
});

it('takes a scope away from a key that has all of them', async () => {
  const fixOf = async (source: AuditSource) => {
    const [result] = await judge([key({ scopes: ['*'] })], { source });
    return result?.findings.find(({ rule }) => rule === 'over-broad')?.fix;
  };
  expect(await fixOf(SOURCE)).toBe('keys update key_1 --scope SCOPE --profile team');
  // Addresses would not help, and to revoke a key in use is no repair.
  expect(await fixOf({ ...SOURCE, changes: { ...SOURCE.changes, scopes: false } })).toBeNull();
});

it('finds the own credential that is old, or in a file', () => {
  const own = (changes: Partial<AuditSource>) =>
    ownCredential({ ...SOURCE, ...changes }, DEFAULT_THRESHOLDS, NOW, true).map(
      ({ rule, message }) => `${rule}: ${message}`,
    );
  expect(own({ credentialStoredAt: ago(90) })).toEqual([]);
  expect(own({ credentialStoredAt: ago(91) })).toEqual([
    `too-old: the credential of ${SOURCE.profile} was stored 91 days ago; create a new one at ${SOURCE.title}, and log in with it`,
  ]);
  expect(own({ credentialSource: 'file (insecure)' })).toEqual([
    `plaintext-credential: the credential of ${SOURCE.profile} is in a file, not in the OS keychain`,
  ]);
  // Where no keychain can be used, to log in again would end in the same file.
  const inFile = { ...SOURCE, credentialSource: 'file (insecure)' };
  expect(ownCredential(inFile, DEFAULT_THRESHOLDS, NOW, true)).toMatchObject([
    { severity: 'high', fix: `keys login --profile ${SOURCE.profile} --base-url ${SOURCE.baseUrl}` },
  ]);
  expect(ownCredential(inFile, DEFAULT_THRESHOLDS, NOW, false)).toMatchObject([
    { rule: 'plaintext-credential', severity: 'high', fix: null },
  ]);
});

it.each([
  [0, 'a second'],
  [59_000, '59 seconds'],
  [60_000, 'a minute'],
  [3_599_999, '59 minutes'],
  [3_600_000, 'an hour'],
  [172_799_999, '47 hours'],
  [172_800_000, '2 days'],
])('says %i milliseconds as %s', (ms, text) => {
  expect(span(ms)).toBe(text);
});
