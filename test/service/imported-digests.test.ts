import { createHash, createHmac, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { importDigests } from '../../src/service/import-digests.js';
import { exportKeys, importKeys } from '../../src/service/key-transfer.js';
import { openKeyRules } from '../../src/service/open-rules.js';
import { OWNER } from '../../src/service/principal.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { testPostgres } from '../support/postgres.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { all } = await testPostgres();

/** A fresh database each: its address, or none for SQLite. */
const stores: Array<readonly [name: string, address: () => Promise<string | undefined>]> = [
  ['SQLite', async () => undefined],
  ...all.map((server) => [server.name, () => server.freshAddress()] as const),
];

const HMAC_KEY = Buffer.from('pepper of the old system');
/** A secret such as other systems have them: no prefix of ours, no checksum. */
const oldSecret = (prefix = 'old_') =>
  `${prefix}${randomBytes(18).toString('base64url').replace(/[-_]/g, 'x')}`;
const sha = (algorithm: string, secret: string) => createHash(algorithm).update(secret);

async function opened(dataDir: string, address: string | undefined): Promise<SqlDatabase> {
  return address === undefined
    ? await openSqliteDatabase(join(dataDir, 'keys.db'), KEY_SERVICE_MIGRATIONS)
    : await openPostgresDatabase(address, KEY_SERVICE_MIGRATIONS, { env: {} });
}

const take = (database: SqlDatabase, lines: readonly object[], at = Date.now()) =>
  importDigests(database, Readable.from(lines.map((line) => JSON.stringify(line))), {
    algorithm: 'sha256',
    hmacKey: HMAC_KEY,
    by: { actor: 'owner', at },
  });

describe.each(stores)('keys of another system over %s', (_, freshAddress) => {
  it('are accepted beside our own by every algorithm, and get our own digest at their first use', async () => {
    const [dataDir, address] = [temporaryFolder(), await freshAddress()];
    const service = await startTestService({
      dataDir,
      hmacKeys: [HMAC_KEY],
      ...(address === undefined ? {} : { address }),
    });
    const database = await opened(dataDir, address);
    onTestFinished(() => database.close());
    const secrets = Object.fromEntries(
      ['sha256 hex', 'sha256 base64', 'sha512', 'hmac', 'bcrypt', 'bcrypt hint'].map((name) => [
        name,
        oldSecret(),
      ]),
    ) as Record<string, string>;
    const of = (name: string) => secrets[name] ?? '';
    const lines = [
      {
        name: 'sha256 hex',
        digest: sha('sha256', of('sha256 hex')).digest('hex').toUpperCase(),
        scopes: ['a:read'],
        owner: 'ann',
      },
      { name: 'sha256 base64', digest: sha('sha256', of('sha256 base64')).digest('base64'), prefix: 'old_' },
      { name: 'sha512', algorithm: 'sha512', digest: sha('sha512', of('sha512')).digest('base64url') },
      {
        name: 'hmac',
        algorithm: 'hmac-sha256',
        digest: createHmac('sha256', HMAC_KEY).update(of('hmac')).digest('hex'),
      },
      {
        name: 'bcrypt',
        algorithm: 'bcrypt',
        digest: await bcrypt(of('bcrypt'), 4),
        prefix: of('bcrypt').slice(0, 10),
      },
      {
        name: 'bcrypt hint',
        algorithm: 'bcrypt',
        digest: (await bcrypt(of('bcrypt hint'), 4)).replace('$2b$', '$2y$'),
        hint: of('bcrypt hint').slice(-4),
      },
    ];
    expect(await take(database, lines, service.clock.now())).toEqual({
      ...{ added: 6, same: 0, differing: [], byHmac: 1 },
    });
    const authorize = (key: string, query = '') =>
      fetch(`${service.url}/v1/authorize${query}`, { headers: { authorization: `Bearer ${key}` } });
    // The running server learns of the import with its next refresh.
    await expect.poll(async () => (await authorize(of('sha256 hex'))).status, { timeout: 60_000 }).toBe(204);
    for (const [name, secret] of Object.entries(secrets)) {
      const statuses = [await authorize(secret), await authorize(secret), await authorize(`${secret}x`)];
      expect([name, ...statuses.map(({ status }) => status)]).toEqual([name, 204, 204, 401]);
    }
    const first = await authorize(of('sha256 hex'), '?scope=a:read');
    expect([first.status, first.headers.get('x-key-owner')]).toEqual([204, 'ann']);
    expect((await authorize(of('sha512'), '?scope=a:read')).status).toBe(403);
    const rows = await database.all('SELECT digest FROM api_keys WHERE length(digest) <> 64');
    expect(rows).toEqual([]);
    expect(await take(database, lines, service.clock.now())).toEqual({
      ...{ added: 0, same: 6, differing: [], byHmac: 1 },
    });
  });

  it('are revoked and rolled like others; the successor is of our own format', async () => {
    const [dataDir, address] = [temporaryFolder(), await freshAddress()];
    const database = await opened(dataDir, address);
    onTestFinished(() => database.close());
    const [store, clock] = [createSqlKeyStore(database), settableClock()];
    const secret = oldSecret();
    await take(database, [{ name: 'web', algorithm: 'sha512', digest: sha('sha512', secret).digest('hex') }]);
    const { rules } = await openKeyRules(store, clock, { prefixes: ['acme_'] });
    const service = rules.as(OWNER);
    const [key] = (await service.list({})).keys;
    expect(key).toMatchObject({ name: 'web', prefix: '', hint: '', scopes: [] });
    expect(await service.verify({ key: secret })).toMatchObject({ valid: true, key: { name: 'web' } });
    const rolled = await service.roll(key?.id ?? '', {}, idempotent());
    expect(secretOf(rolled)).toMatch(/^acme_/);
    expect(await service.verify({ key: secret })).toMatchObject({ valid: true, key: { status: 'retiring' } });
    await service.revoke(key?.id ?? '');
    expect(await service.verify({ key: secret })).toMatchObject({ valid: false, reason: 'revoked' });
    expect((await service.events({})).events.map(({ action }) => action)).toContain('imported');
  });

  it('move to another database with their digests as they are', async () => {
    const database = await opened(temporaryFolder(), await freshAddress());
    const target = await opened(temporaryFolder(), undefined);
    onTestFinished(() => Promise.all([database.close(), target.close()]).then(() => undefined));
    const secret = oldSecret();
    await take(database, [{ name: 'web', algorithm: 'sha512', digest: sha('sha512', secret).digest('hex') }]);
    const lines: string[] = [];
    await exportKeys(database, async (text) => void lines.push(...text.trimEnd().split('\n')));
    await importKeys(target, Readable.from(lines), { actor: 'owner', at: Date.now() });
    const { rules } = await openKeyRules(createSqlKeyStore(target), settableClock(), {});
    expect(await rules.as(OWNER).verify({ key: secret })).toMatchObject({ valid: true });
  });

  it('are refused as a whole if one line is wrong', async () => {
    const database = await opened(temporaryFolder(), await freshAddress());
    onTestFinished(() => database.close());
    const good = { name: 'a', digest: sha('sha256', oldSecret()).digest('hex') };
    const alike = await Promise.all(
      Array.from({ length: 21 }, async (_, i) => ({
        name: `b${i}`,
        algorithm: 'bcrypt',
        digest: await bcrypt(oldSecret(), 4),
        prefix: 'old_',
      })),
    );
    for (const [wrong, message] of [
      [[{ ...good, digest: 'abc' }], 'line 2: digest: not one of sha256: 32 bytes in hex or base64'],
      [[{ ...good, algorithm: 'md5' }], 'line 2: algorithm: '],
      [[{ ...good, algorithm: 'bcrypt' }], 'line 2: digest: not a hash of bcrypt'],
      [[{ ...good, algorithm: 'bcrypt', digest: alike[0]?.digest.replace('$04$', '$20$') }], 'a cost of 20'],
      [[{ ...good, scopes: ['keys:write'] }], 'line 2: scopes: an imported key cannot have keys:write'],
      [[{ ...good, nme: 'x' }], 'line 2: "nme": there is no such member; did you mean name?'],
      [[{ ...good, owner: 'bob' }], 'line 2: the digest of line 1, with another value of owner'],
      [
        [{ ...good, name: 'b', digest: good.digest.toUpperCase(), scopes: ['a:read'] }],
        'line 2: the digest of line 1, with another value of name, scopes',
      ],
      [[{ digest: good.digest }], 'line 2: name: '],
      [alike, '21 digests of bcrypt have prefix "old_" and hint ""; at most 20 may be alike'],
    ] as const) {
      await expect(take(database, [good, ...wrong]), message).rejects.toThrow(message);
    }
    expect(await database.all('SELECT id FROM api_keys')).toEqual([]);
  });
});

it('names at the start the keys that lack their HMAC key', async () => {
  const dataDir = temporaryFolder();
  const database = await opened(dataDir, undefined);
  const digest = (secret: string) => createHmac('sha256', HMAC_KEY).update(secret).digest('hex');
  const lines = ['web', 'shop'].map((name) => ({ name, algorithm: 'hmac-sha256', digest: digest(name) }));
  await take(database, [...lines, { name: 'plain', digest: sha('sha256', 'plain').digest('hex') }]);
  await database.close();
  const without = await startTestService({ dataDir });
  expect(without.unusable.map(({ name }) => name).sort()).toEqual(['shop', 'web']);
  expect((await startTestService({ dataDir, hmacKeys: [HMAC_KEY] })).unusable).toEqual([]);
  const other = Buffer.alloc(32, 9);
  expect((await startTestService({ dataDir, hmacKeys: [other] })).unusable).toHaveLength(2);
});

it('keys serve import-digests reads a file and says how many were added', async () => {
  const program = await keysInProcess();
  expect(await program.run(['serve', 'migrate'])).toMatchObject({ code: 0 });
  const file = join(temporaryFolder(), 'keys.ndjson');
  const pepper = join(temporaryFolder(), 'pepper.txt');
  const secret = oldSecret();
  writeFileSync(pepper, `${HMAC_KEY}\n`);
  writeFileSync(
    file,
    `${JSON.stringify({ name: 'web', digest: createHmac('sha256', HMAC_KEY).update(secret).digest('hex') })}\n`,
  );
  const args = ['serve', 'import-digests', file, '--algorithm', 'hmac-sha256', '--json', '--hmac-key'];
  const done = await program.run([...args, pepper]);
  expect([done.code, JSON.parse(done.stdout)]).toEqual([0, { added: 1, already_there: 0, differing: [] }]);
  expect(done.stderr).toContain('a key with a digest by HMAC: only servers with this --hmac-key accept them');
  writeFileSync(pepper, 'short\n');
  expect((await program.run([...args, pepper])).stderr).toContain('an HMAC key of fewer than 16 bytes');
  expect((await program.run(['list', '--json'])).stdout).toContain('"web"');
});

it('keys serve import-digests says which lines differ from the keys that are there', async () => {
  const program = await keysInProcess();
  expect(await program.run(['serve', 'migrate'])).toMatchObject({ code: 0 });
  const file = join(temporaryFolder(), 'keys.ndjson');
  const [web, shop] = ['web', 'shop'].map((name) => ({ name, digest: sha('sha256', name).digest('hex') }));
  const take = async (lines: readonly object[], ...more: readonly string[]) => {
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    return await program.run(['serve', 'import-digests', file, ...more]);
  };
  expect((await take([{ ...web, scopes: ['b', 'a'], owner: 'ann' }, shop ?? {}])).stderr).toBe('');
  const same = await take([{ ...web, scopes: ['a', 'b'], owner: 'ann' }, { ...shop }]);
  expect([same.stdout, same.stderr]).toEqual(['added\t0\nalready there\t2\n', '']);
  const other = [
    { ...shop, created_at: '2020-01-01T00:00:00Z' },
    { ...web, name: 'other', owner: null },
  ];
  const said = await take(other);
  expect([said.code, said.stdout]).toEqual([0, 'added\t0\nalready there\t2\nof them different\t2\n']);
  expect(said.stderr).toMatch(
    /line 1: shop \(key_\w+\) is there already, with another value of created_at\n.*line 2: web \(key_\w+\) is there already, with another value of name, scopes, owner\n.*keys update does/,
  );
  expect(JSON.parse((await take(other, '--json')).stdout)).toMatchObject({
    already_there: 2,
    differing: [
      { line: 1, name: 'shop', members: ['created_at'] },
      { line: 2, name: 'web', members: ['name', 'scopes', 'owner'] },
    ],
  });
  const wrong = await take([{ ...web, nme: 'x' }]);
  expect(wrong.stderr).toContain(
    'a line can have algorithm, created_at, digest, environment, expires_at, hint',
  );
});

it('a server that runs without the HMAC key says once which keys an import beside it has added', async () => {
  const dataDir = temporaryFolder();
  const service = await startTestService({ dataDir });
  const database = await opened(dataDir, undefined);
  onTestFinished(() => database.close());
  const line = (name: string) => ({
    ...{ name, algorithm: 'hmac-sha256' },
    digest: createHmac('sha256', HMAC_KEY).update(name).digest('hex'),
  });
  const said = () => service.log.filter((text) => text.includes('without their HMAC key'));
  await take(database, [line('web')], 1);
  await expect.poll(said, { timeout: 60_000 }).toHaveLength(1);
  expect(JSON.parse(said()[0] ?? '')).toMatchObject({
    error: expect.stringMatching(/not given: web \(key_/),
  });
  // The database has imported keys already: a later import is noticed too.
  await take(database, [line('web'), line('shop')], 2);
  await expect.poll(said, { timeout: 60_000 }).toHaveLength(2);
  expect(said()[1]).toMatch(/not given: shop \(key_\w+\)"/);
});

describe('many first uses at once', () => {
  /** A server with hashes that begin alike, and the secret of the last. `authorize` comes from an address. */
  async function withHashes(cost: number, count: number) {
    const dataDir = temporaryFolder();
    const database = await opened(dataDir, undefined);
    const secrets = Array.from({ length: count }, () => oldSecret());
    const lines = await Promise.all(
      secrets.map(async (secret, i) => ({
        name: `b${i}`,
        algorithm: 'bcrypt',
        digest: await bcrypt(secret, cost),
        prefix: 'old_',
      })),
    );
    await take(database, lines);
    await database.close();
    const service = await startTestService({ dataDir, trustProxies: ['127.0.0.1'] });
    const authorize = (key: string, address: string) =>
      fetch(`${service.url}/v1/authorize`, {
        headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': address },
      });
    return { secrets, authorize };
  }

  it('each get a response, and wrong keys of one address do not keep out a right one of another', async () => {
    const { secrets, authorize } = await withHashes(7, 5);
    const wrong = Array.from({ length: 60 }, () => authorize(oldSecret(), '192.0.2.1'));
    // The queue of the address is full when the first is refused.
    await Promise.any(wrong.map(async (one) => expect((await one).status).toBe(503)));
    expect((await authorize(secrets.at(-1) ?? '', '192.0.2.2')).status).toBe(204);
    const all = await Promise.all(wrong);
    for (const { status } of all) expect([401, 429, 503]).toContain(status);
    for (const { status, headers } of all) if (status === 503) expect(headers.get('retry-after')).toBe('2');
  });

  it('with the same key are all let in', async () => {
    const { secrets, authorize } = await withHashes(6, 3);
    const all = await Promise.all(
      Array.from({ length: 40 }, () => authorize(secrets.at(-1) ?? '', '192.0.2.1')),
    );
    expect(all.map(({ status }) => status)).toEqual(Array(40).fill(204));
  });
});
