import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { expect, it, onTestFinished } from 'vitest';
import type { CreateKey } from '../../src/domain/key-service.js';
import { LONGEST_REQUEST_MS } from '../../src/domain/longest-request.js';
import { withOptionsOfSet } from '../../src/domain/set-options.js';
import { loadProvider } from '../../src/providers/registry.js';
import type { VendorFixture } from '../providers/fixtures/fixture.js';
import { FULL_REQUESTS } from '../providers/fixtures/full-requests.js';
import { vercel } from '../providers/fixtures/vercel.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { differing } from '../support/record-differences.js';
import { DAY } from '../support/settable-clock.js';
import { loopbackApi } from '../support/vendor-api.js';

const NAME = 'web_app';
/** After this time, the list of each vendor has every key. */
const SETTLED_MS = 600_000;
/** Most that the clock is moved in one test, and the time that the test takes. */
const TEST_MS = LONGEST_REQUEST_MS + SETTLED_MS + 120_000;

/** `npm run faults` tries every vendor with all its kinds of keys, `npm test` some that differ. */
const MANY = process.env['KEYS_FAULT_KILLS'] !== undefined;
const FEW: ReadonlySet<string> = new Set(['cloudflare', 'npm', 'resend', 'unkey']);

/** A vendor on loopback, which can fail at every request that changes something, without doing it. */
async function fallibleVendor(fixture: VendorFixture) {
  const { base = '' } = fixture;
  const records: object[] = [];
  const app = new Hono().route(base || '/', fixture.app(records));
  let isDown = false;
  let aheadMs = 0;
  const respond = async (request: Request) => {
    if (isDown && request.method !== 'GET')
      return new Response('{"message":"down"}', { status: 500, headers: { 'retry-after': '0' } });
    return await app.fetch(request);
  };
  const api = await loopbackApi(async (request) => {
    const response = await respond(request);
    const date = new Date(Date.now() + aheadMs).toUTCString();
    const headers = { ...Object.fromEntries(response.headers), date };
    return new Response(response.body, { status: response.status, headers });
  }, base);
  return {
    url: api.url,
    records,
    down: (value: boolean) => {
      isDown = value;
    },
    /** Its clock is ahead from now on, as that of the program is. */
    pass(ms: number) {
      aheadMs += ms;
      return aheadMs;
    },
  };
}

/** The options of `keys create` for a request. */
function flagsOf(request: CreateKey): string[] {
  const { metadata = {}, ...rest } = request;
  return [
    ...rightFlags(rest),
    ...Object.entries(metadata).flatMap(([name, value]) => ['--metadata', `${name}=${value}`]),
  ];
}

function rightFlags({
  type,
  environment,
  service,
  scopes,
  restrictions,
  expires_at,
  options,
}: CreateKey): string[] {
  const each = (flag: string, values: readonly string[] = []) => values.flatMap((value) => [flag, value]);
  return [
    ...each('--type', type === undefined ? [] : [type]),
    ...each('--environment', environment === undefined ? [] : [environment]),
    ...each('--service', typeof service === 'string' ? [service] : []),
    ...each('--scope', scopes),
    ...each('--allow-ip', restrictions?.ips),
    ...each('--allow-referrer', restrictions?.referrers),
    ...each('--allow-endpoint', restrictions?.endpoints),
    ...each('--expires', expires_at ? [expires_at] : []),
    ...each(
      '--set',
      Object.entries(options ?? {}).map(([name, value]) => `${name}=${setText(value)}`),
    ),
  ];
}

function setText(value: unknown): string {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * A record under the first key's name: successors may have one of their own, and apply creates another key.
 * Without what the record tells of its use, or in seconds of its end.
 */
const comparable = (record: unknown): unknown =>
  JSON.parse(JSON.stringify(record).replace(/(web|fresh)_app[\w .()-]*/g, NAME), (member, value) =>
    /^(last_?used|used|validity)/i.test(member) ? undefined : value,
  );

/** The key of keys.yaml that says the same as a request. */
function keyOfFile({ name, expires_at, restrictions, ...rights }: CreateKey, to: string): object {
  return {
    ...rights,
    ...{ name, account: 'vendor', rotate: 'never', grace: '1h', to: [to] },
    ...(restrictions === undefined ? {} : { restrictions }),
    ...(expires_at ? { expires: lifetimeOf(expires_at) } : {}),
  };
}

const lifetimeOf = (end: string) => `${Math.round((Date.parse(end) - Date.now()) / 1000)}s`;

it.each(FULL_REQUESTS.filter(([id], i) => MANY || (FEW.has(id) && FULL_REQUESTS[i - 1]?.[0] !== id)))(
  '%s: what a key may do is the same after each command that replaces it',
  async (_, fixture, row) => {
    const provider = await loadProvider(fixture.id);
    const vendor = await fallibleVendor(fixture);
    const keys = await keysInProcess();
    onTestFinished(() => keys.remove());
    await keys.run(['config', 'set', 'storage', 'file']);
    const given = { ...fixture.set, ...row.set };
    const isOption = (name: string) => provider.options.some((option) => option.name === name);
    // What the fixture sets of each key is part of the request, and no later command says it again.
    const inSet = Object.fromEntries(Object.entries(given).filter(([name]) => isOption(name)));
    const context = Object.fromEntries(Object.entries(given).filter(([name]) => !isOption(name)));
    const asked = withOptionsOfSet(provider, { name: NAME, ...fixture.request, ...row.request }, inSet);
    const account = [
      ...['--provider', fixture.id, '--base-url', vendor.url],
      ...Object.entries(context).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ];
    const env = {
      KEYS_API_KEY: fixture.credential,
      ...{ KEYS_API_KEY_VENDOR: fixture.credential, KEYS_BASE_URL_VENDOR: vendor.url },
    };
    const run = async (args: readonly string[], of: readonly string[] = account) =>
      await keys.run([...args, ...of], { env, cwd: keys.home, aheadMs: vendor.pass(0) });

    // A lifetime in whole days is rounded down: a request that is sent again later has one less.
    const apartMs = TEST_MS + (fixture.id === 'npm' ? DAY : 0);
    const known = new Set(vendor.records);
    let first: unknown;
    const expectSame = (what: string, { code, stderr }: { code: number; stderr: string }) => {
      expect(code, `${what}: ${stderr}`).toBe(0);
      const record = vendor.records.find((one) => !known.has(one)) ?? vendor.records[0];
      for (const one of vendor.records) known.add(one);
      first ??= structuredClone(record);
      expect(differing(comparable(first), comparable(record), apartMs), `${what}: ${stderr}`).toEqual([]);
    };
    const place = (name: string) => `${join(keys.home, '.env')}#${name}`;
    const roll = ['roll', NAME, '--yes', '--now'];

    expectSame('create', await run(['create', NAME, ...flagsOf(asked), '--to', place('WEB')]));
    expectSame('roll', await run(roll));

    vendor.down(true);
    const lost = await run(roll);
    vendor.down(false);
    expect(lost.code, lost.stderr).not.toBe(0);
    const finish = lost.code === 9 ? ['resume'] : roll;
    // One list for the time that the request may take, and one more after the vendor's lists have settled.
    vendor.pass(LONGEST_REQUEST_MS);
    let finished = await run(finish);
    if (finished.code === 9) {
      vendor.pass(SETTLED_MS);
      finished = await run(finish);
    }
    expectSame(finish[0] ?? '', finished);

    const apply = async (key: object) => {
      const vendorAccount = { provider: fixture.id, base_url: vendor.url, set: context };
      const file = {
        version: 1,
        defaults: { every: '1s' },
        accounts: { vendor: vendorAccount },
        keys: [key],
      };
      writeFileSync(join(keys.home, 'keys.yaml'), JSON.stringify(file));
      return await run(['apply', '--yes'], []);
    };
    // AWS has no room for a third key.
    expect((await run(['revoke', NAME, '--yes'])).code).toBe(0);
    const fresh = keyOfFile({ ...asked, name: 'fresh_app' }, place('FRESH'));
    expectSame('apply that creates', await apply(fresh));
    expectSame('apply that rolls', await apply({ ...fresh, rotate: '1s', grace: '0' }));
  },
  120_000,
);

it('a successor has the end that somebody gave the key at the vendor, and not the one that it was created with', async () => {
  const vendor = await fallibleVendor(vercel);
  const keys = await keysInProcess({ KEYS_API_KEY: vercel.credential });
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  const run = (...args: string[]) =>
    keys.run([...args, '--provider', 'vercel', '--base-url', vendor.url, '--json']);
  await run('create', NAME, '--expires', '90d', '--to', `${join(keys.home, '.env')}#WEB`);
  Object.assign(vendor.records[0] ?? {}, { expiresAt: Date.now() + 7 * DAY });
  const rolled = await run('roll', NAME, '--yes');
  expect(rolled.code, rolled.stderr).toBe(0);
  const [{ expiresAt }] = vendor.records as [{ readonly expiresAt: number }];
  expect(expiresAt).toBeLessThan(Date.now() + 8 * DAY);
});

/** A vendor with one key that has everything of a row, and a program that knows its secret only. */
async function takenIn(fixture: VendorFixture, row: (typeof FULL_REQUESTS)[number][2]) {
  const provider = await loadProvider(fixture.id);
  const vendor = await fallibleVendor(fixture);
  const env = { KEYS_API_KEY: fixture.credential };
  const [maker, keys] = [await keysInProcess(), await keysInProcess()];
  onTestFinished(async () => void (await Promise.all([maker.remove(), keys.remove()])));
  for (const one of [maker, keys]) await one.run(['config', 'set', 'storage', 'file']);
  const given = { ...fixture.set, ...row.set };
  const isOption = (name: string) => provider.options.some((option) => option.name === name);
  const inSet = Object.fromEntries(Object.entries(given).filter(([name]) => isOption(name)));
  const context = Object.entries(given).filter(([name]) => !isOption(name));
  const asked = withOptionsOfSet(provider, { name: NAME, ...fixture.request, ...row.request }, inSet);
  const account = [
    ...['--provider', fixture.id, '--base-url', vendor.url],
    ...context.flatMap(([name, value]) => ['--set', `${name}=${value}`]),
  ];
  const file = join(maker.home, '.env');
  const create = ['create', NAME, ...flagsOf(asked), '--to', file, '--json'];
  const others = new Set(vendor.records);
  const made = await maker.run([...create, ...account], { env });
  expect(made.code, made.stderr).toBe(0);
  const { id } = JSON.parse(made.stdout) as { readonly id: string };
  const record = vendor.records.find((one) => !others.has(one));
  const run = async (...args: string[]) => await keys.run([...args, ...account], { env, cwd: keys.home });
  return { vendor, run, file, id, record, copy: join(keys.home, '.env#COPY') };
}

/**
 * Vendors that tell whose secret it is that is imported, or whose secrets say it. At the others the imported
 * key has no id that the vendor knows: a roll by its name is refused, and the key is rolled by its id as one
 * that is not managed.
 */
const TELL_WHOSE: ReadonlySet<string> = new Set([
  ...(['algolia', 'aws', 'clerk', 'cloudflare', 'confluent', 'digitalocean', 'gitlab'] as const),
  ...(['launchdarkly', 'mailgun', 'meilisearch', 'openrouter', 'planetscale', 'sendgrid'] as const),
  ...(['twilio', 'twilio-restricted', 'unkey', 'workos'] as const),
]);
/**
 * Vendors whose records do not tell all that a successor needs: the roll is refused, and the error names it.
 * Terraform lists no tokens of a team.
 */
const TELL_TOO_LITTLE: Readonly<Record<string, readonly [code: number, text: RegExp]>> = {
  algolia: [2, /does not say what web_app has: --expires/],
  npm: [2, /does not say what web_app has: --set description=/],
  'openai-project': [2, /does not say what web_app may do: --scope/],
  resend: [2, /does not say what web_app may do: --scope/],
  terraform: [3, /no such key/],
};

it.each(FULL_REQUESTS.filter(([id], i) => MANY || (FEW.has(id) && FULL_REQUESTS[i - 1]?.[0] !== id)))(
  '%s: a key that was taken in is rolled with what it may do, or the roll is refused',
  async (_, fixture, row) => {
    const { vendor, run, file, id, record, copy } = await takenIn(fixture, row);
    const before = new Set(vendor.records);
    const records = JSON.stringify(vendor.records.map(comparable));
    const first = structuredClone(record);
    const name = TELL_WHOSE.has(fixture.id) ? NAME : 'pasted';
    const imported = await run('import', '--name', name, '--from', file, '--to', 'keychain');
    expect(imported.code, imported.stderr).toBe(0);
    const roll = ['roll', name, '--yes', '--now'];
    if (!TELL_WHOSE.has(fixture.id)) {
      const refused = await run(...roll);
      expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('does not say which')]);
      roll.splice(1, 1, id);
      roll.push('--to', copy);
    }
    expect(JSON.stringify(vendor.records.map(comparable))).toBe(records);
    const rolled = await run(...roll);
    const missing = TELL_TOO_LITTLE[fixture.id];
    if (missing !== undefined) {
      expect([rolled.code, rolled.stderr]).toEqual([missing[0], expect.stringMatching(missing[1])]);
      return expect(JSON.stringify(vendor.records.map(comparable))).toBe(records);
    }
    expect(rolled.code, rolled.stderr).toBe(0);
    const successor = vendor.records.find((one) => !before.has(one)) ?? record;
    expect(differing(comparable(first), comparable(successor), TEST_MS + DAY), rolled.stderr).toEqual([]);
  },
  120_000,
);

const WHOLE = [
  ...['--environment', 'test', '--owner', 'acme', '--expires', '30d', '--metadata', 'team=web'],
  ...['--scope', 'a:read', '--allow-ip', '192.0.2.0/24', '--allow-referrer', 'https://shop.example/*'],
  ...['--allow-endpoint', 'GET /v1/*', '--rate', '100/min', '--quota', '10000/month', '--uses', '5000'],
];

it.each(['backup', 'export'])(
  'a key of our own service keeps what it may do in a copy by %s',
  async (how) => {
    const keys = await keysInProcess();
    onTestFinished(() => keys.remove());
    await keys.run(['create', NAME, ...WHOLE, '--to', `${join(keys.home, '.env')}#WEB`]);
    const rights = async (env = {}) => {
      const { stdout } = await keys.run(['show', NAME, '--json'], { env });
      const { type, environment, owner, scopes, restrictions, limits, metadata } = JSON.parse(stdout);
      return { type, environment, owner, scopes, restrictions, limits, metadata };
    };
    const before = await rights();
    const copy = join(keys.home, 'copy');
    const file = join(keys.home, 'backup');
    const there = ['--data-dir', copy];
    const exported = await keys.run(['serve', 'export']);
    const steps =
      how === 'export'
        ? [await keys.run(['serve', 'import', ...there], { stdin: exported.stdout })]
        : [await keys.run(['serve', 'backup', file]), await keys.run(['serve', 'restore', file, ...there])];
    expect(steps.map(({ code, stderr }) => [code, stderr.includes('error')])).toEqual(
      steps.map(() => [0, false]),
    );
    const env = { KEYS_DATA_DIR: copy };
    expect(await rights(env)).toEqual(before);
    expect(Object.keys(before.limits).length).toBeGreaterThan(1);
    const rolled = await keys.run(['roll', NAME, '--yes', '--now', '--json'], { env });
    expect(rolled.code, rolled.stderr).toBe(0);
    expect(await rights(env)).toEqual(before);
  },
);
