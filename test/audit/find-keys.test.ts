import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKeyFinder } from '../../src/audit/repository/find-keys.js';
import { digestOf, indexSecrets, type KnownSecret } from '../../src/audit/repository/known-secrets.js';
import { generateSecret, randomBase62 } from '../../src/domain/secret-format.js';
import { FAKE_SECRETS } from '../support/fake-secrets.js';
import { fc } from '../support/fast-check.js';

const find = createKeyFinder();
const known = (secret: string, more: Partial<KnownSecret> = {}): KnownSecret => ({
  digest: digestOf(secret),
  provider: 'acme',
  keyId: 'key_1',
  name: 'web',
  prefix: '',
  ...more,
});

describe('our own keys', () => {
  it('are proved by their checksum, whatever stands around them', () => {
    const secret = generateSecret('sk_live_');
    for (const text of [secret, `a=${secret}`, `"${secret}"`, `x${secret}y`, `https://h/?k=${secret}&b`]) {
      expect(find(text), text.replace(secret, '…')).toEqual([
        {
          kind: 'ours',
          provider: 'keys',
          title: 'secret key',
          masked: `sk_live_…${secret.slice(-4)}`,
          line: 1,
          column: text.indexOf(secret) + 1,
          start: text.indexOf(secret),
          end: text.indexOf(secret) + secret.length,
        },
      ]);
    }
  });

  it('are not those with a wrong checksum, a part missing, or made to be seen', () => {
    const secret = generateSecret('sk_test_');
    const mistyped = secret.slice(0, -1) + (secret.endsWith('a') ? 'b' : 'a');
    for (const text of [
      mistyped,
      secret.slice(0, -1),
      generateSecret('pk_live_'),
      `sk_live_${'x'.repeat(39)}`,
    ]) {
      expect(find(text)).toEqual([]);
    }
  });
});

describe("a provider's format", () => {
  it.each(Object.entries(FAKE_SECRETS))('%s', (name, make) => {
    const secret = make();
    const [found, ...others] = find(`const key = '${secret}';`);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: 'format', provider: name.split(' ')[0], column: 14 });
    expect(found?.masked).toMatch(/^[\w.-]+…[\w-]{0,4}$/);
    expect((found?.masked.length ?? 0) * 2).toBeLessThan(secret.length);
  });

  it.each(Object.entries(FAKE_SECRETS))('%s: not one character less, nor inside of a word', (_, make) => {
    const secret = make();
    // A checksum is a proof wherever it stands; the others have to stand alone.
    const proved = /^(ghp|npm)_/.test(secret);
    const open = /^(sk-(proj|admin|ant)-|cfut_|pscale_tkn_|unkey_|glpat-|dckr_pat_|glc_|pcsk_)/.test(secret);
    if (!open) expect(find(secret.slice(0, -1))).toEqual([]);
    if (!proved) expect(find(`word${secret}`)).toEqual([]);
    if (!proved && !open) expect(find(`${secret}word`)).toEqual([]);
  });

  it.each(['\\n', '%3D', '\\u0022', '\\x22', ':', '/', '\n', '"', '`'])('after %j', (front) => {
    expect(find(`x${front}${FAKE_SECRETS['openrouter']?.()}`)).toHaveLength(1);
  });

  it('is not a place holder, an example or a name', () => {
    for (const text of [
      `SG.${'x'.repeat(22)}.${'y'.repeat(43)}`,
      `sk-or-v1-${'0'.repeat(64)}`,
      `sk-or-v1-${'0123456789abcdef'.repeat(4)}`,
      `sk-lf-${'00000000-0000-0000-0000-000000000000'}`,
      `dop_v1_${'deadbeef'.repeat(8)}`,
      'unkey_verifyKeyWithPermissions',
      're_validate_theNameOfTheCustomerOrga',
      `ghp_${'a1B2'.repeat(9)}`,
      `npm_${randomBase62(36)}`,
    ]) {
      expect(find(`key: ${text}`), text).toEqual([]);
    }
  });

  it('that something else could have, only where the provider is named', () => {
    const secret = `api-${randomUUID()}`;
    expect(find(`request: ${secret}`)).toEqual([]);
    expect(find(`LAUNCHDARKLY_ACCESS_TOKEN=${secret}`)).toMatchObject([{ provider: 'launchdarkly' }]);
  });
});

describe("the ledger's keys", () => {
  const secret = `ak_${randomBase62(30)}`;
  const inLedger = { kind: 'ledger', provider: 'acme', keyId: 'key_1', keyName: 'web' };

  it.each([
    ['prefix and length', { prefix: 'ak_', length: 33 }],
    ['prefix alone', { prefix: 'ak_' }],
    ['length alone', { length: 33 }],
    ['nothing but the digest', {}],
  ])('are found by %s', (_, more) => {
    const finder = createKeyFinder(
      indexSecrets([known('another-secret-of-some-length', more), known(secret, more)]),
    );
    expect(finder(`a = 1\nkey="${secret}" # ${secret.slice(0, -1)}`)).toMatchObject([
      { ...inLedger, line: 2, column: 6 },
    ]);
    expect(finder(`key=${secret}`)).toMatchObject([inLedger]);
    expect(finder(`ak_${randomBase62(30)}`)).toEqual([]);
  });

  it('may hold more than letters and digits', () => {
    const odd = `aB3+/xYz09.kLm~Q-8E${randomBase62(8)}=`;
    for (const more of [
      { prefix: 'aB3+' },
      { prefix: 'aB3+', length: odd.length },
      { length: odd.length },
      {},
    ]) {
      const finder = createKeyFinder(indexSecrets([known(odd, more)]));
      expect(finder(`key: "${odd}"\nkey=${odd}`), JSON.stringify(more)).toMatchObject([inLedger, inLedger]);
    }
  });

  it('come before what they look like', () => {
    const ours = generateSecret('sk_live_');
    const finder = createKeyFinder(indexSecrets([known(ours, { prefix: 'sk_live_', length: ours.length })]));
    expect(finder(`${ours} ${generateSecret('sk_live_')}`).map(({ kind }) => kind)).toEqual([
      'ledger',
      'ours',
    ]);
  });

  it('are not shown by a short secret', () => {
    const [found] = createKeyFinder(indexSecrets([known('ak_abc12345', { prefix: 'ak_' })]))('ak_abc12345');
    expect(found?.masked).toBe('ak_…5');
  });
});

it('says where: lines by \\n or \\r\\n, columns in UTF-16 units', () => {
  const secrets = [generateSecret('sk_live_'), generateSecret('sk_test_'), generateSecret('sk_live_')];
  const text = `\uD83D\uDD11é ${secrets[0]}\r\n\r\n\t${secrets[1]}, ${secrets[2]}`;
  expect(find(text).map(({ line, column }) => [line, column])).toEqual([
    [1, 5],
    [3, 2],
    [3, 2 + 47 + 2],
  ]);
});

it('finds what is planted, where it is, and gives none of it away', () => {
  const secret = fc.constantFrom(...Object.values(FAKE_SECRETS), () => generateSecret('sk_live_'));
  const around = fc.string({ unit: fc.constantFrom(...'\n\r é🔑"\'=:;,{}()<>&'), maxLength: 60 });
  fc.assert(
    fc.property(around, secret, around, (before, make, after) => {
      const planted = make();
      const found = find(before + planted + after);
      const lines = before.split('\n');
      expect(found).toMatchObject([{ line: lines.length, column: (lines.at(-1) ?? '').length + 1 }]);
      expect(JSON.stringify(found)).not.toContain(planted.slice(-8));
    }),
    { numRuns: 300 },
  );
});

it('finds an id of AWS with few different characters, and no place holder', () => {
  const id = ['AKIA', 'VJJGQVETZG4VEZGQ'].join('');
  expect(find(`id=${id}`)).toMatchObject([{ line: 1, column: 4 }]);
  expect(find(`id=${'AKIA'}${'ABCD'.repeat(4)}`)).toEqual([]);
});

it('is quick on a long line that is nearly a key all the way', () => {
  expect(find('sk-proj-'.repeat(100_000))).toEqual([]);
  expect(find(`sk-proj-${'aB3'.repeat(500_000)}`)).toEqual([]);
  for (const prefix of ['re_', 'unkey_', 'sk-', 'sk_live_', 'github_pat_']) {
    expect(find(prefix.repeat(1_000_000 / prefix.length))).toEqual([]);
  }
  expect(find('SG.re_sk-sk_live_'.repeat(50_000))).toEqual([]);
  const finder = createKeyFinder(indexSecrets([known('ak_x', { prefix: 'ak_' }), known('y')]));
  expect(finder('ak_'.repeat(100_000))).toEqual([]);
});
