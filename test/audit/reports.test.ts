import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import Ajv4 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { type Baseline, createTrend, type GoneFinding, readBaseline } from '../../src/audit/baseline.js';
import type { Finding } from '../../src/audit/finding.js';
import { fingerprint } from '../../src/audit/fingerprint.js';
import { keysCommand } from '../../src/audit/fix.js';
import type { AuditSource } from '../../src/audit/key-rule.js';
import { recommendedFix, worstOf } from '../../src/audit/recommend.js';
import { htmlReport } from '../../src/audit/reports/html.js';
import { jsonReport } from '../../src/audit/reports/json.js';
import { markdownReport } from '../../src/audit/reports/markdown.js';
import type { KeyFindings, Report, Write } from '../../src/audit/reports/report.js';
import { openReportFile } from '../../src/audit/reports/report-file.js';
import { sarifReport } from '../../src/audit/reports/sarif.js';
import { RULE_IDS } from '../../src/audit/rule-table.js';
import type { AuditSummary } from '../../src/audit/tally.js';
import { DEFAULT_THRESHOLDS } from '../../src/audit/thresholds.js';
import { linesReport, terminalReport } from '../../src/cli/audit/audit-text.js';
import type { Key } from '../../src/domain/key.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// The clock that these tests pass in.
const NOW = Date.parse('2026-11-21T12:00:00Z');
/** What a hostile service might call a key. */
const HOSTILE =
  '<script>alert(1)</script>\u001b[31m | `x` @somebody ![a](https://evil.example) "\' &\n\u202e#1';

const source: AuditSource = {
  provider: 'keys',
  title: 'Keys',
  address: 'https://keys.example.com',
  profile: 'team',
  flags: [],
  prefixes: [],
  changes: { name: true, expires_at: true, scopes: true, ips: true },
  expiry: '90d',
  rollsWithExpiry: true,
  baseUrl: null,
  credentialSource: null,
  credentialStoredAt: null,
  listedByLedger: false,
  isOwn: () => false,
};
const key = (changes: Partial<Key> = {}): Key => ({
  id: 'key_1',
  name: 'web',
  status: 'active',
  created_at: '2026-01-01T00:00:00Z',
  last_used: '2026-11-01T00:00:00Z',
  expires_at: null,
  ...changes,
});
const finding = (changes: Partial<Finding> = {}): Finding => ({
  rule: 'too-old',
  severity: 'medium',
  message: 'created 324 days ago',
  evidence: { created_at: '2026-01-01T00:00:00Z', age_days: 324 },
  fix: 'keys roll key_1',
  key: { id: 'key_1', name: 'web', provider: 'keys', address: source.address, profile: 'team' },
  location: null,
  ...changes,
});
const inFile = finding({
  rule: 'in-repository',
  severity: 'high',
  message: 'secret key sk_live_…abcd',
  evidence: { masked: 'sk_live_…abcd' },
  key: null,
  location: { file: 'a b/ü#?.ts', line: 12, column: 9, commit: 'c0ffee'.padEnd(40, '0') },
  baseline_state: 'new',
});
const hostile = finding({
  message: HOSTILE,
  fix: `keys roll '${HOSTILE}'`,
  key: { id: HOSTILE, name: HOSTILE, provider: 'keys', address: HOSTILE, profile: HOSTILE },
  location: { file: HOSTILE, line: 1, column: 1 },
});
const AUDITED: KeyFindings[] = [
  { key: key(), source, findings: [finding()] },
  { key: key({ id: 'key_2', name: 'fine' }), source, findings: [] },
  {
    key: key({
      id: HOSTILE,
      name: HOSTILE,
      created_at: HOSTILE,
      last_used: HOSTILE,
      expires_at: HOSTILE,
      rolled_to: HOSTILE,
    }),
    source: { ...source, profile: HOSTILE, title: HOSTILE },
    findings: [hostile],
  },
  {
    key: null,
    source: null,
    findings: [inFile, finding({ rule: 'stale-ignore', severity: 'low', fix: null, key: null })],
  },
];
const OLDEST = { id: 'key_1', name: 'web', provider: 'keys', address: source.address, profile: 'team' };
const SUMMARY: AuditSummary = {
  generated_at: '2026-11-21T12:00:00Z',
  keys: 3,
  revoked: 1,
  findings: { high: 1, medium: 2, low: 1 },
  keys_by_worst: { high: 0, medium: 2, low: 0, none: 1 },
  oldest: { ...OLDEST, created_at: '2026-01-01T00:00:00Z' },
  trend: {
    ...{ since: '2026-10-21T12:00:00Z', new: 1, remaining: 3, fixed: 2, ignored: 0 },
    fixed_findings: [{ rule: 'unused', of: HOSTILE }],
  },
  by_rule: { 'too-old': 2, 'in-repository': 1, 'stale-ignore': 1 },
  ignored: 4,
  ignored_findings: [{ rule: 'no-expiry', of: HOSTILE, reason: HOSTILE }],
  sources: [
    { profile: 'team', provider: 'keys', address: source.address, keys: 3, error: null },
    {
      profile: HOSTILE,
      provider: null,
      address: null,
      keys: 0,
      error: { code: 'unreachable', message: HOSTILE },
    },
  ],
  cannot_tell: [{ rule: 'unused', profile: null, provider: HOSTILE, address: 'dashboard', keys: 2 }],
  unread: [],
  repository: { path: '.', history: true, skipped: { binary: 3 } },
};
const NOTHING: AuditSummary = {
  ...SUMMARY,
  keys: 0,
  revoked: 0,
  findings: { high: 0, medium: 0, low: 0 },
  keys_by_worst: { high: 0, medium: 0, low: 0, none: 0 },
  oldest: null,
  trend: null,
  by_rule: {},
  ignored: 0,
  ignored_findings: [],
  sources: [],
  cannot_tell: [],
  repository: null,
};

/** Equally severe keys, of which the worst two come last. */
const MANY: KeyFindings[] = Array.from({ length: 500 }, (_, at) => {
  const name = at === 499 ? 'worst' : at === 498 ? 'older' : `key-${at}`;
  const of = { ...OLDEST, id: `key_${at}`, name };
  const created_at = at === 498 ? '2025-01-01T00:00:00Z' : '2026-01-01T00:00:00Z';
  const found = [finding({ key: of }), ...(at === 499 ? [finding({ rule: 'over-broad', key: of })] : [])];
  return { key: key({ ...of, created_at }), source, findings: found };
});

async function written(
  make: (write: Write) => Report,
  audited = AUDITED,
  summary = SUMMARY,
  gone: readonly GoneFinding[] = [],
): Promise<string> {
  let text = '';
  const report = make(async (part) => {
    text += part;
  });
  for (const one of audited) await report.add(one);
  await report.end(summary, gone);
  return text;
}
const schema = (path: string) => JSON.parse(readFileSync(join(import.meta.dirname, path), 'utf8'));
const empty = (make: (write: Write) => Report) => written(make, [], NOTHING);

describe('json', () => {
  const ajv = new Ajv({ strict: false });
  addFormats.default(ajv);
  const documented = schema('../../src/audit/reports/audit-report.schema.json');
  const validate = ajv.compile(documented);

  it('is as its schema says, with and without findings', async () => {
    for (const text of [await written(jsonReport), await empty(jsonReport)]) {
      validate(JSON.parse(text));
      expect(validate.errors).toBe(null);
    }
    const { findings, summary } = JSON.parse(await written(jsonReport));
    expect(findings).toHaveLength(4);
    expect(findings[0]).toEqual({ ...finding(), fingerprint: fingerprint(finding()) });
    expect(summary).toEqual(SUMMARY);
  });

  it('has a schema that names every rule', () => {
    expect(documented.definitions.rule.enum).toEqual(RULE_IDS);
  });

  it('has a line for each finding', async () => {
    expect((await written(jsonReport)).match(/^\{"rule":/gm)).toHaveLength(4);
  });
});

describe('a fingerprint', () => {
  it('stays with the line and the times, and goes with the key and the file', () => {
    const location = { file: 'a', line: 1, column: 1 };
    const here = fingerprint({ ...inFile, location });
    expect(fingerprint({ ...inFile, location: { ...location, line: 9 }, message: 'x' })).toBe(here);
    expect(fingerprint({ ...inFile, location: { ...location, file: 'b' } })).not.toBe(here);
    expect(fingerprint({ ...inFile, location, evidence: { masked: 'sk_live_…abce' } })).not.toBe(here);
  });
});

describe('sarif', () => {
  const make = (write: Write) => sarifReport(write, { version: '1.2.3', file: 'keys-audit.json' });

  it('is accepted by the official schema of 2.1.0', async () => {
    // Its `format` words are annotations in part: uri-reference is what counts, and is checked.
    const ajv = new Ajv4.default({ strict: false });
    addFormats.default(ajv as never);
    const validate = ajv.compile(schema('schemas/sarif-schema-2.1.0.json'));
    const gone = [
      { fingerprint: '0'.repeat(32), rule: '', of: null },
      { ...inFile, severity: HOSTILE, rule: HOSTILE, of: HOSTILE, fingerprint: '1'.repeat(32) },
      { ...hostile, of: HOSTILE, fingerprint: '2'.repeat(32) },
    ];
    for (const text of [
      await written(make),
      await empty(make),
      await written(make, AUDITED, SUMMARY, gone),
    ]) {
      validate(JSON.parse(text));
      expect(validate.errors).toBe(null);
    }
    validate({ version: '2.1.0', runs: [{ results: [] }] });
    expect(validate.errors).not.toBe(null);
  });

  it('has what code scanning asks for', async () => {
    const [run] = JSON.parse(await written(make)).runs;
    expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(RULE_IDS);
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(result.locations).toHaveLength(1);
      expect(result.locations[0].physicalLocation.region.startLine).toBeGreaterThan(0);
      expect(result.partialFingerprints['keysAudit/v1']).toMatch(/^[0-9a-f]{32}$/);
    }
    expect(run.results[0].locations[0].physicalLocation.artifactLocation.uri).toBe('keys-audit.json');
    expect(run.results[2].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'a%20b/%C3%BC%23%3F.ts' },
      region: { startLine: 12, startColumn: 9 },
    });
    expect(run.results.map(({ level }: { level: string }) => level)).toEqual([
      'warning',
      'warning',
      'error',
      'note',
    ]);
    expect(run.invocations[0].executionSuccessful).toBe(false);
  });
});

describe('markdown', () => {
  it('says the worst first, and what could not be told', async () => {
    const text = await written(markdownReport);
    expect(text.indexOf('### high')).toBeLessThan(text.indexOf('### medium'));
    expect(text).toContain(
      '3 keys, of which 1 revoked, 1 without a finding. Findings: **1 high**, 2 medium, 1 low; 4 ignored',
    );
    expect(text).toContain('### cannot tell');
    expect(await empty(markdownReport)).toBe(
      '## keys audit\n\n0 keys, 0 without a finding. Findings: **0 high**, 0 medium, 0 low\n',
    );
  });

  it('lets nothing from outside be a tag, a link, a mention, a cell or a line', async () => {
    const text = await written(markdownReport);
    for (const wrong of ['<script', '@somebody', '](', 'https://', '\u001b', '\u202e', ' #1', '| `x`']) {
      expect(text, wrong).not.toContain(wrong);
    }
    const tables = text.split('\n').filter((line) => line.startsWith('|'));
    for (const row of tables) expect(row.match(/\|/g)).toHaveLength(4);
  });

  it('is no longer than a comment may be', async () => {
    const many = Array.from({ length: 200 }, (_, i) => finding({ message: `created ${i} days ago` }));
    const text = await written(markdownReport, [{ key: key(), source, findings: many }]);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('and 150 more');
  });
});

describe('html', () => {
  const make = (write: Write) =>
    htmlReport(write, { now: NOW, thresholds: DEFAULT_THRESHOLDS, author: HOSTILE });

  it('has a row for each key, and its life in days', async () => {
    const text = await written(make);
    expect(text.match(/<article /g)).toHaveLength(3);
    expect(text).toContain('aria-label="created 2026-01-01, last used 2026-11-01, ends never"');
    expect(text).toContain('<i class="bar" style="--a:20454.00;--b:20778.50">');
    expect(text).toMatch(/--t0: 20450\.4\d; --t1: 20812\.0\d; --now: 20778\.50;/);
    expect(text).toContain('In files and settings');
    // What somebody needs who has only the page, or its print.
    expect(text).toContain('<b>3 keys</b>, of which 1 revoked, by the worst finding');
    expect(text).toContain('<dt>services</dt><dd>team (https://keys.example.com): 3 keys');
    expect(text).toContain('dates of keys are in UTC');
    expect(text).toContain('roll after 90 days; unused for 30 days; never used within 7 days');
    // An option breaks at no hyphen, and every time has 24 hours.
    expect(text).toContain('than <span class="unbroken">--max-age</span> says');
    expect(text).toMatch(/Since [^:]*\b\d\d:00:00 [A-Z][^ap]*: 1 new/);
    expect(text).not.toMatch(/\d\s[AP]M\b/);
    expect(text).toContain('<h2>What the rules mean</h2>');
    expect(text).toContain('<b class="medium" title="');
    expect(text).toContain('>medium: too-old</b>');
    expect(text.match(/<article class="key worst-(high|medium|low|none)">/g)).toHaveLength(3);
    expect(text).toContain('body:has(#show-low:not(:checked)) .worst-low { display: none; }');
    expect(await empty(make)).toContain('<b>0 keys</b>');
  });

  it('explains the signs that are in its chart, and no other; a date breaks at no hyphen', async () => {
    const signs = async (changes: Partial<Key>) => {
      const text = await written(make, [{ key: key(changes), source, findings: [] }]);
      return [
        ...(text.split('class="legend"')[1]?.split('</ul>')[0] ?? '').matchAll(/<\/span>([^<]+)<\/li>/g),
      ].map(([, title]) => title);
    };
    expect(await signs({ last_used: null })).toEqual(['works', 'has no end', 'created, ends', 'now']);
    expect(await signs({ expires_at: '2026-12-31T00:00:00Z', rolled_from: 'key_0' })).toEqual([
      'works',
      'until its end',
      'created, ends',
      'last used',
      'rolled',
      'now',
    ]);
    expect(await written(make)).toContain('created <span class="unbroken">2026-01-01</span>');
  });

  it('does not say that a revoked key never ends, and breaks no option of a command', async () => {
    const fix = 'keys update key_1 --allow-ip RANGE';
    const text = await written(make, [
      { key: key({ status: 'revoked' }), source, findings: [] },
      { key: key(), source, findings: [finding({ fix })] },
    ]);
    expect(text.match(/ends never/g)).toHaveLength(2);
    expect(text).toContain('key_1 <span class="unbroken">--allow-ip</span> RANGE</code>');
  });

  it('shows the worst key first, with one recommended command each', async () => {
    const text = await written(make, MANY);
    const names = [...text.matchAll(/<div class="who"><b><bdi>([^<]*)</g)].map(([, name]) => name);
    expect(names).toHaveLength(500);
    expect(names.slice(0, 2)).toEqual(['worst', 'older']);
    expect(text.match(/Recommended: <code>keys roll key_1<\/code>/g)).toHaveLength(500);
    expect(text.match(/<code>keys roll/g)).toHaveLength(500);
    // Read aloud, the summary comes before the keys, too.
    expect(text.indexOf('class="summary"')).toBeLessThan(text.indexOf('class="keys"'));
  });

  it('counts keys and findings apart, and colours no zero', async () => {
    const text = await written(make);
    expect(text).toContain(
      '<b>3 keys</b>, of which 1 revoked, by the worst finding: 0 high, <b class="medium">2 medium</b>, 0 low',
    );
    expect(text).toContain('<b>4 findings</b> in all: <b class="high">1 high</b>');
    expect(text).toContain('<td class="medium">too-old</td>');
    const low = { ...SUMMARY, findings: { high: 0, medium: 0, low: 4 } };
    expect(await written(make, [], low)).toContain('<td class="soft">too-old</td>');
  });

  it('says how old the credentials of keys itself are, and nothing where it has none', async () => {
    const [first] = SUMMARY.sources;
    const stored = { ...SUMMARY, sources: [{ ...first, credential_stored_at: '2026-11-09T12:00:00Z' }] };
    expect(await written(make, [], stored as typeof SUMMARY)).toContain(
      '<dt>credentials of keys itself</dt><dd>team stored 2026-11-09, 12 days ago</dd>',
    );
    expect(await written(make, [])).not.toContain('credentials of keys itself');
  });

  it('names an embedded service in words', async () => {
    const embedded = { ...source, profile: null, address: 'embedded' };
    const text = await written(make, [{ key: key(), source: embedded, findings: [] }]);
    expect(text).toContain('active · for an API of your own, kept on this machine');
    expect(text.match(/2026-11-21T12:00:00Z/g) ?? []).toHaveLength(/ UTC, by /.test(text) ? 0 : 1);
  });

  it('asks for nothing from elsewhere, runs nothing, and shows what is from outside as it is', async () => {
    const text = await written(make);
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    const outside = text.replace(/<style>[\s\S]*?<\/style>/g, '');
    for (const wrong of [
      '<script',
      '</script',
      ' src=',
      'url(',
      '\u001b',
      '\u202e',
      '@import',
      '`x`',
      '"\'',
    ]) {
      expect(outside, wrong).not.toContain(wrong);
    }
    expect(text).not.toMatch(/(?:href|src)=(?!"data:,")/);
  });

  it('is not flattened by a time out of reason', async () => {
    const far = key({
      created_at: '0001-01-01T00:00:00Z',
      expires_at: '9999-01-01T00:00:00Z',
      last_used: null,
    });
    const text = await written(make, [{ key: far, source, findings: [] }]);
    expect(text).toMatch(/--t0: 17055\.50; --t1: 24501\.50;/);
    expect(text.length).toBeLessThan(20_000);
  });
});

const FIXED = { rule: 'too-old', of: 'web' };

describe('a baseline', () => {
  it('is an earlier JSON report: findings are new, as before, or fixed', async () => {
    const gone = finding({ rule: 'unused' });
    const earlier = await written(jsonReport, [{ key: key(), source, findings: [finding(), gone] }]);
    const trend = createTrend(readBaseline(earlier, 'last.json'));
    for (const found of [finding({ message: 'created 325 days ago' }), inFile, inFile]) trend.add(found);
    expect(trend.result()).toEqual({
      ...{ since: '2026-11-21T12:00:00Z', new: 1, remaining: 1, fixed: 1, ignored: 0 },
      fixed_findings: [{ rule: 'unused', of: 'web' }],
    });
    expect([trend.isNew(inFile), trend.isNew(finding())]).toEqual([true, false]);
    for (const wrong of ['', '{}', '[]', '{"version":2,"findings":[],"summary":{"generated_at":""}}']) {
      expect(() => readBaseline(wrong, 'last.json')).toThrow(
        'last.json is not a report of keys audit --json',
      );
    }
  });

  it('recommends one command: the fix of the worst finding that has one', () => {
    const unused = { rule: 'never-used', severity: 'low', fix: 'keys revoke key_1' } as const;
    const idle = { rule: 'unused', severity: 'medium', fix: 'keys revoke key_1' } as const;
    const old = { rule: 'too-old', severity: 'medium', fix: 'keys roll key_1' } as const;
    const broad = { rule: 'over-broad', severity: 'high', fix: null } as const;
    expect(recommendedFix([unused, broad, old])).toBe('keys roll key_1');
    // Among equals, what revokes a key that nobody uses comes first.
    expect(recommendedFix([old, idle])).toBe('keys revoke key_1');
    expect(recommendedFix([broad])).toBeNull();
    expect([worstOf([unused, broad, old]), worstOf([])]).toEqual(['high', null]);
    const cannot = { flags: [], cannot: new Set(['revoke']) };
    expect(keysCommand('revoke', 'key_1', cannot)).toBeNull();
  });
});

describe('text', () => {
  it('for a person has a summary, and the worst key first with all that was found of it', async () => {
    const shown = (width: number, baseline: Baseline | null = null) =>
      written((page) => terminalReport({ page, paint: (_, text) => text, width }, { now: NOW, baseline }));
    const text = await shown(200);
    const lines = text.split('\n');
    expect(lines[0]).toBe(
      '3 keys, of which 1 revoked, by the worst finding: 0 high, 2 medium, 0 low, 1 without',
    );
    expect(lines[1]).toBe(
      '4 findings in all: 1 high, 2 medium, 1 low; 4 ignored; files not searched: 3 binary',
    );
    expect(lines[2]).toBe('oldest key in use: web (key_1), created 10mo ago');
    expect(lines[3]).toBe('since 2026-10-21T12:00:00Z: 1 new, 2 fixed, 3 as before');
    expect(lines[4]).toMatch(/^fixed: unused of .*, and 1 more$/);
    expect(lines[5]).toMatch(
      /^cannot tell: .* does not report enough about 2 of 2 keys for: key no longer used$/,
    );
    expect(lines[7]).toMatch(/^HIGH {4}a b\/ü#\?\.ts:12:9 \(c0ffee0000\)/);
    const at = lines.indexOf('MEDIUM  web (key_1)  team  age 324d, used 20d ago   $ keys roll key_1');
    expect(lines[at + 1]).toBe('        too-old: created 324 days ago');
    expect(text).not.toContain('\u001b');
    expect((await shown(40)).split('\n')).toContain('        $ keys roll key_1');
    // Findings go on below themselves, at their words.
    const narrow = (await shown(30)).split('\n').filter((line) => /^ {8}[^$]/.test(line));
    expect(narrow.length).toBeGreaterThan(3);
    for (const line of narrow) expect(line.length <= 30 || !line.trim().includes(' '), line).toBe(true);
    const before = { generated_at: '', findings: new Map([[fingerprint(finding()), FIXED]]) };
    // A finding of no key and no file is its own subject.
    expect(lines).toContain('LOW     stale-ignore: created 324 days ago');
    expect(await shown(100, before)).toMatch(/in-repository \(new\): .*\n[\s\S]*too-old: created/);
  });

  it('explains each word in capitals of a shown command once, below the keys', async () => {
    const text = async (summaryOnly: boolean) => {
      let shown = '';
      const page = async (part: string) => {
        shown += part;
      };
      const output = { page, paint: (_: unknown, painted: string) => painted, width: 100 };
      const report = terminalReport(output, { now: NOW, baseline: null, summaryOnly });
      for (const id of ['key_1', 'key_2']) {
        const fix = `keys update ${id} --allow-ip RANGE`;
        await report.add({ key: key({ id }), source, findings: [finding({ rule: 'over-broad', fix })] });
      }
      await report.end(SUMMARY);
      return shown;
    };
    const shown = await text(false);
    expect(shown.match(/RANGE in a command: .*192\.0\.2\.0\/24/g)).toHaveLength(1);
    expect(shown).not.toContain('SCOPE in a command');
    expect(await text(true)).not.toContain('RANGE');
  });

  it('shows the summary alone beside a page', async () => {
    const facts = { now: NOW, baseline: null, summaryOnly: true };
    const text = await written((page) =>
      terminalReport({ page, paint: (_, painted) => painted, width: 100 }, facts),
    );
    expect(text).toContain('4 findings in all');
    expect(text).not.toContain('MEDIUM');
  });

  it('begins with the key that has the most of the most severe findings, however many keys there are', async () => {
    const facts = { now: NOW, baseline: null };
    const make = (page: Write) => terminalReport({ page, paint: (_, text) => text, width: 200 }, facts);
    const lines = (await written(make, MANY)).split('\n').filter((line) => /^[A-Z]{3}/.test(line));
    expect(lines).toHaveLength(200);
    expect(lines[0]).toContain('worst');
    expect(lines[1]).toContain('older');
  });

  it('shows the last use by keys itself where the vendor tells none', async () => {
    const { last_used: _, ...untold } = key(OLDEST);
    const used = { ...untold, last_used_here: new Date(NOW - 20 * 86_400_000).toISOString() };
    const facts = { now: NOW, baseline: null };
    const make = (page: Write) => terminalReport({ page, paint: (_tone, text) => text, width: 100 }, facts);
    const findings = [finding({ key: OLDEST })];
    expect(await written(make, [{ key: used, source, findings }])).toContain('used 20d ago (here)');
  });

  it('shows 38 keys on two screens of 50 lines', async () => {
    const keys = Array.from({ length: 38 }, (_, at) => {
      const of = { ...OLDEST, id: `key_0123456789012345678${at}`, name: `integration-${at}` };
      const found = [
        finding({ key: of, fix: `keys roll ${of.id}` }),
        finding({ rule: 'no-expiry', key: of }),
      ];
      return { key: key(of), source, findings: found };
    });
    const facts = { now: NOW, baseline: null };
    const make = (page: Write) => terminalReport({ page, paint: (_, text) => text, width: 200 }, facts);
    const lines = (await written(make, keys)).split('\n');
    expect(lines.length).toBeLessThanOrEqual(100);
    expect(lines.every((line) => line.length <= 200)).toBe(true);
  });

  it('for a pipe has a line of seven cells for each finding', async () => {
    const said: string[] = [];
    const linesOf = async (baseline: Baseline | null) => {
      const say = (text: string) => void said.push(text);
      const text = await written((print) => linesReport(print, { baseline, say }));
      return text.replace(/\n$/, '').split('\n');
    };
    const lines = await linesOf(null);
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line.split('\t')).toHaveLength(7);
    const known = 'medium\ttoo-old\tkey_1\tweb\tteam\tcreated 324 days ago\tkeys roll key_1';
    const severities = lines.map((line) => line.split('\t')[0]);
    expect(severities).toEqual(['high', 'medium', 'medium', 'low']);
    expect(lines[1]).toBe(known);
    // With a baseline, an eighth cell says what is new, and stderr what changed.
    const compared = await linesOf({
      ...{ generated_at: '', findings: new Map([[fingerprint(finding()), FIXED]]) },
    });
    expect(compared[1]).toBe(`${known}\t`);
    expect(compared.filter((line) => line.endsWith('\tnew')).length).toBeGreaterThan(0);
    expect(said).toContain('since 2026-10-21T12:00:00Z: 1 new, 2 fixed, 3 as before');
  });
});

describe('for a pipe', () => {
  it('begins with the worst keys, and keeps the findings of each together, the worst first', async () => {
    const of = (id: string, ...severities: ReadonlyArray<Finding['severity']>): KeyFindings => ({
      ...{ key: key({ id }), source },
      findings: severities.map((severity) => finding({ severity, key: { ...OLDEST, id } })),
    });
    const audited = [of('a', 'low'), of('b', 'low', 'medium'), of('c', 'medium', 'low', 'high')];
    const make = (print: Write) => linesReport(print, { baseline: null, say: () => undefined });
    const lines = (await written(make, [...audited, of('d', 'high')])).trimEnd().split('\n');
    const shown = lines.map((line) =>
      line
        .split('\t')
        .filter((_, at) => at === 0 || at === 2)
        .join(' '),
    );
    expect(shown).toEqual(['high c', 'medium c', 'low c', 'high d', 'medium b', 'low b', 'low a']);
  });
});

describe('a report file', () => {
  it('is there whole or not at all, and its link stays', async () => {
    const folder = temporaryFolder();
    const [path, link] = [join(folder, 'report'), join(folder, 'link')];
    writeFileSync(path, 'before');
    symlinkSync('report', link);
    const left = await openReportFile(link);
    await left.write('half');
    await left.abandon();
    expect(readFileSync(path, 'utf8')).toBe('before');
    const file = await openReportFile(link);
    await file.write('one ');
    await file.write('two');
    expect(readFileSync(path, 'utf8')).toBe('before');
    await file.finish();
    expect(readFileSync(path, 'utf8')).toBe('one two');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).toSorted()).toEqual(['link', 'report']);
  });

  it('is added to where asked for', async () => {
    const path = join(temporaryFolder(), 'summary');
    writeFileSync(path, 'before\n');
    const file = await openReportFile(path, { append: true });
    await file.write('after\n');
    await file.finish();
    expect(readFileSync(path, 'utf8')).toBe('before\nafter\n');
  });

  it('does not take the place of a device', async () => {
    const file = await openReportFile('/dev/null');
    await file.write('x');
    await file.finish();
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('that cannot be written says so', async () => {
    await expect(openReportFile(join(temporaryFolder(), 'no', 'report'))).rejects.toMatchObject({
      code: 'refused',
    });
  });

  it('on a full disk says so', async () => {
    const file = await openReportFile('/dev/full');
    await expect(file.write('x')).rejects.toMatchObject({ code: 'disk_full' });
    await file.abandon();
  });
});
