import { describe, expect, it } from 'vitest';
import { type Ignore, readConfig } from '../../src/audit/config.js';
import type { Finding } from '../../src/audit/finding.js';
import { createIgnores } from '../../src/audit/ignores.js';
import { RULE_IDS } from '../../src/audit/rule-table.js';
import { DAY_MS } from '../../src/domain/duration.js';

const read = (value: unknown) =>
  readConfig(typeof value === 'string' ? value : JSON.stringify(value), 'keys-audit.json');
const entry = {
  rule: 'no-expiry',
  name: 'ci-*',
  reason: 'ends with its job',
  expires: '2027-06-30',
} as const;

describe('a config', () => {
  it('has thresholds and ignores', () => {
    expect(read({ thresholds: { max_age: '60d', unused: 'P1D' }, ignore: [entry] })).toEqual({
      thresholds: { maxAgeMs: 60 * DAY_MS, unusedMs: DAY_MS },
      ignore: [entry],
    });
    expect(read({})).toEqual({ thresholds: {}, ignore: [] });
  });

  it.each([
    ['{', 'JSON'],
    [[], 'the whole: '],
    [{ threshold: {} }, 'the whole: there is no such member: threshold'],
    [{ thresholds: { max_age: 90 } }, 'max_age in thresholds: '],
    [
      { thresholds: { unused: 'soon' } },
      'unused in thresholds: not a duration such as 90d or 12h, nor never',
    ],
    [{ thresholds: { maxAge: '90d' } }, 'thresholds: there is no such member: maxAge'],
    [{ ignore: [entry, { ...entry, rule: 'old' }] }, 'rule in entry 2 of ignore: '],
    [{ ignore: [{ ...entry, reason: ' ' }] }, 'reason in ignore: a reason is needed'],
    [{ ignore: [{ ...entry, expires: '2027-02-30' }] }, 'expires in ignore: not a date such as 2027-01-31'],
    [{ ignore: [{ ...entry, until: 'x' }] }, 'ignore: there is no such member: until'],
    [{ ignore: [{ ...entry, key: 'key_1' }] }, 'ignore: say one of key, name and file'],
    [{ ignore: [{ ...entry, name: undefined }] }, 'ignore: say one of key, name and file'],
  ])('%j is refused by the name of the member', (value, message) => {
    expect(() => read(value)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => read(value)).toThrow(message);
  });
});

const finding = (changes: Partial<Finding> = {}): Finding => ({
  rule: 'no-expiry',
  severity: 'low',
  message: 'never expires',
  evidence: {},
  fix: null,
  key: { id: 'key_1', name: 'ci-7', provider: 'keys', address: 'embedded', profile: 'team' },
  location: null,
  ...changes,
});
const inFile = (file: string) =>
  finding({ rule: 'in-repository', key: null, location: { file, line: 3, column: 1 } });
// The clock that these tests pass in.
const NOW = Date.parse('2027-06-30T23:59:00Z');
const everything = { rules: new Set(RULE_IDS), profiles: new Set(['team', null]) };

describe('an ignore', () => {
  it.each<[Partial<Ignore>, Finding, boolean]>([
    [{}, finding(), true],
    [{}, finding({ rule: 'too-old' }), false],
    [{ name: 'web' }, finding(), false],
    [{ name: undefined, key: 'key_1' }, finding(), true],
    [{ name: undefined, key: 'key_' }, finding(), false],
    [{ profile: 'team' }, finding(), true],
    [{ profile: 'other' }, finding(), false],
    [{ rule: 'in-repository', name: undefined, file: 'test/*' }, inFile('test/a/b'), true],
    [{ rule: 'in-repository', name: undefined, file: 'test/*' }, inFile('src/test/a'), false],
    [{ rule: 'in-repository' }, inFile('a'), false],
  ])('%j', (changes, of, covered) => {
    const ignores = createIgnores([{ ...entry, ...changes }], 'keys-audit.json', NOW);
    expect(ignores.covers(of)).toBe(covered);
    expect(ignores.stale(everything).map(({ message }) => message)).toEqual(
      covered ? [] : changes.profile === 'other' ? [] : [expect.stringContaining('matches nothing')],
    );
  });

  it('counts through its last day, and is reported after it', () => {
    const ignores = createIgnores([entry], 'audit/config.json', NOW + 60_000);
    expect(ignores.covers(finding())).toBe(false);
    expect(ignores.stale(everything)).toEqual([
      expect.objectContaining({
        rule: 'stale-ignore',
        message: 'entry 1 of ignore, of no-expiry, expired a second ago',
        location: { file: 'audit/config.json', line: 1, column: 1 },
      }),
    ]);
  });

  it('of what was not looked at is not called stale', () => {
    const ignores = createIgnores([entry], 'keys-audit.json', NOW);
    expect(ignores.stale({ rules: new Set(['too-old']), profiles: new Set([null]) })).toEqual([]);
  });
});
