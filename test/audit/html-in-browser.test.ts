import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuditSource } from '../../src/audit/key-rule.js';
import { createNameRegister } from '../../src/audit/name-register.js';
import { htmlReport } from '../../src/audit/reports/html.js';
import { judgeKeys } from '../../src/audit/rules.js';
import { Tally } from '../../src/audit/tally.js';
import { DEFAULT_THRESHOLDS } from '../../src/audit/thresholds.js';
import type { Key } from '../../src/domain/key.js';
import { accessibilityFaults, openPage, startChromium } from '../support/chromium.js';
import { withRealClock } from '../support/fake-clock.js';
import { missing } from '../support/needs.js';
import { readPng } from '../support/png.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// The clock that these tests pass in.
const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOSTILE =
  '</b><script>document.title="run"</script><img src=x onerror="document.title=1"><style>*{display:none}</style>';
const source: AuditSource = {
  provider: 'keys',
  title: 'Keys',
  address: 'embedded',
  profile: null,
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

/** A page over some hundred keys of all kinds, one of them hostile. */
async function page(): Promise<string> {
  let text = '';
  const report = htmlReport(
    async (part) => {
      text += part;
    },
    { now: NOW, thresholds: DEFAULT_THRESHOLDS, author: 'somebody' },
  );
  const tally = new Tally();
  const keys = (async function* (): AsyncGenerator<Key> {
    const day = (at: number) => new Date(NOW - at * 86_400_000).toISOString();
    yield {
      id: 'key_old',
      name: 'old \u05de\u05e4\u05ea\u05d7',
      owner: 'finance',
      scopes: ['*'],
      status: 'active',
      created_at: day(300),
      last_used: day(100),
      expires_at: null,
    };
    yield {
      id: HOSTILE,
      name: HOSTILE,
      status: 'active',
      created_at: HOSTILE,
      last_used: null,
      expires_at: day(-9),
    };
    yield {
      id: 'key_broad',
      name: 'broad',
      status: 'active',
      owner: null,
      scopes: ['*'],
      created_at: day(1),
      last_used: day(0),
      expires_at: day(-30),
    };
    for (let i = 0; i < 300; i++) {
      yield {
        id: `key_${i}`,
        name: `integration ${i}`,
        created_at: day(i),
        last_used: null,
        expires_at: day(i - 200),
      };
    }
  })();
  const context = {
    now: NOW,
    thresholds: DEFAULT_THRESHOLDS,
    source,
    retirements: new Map(),
    names: createNameRegister(),
  };
  for await (const { key, findings } of judgeKeys(keys, context)) {
    tally.keys += 1;
    for (const finding of findings) tally.add(finding);
    const places = key.id === 'key_old' ? { delivered_to: ['.env', 'keychain'] } : {};
    await report.add({ key: { ...key, ...places }, source, findings });
  }
  const { findings, byRule } = tally;
  await report.end({
    generated_at: '2026-11-21T12:00:00Z',
    keys: tally.keys,
    revoked: tally.revoked,
    findings,
    by_rule: byRule,
    keys_by_worst: tally.keysByWorst,
    oldest: tally.oldest,
    trend: null,
    ignored: 0,
    ignored_findings: [],
    sources: [],
    cannot_tell: [],
    unread: [],
    repository: null,
  });
  return text;
}

describe.skipIf(missing('chromium'))('the HTML report in a browser', () => {
  /** Blink's own numbers for the preferred colours. */
  const SCHEMES = { dark: 0, light: 1 } as const;

  async function look(
    scheme: keyof typeof SCHEMES,
    flags: readonly string[],
    change = (text: string) => text,
  ) {
    const folder = temporaryFolder();
    const path = join(folder, 'audit.html');
    writeFileSync(path, change(await page()));
    const { stdout, stderr } = await execa(
      'chromium',
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--hide-scrollbars',
        '--enable-logging=stderr',
        `--user-data-dir=${join(folder, 'profile')}`,
        '--window-size=1200,1000',
        `--blink-settings=preferredColorScheme=${SCHEMES[scheme]}`,
        ...flags.map((flag) => flag.replace('%', folder)),
        pathToFileURL(path).href,
      ],
      { env: withRealClock(process.env), extendEnv: false },
    );
    return { folder, stdout, complaints: stderr.split('\n').filter((line) => line.includes(':CONSOLE')) };
  }

  it.each([
    ['light', '#ffffff', '#3b76c4'],
    ['dark', '#14171b', '#6ea3e6'],
  ] as const)('is drawn without a complaint in %s', async (scheme, paper, life) => {
    const { folder, complaints } = await look(scheme, ['--screenshot=%/shot.png']);
    expect(complaints).toEqual([]);
    const picture = readPng(readFileSync(join(folder, 'shot.png')));
    expect([picture.width, picture.height, picture.at(2, 2)]).toEqual([1200, 1000, paper]);
    const rows = Array.from({ length: picture.height }, (_, y) =>
      Array.from({ length: picture.width }, (_, x) => picture.at(x, y)),
    );
    // The bars of lives, beside the legend's one: in the column of the axis, below the summary.
    const bars = rows
      .slice(200)
      .filter((row) => row.slice(400).filter((colour) => colour === life).length > 40);
    expect(bars.length).toBeGreaterThan(5);
  });

  it('prints every key, whatever is hidden on the screen', async () => {
    const pagesOf = async (change?: (text: string) => string) => {
      const { folder } = await look('light', ['--print-to-pdf=%/audit.pdf'], change);
      const pdf = readFileSync(join(folder, 'audit.pdf'), 'latin1');
      return pdf.match(/\/Type \/Page\b(?!s)/g)?.length ?? 0;
    };
    const whole = await pagesOf();
    expect(whole).toBeGreaterThan(5);
    const hidden = (text: string) => text.replaceAll(/(id="show-(?:low|none)") checked/g, '$1');
    expect(await pagesOf(hidden)).toBe(whole);
  });

  it('says of each key whose it is, what it may do, where it is and who must act, and explains placeholders', async () => {
    const text = await page();
    const article = text.split('<article').find((one) => one.includes('key_old')) ?? '';
    expect(article).toContain('<dt>owner</dt><dd><bdi>finance</bdi></dd>');
    expect(article).toContain('<dt>scopes</dt><dd><bdi>*</bdi></dd>');
    expect(article).toContain('<dt>secret at</dt><dd><bdi>.env, keychain</bdi></dd>');
    expect(article).toContain('<bdi>old \u05de\u05e4\u05ea\u05d7</bdi>');
    expect(article).toContain('To do by: the owner, <bdi>finance</bdi>');
    const other = text.split('<article').find((one) => one.includes('key_broad')) ?? '';
    expect(other).toContain('<dt>owner</dt><dd><bdi>nobody is named</bdi></dd>');
    expect(other).toContain('To do by: a manager of the keys of this service');
    expect(other).toMatch(/SCOPE<\/code>; for <code>SCOPE<\/code>, a scope that the key needs/);
  });

  it('has no fault that axe finds in light, dark and print, and fits 400 pixels', async () => {
    const browser = await startChromium();
    onTestFinished(() => browser.close());
    const { page: shown, complaints } = await openPage(browser, { viewport: { width: 400, height: 800 } });
    await shown.setContent(
      (await page()).replace(/<article(?![\s\S]{0,400}key_(old|broad|1))[\s\S]*?<\/article>/g, ''),
    );
    for (const width of [400, 1200]) {
      await shown.setViewportSize({ width, height: 800 });
      expect(await accessibilityFaults(shown), `${width} pixels`).toEqual([]);
      expect(await shown.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
    await shown.emulateMedia({ media: 'print', colorScheme: 'light' });
    expect(await accessibilityFaults(shown), 'print').toEqual([]);
    expect(complaints).toEqual([]);
    expect(await shown.locator('main').count()).toBe(1);
  });

  it('runs nothing that a service has put into a name', async () => {
    const { stdout, complaints } = await look('light', ['--dump-dom']);
    expect(complaints).toEqual([]);
    expect(stdout).toContain('<title>keys audit</title>');
    expect(stdout.match(/<article /g)).toHaveLength(303);
    expect(stdout).not.toMatch(/<script|<img/);
  });
});
