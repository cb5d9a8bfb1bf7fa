import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { couldBeSecret, holdsOwnKey, holdsSecret, memberWithSecret } from '../../src/domain/holds-secret.js';
import { checksum, generateSecret, randomBase62 } from '../../src/domain/secret-format.js';
import { FAKE_SECRETS } from '../support/fake-secrets.js';

/** Drawn anew in each run, with a digit among every few letters. */
const drawn = (length: number) =>
  Array.from({ length: Math.ceil(length / 6) }, (_, i) => `${MIXED[i % MIXED.length]}${randomBase62(3)}`)
    .join('')
    .slice(0, length);
const MIXED = ['K7q', 'j4Z', 'b9T', 'M2w', 'h5R'];

/** Secrets that are no format of the published list. */
const OTHERS: Readonly<Record<string, () => string>> = {
  ours: () => generateSecret('sk_live_'),
  'ours, under a prefix of its own': () => generateSecret('acme_prod_'),
  'ours, mistyped or a part of it': () => `sk_test_${drawn(26)}`,
  clerk: () => `ak_${drawn(32)}`,
  anthropic: () => `sk-ant-api03-${drawn(40)}-${drawn(50)}AA`,
  gitlab: () => `glpat-${drawn(20)}`,
  grafana: () => `glsa_${drawn(32)}_0a1b2c3d`,
  pinecone: () => `pcsk_4dHw_${drawn(62)}`,
  'docker hub': () => `dckr_pat_${drawn(27)}`,
  webhook: () => `whsec_${drawn(32)}`,
  slack: () => ['xoxb', '1234567890', drawn(24)].join('-'),
  google: () => `AIza${drawn(35)}`,
  'access key of AWS': () => `AKIA${'0A1B'.repeat(4)}`,
  'token in three parts': () => ['eyJhbGciOiJIUzI1NiJ9AA', 'eyJyb2xlIjoic2VydmljZSJ9', drawn(43)].join('.'),
};

const NAMES = [
  'web shop',
  'github-actions-deploy-2027-production-eu-west-1',
  'sk_live_shop',
  'sk_live_customerportalbackend2027',
  'sk-CustomerPortalBackendService2',
  'ak_customer_portal_backend_2027_b',
  'NameWithoutAnySpace'.repeat(10),
  'a key whose secret begins with sk_live_, for the shop of 2027',
  'key_0a1B2c3D4e5F6g7H8i9J',
  'user_2NNEqL2nrIRdJ194ndJqAHwEfxC',
  'price_1MoBy5LkdIwHu7ixZhnattbh',
  'org-aB3dE5fG7hI9jK1lM3nO5pQ7',
  'arn:aws:iam::123456789012:role/deploy-0a1b2c3d',
  'someone.with.a.long.name+keys2027@example.com',
  'https://example.com/pages/0a1b2c3d4e5f60718293a4b5c6d7e8f9?ref=2027',
  '0a1b2c3d'.repeat(5),
  '0a1b2c3d'.repeat(8),
  'api-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
  'sk_test_0000000000000000000000000000',
  'sk-proj-your-key-goes-here-EXAMPLE-abcdefg1',
];

describe('a secret in a text that lists show', () => {
  for (const [name, create] of Object.entries({ ...FAKE_SECRETS, ...OTHERS })) {
    it(`is found: ${name}`, () => {
      for (let i = 0; i < 200; i++) {
        const secret = create();
        for (const text of [secret, `note: ${secret}`, `KEY=${secret}`]) {
          expect(holdsSecret(text), text).toBe(true);
          expect(couldBeSecret(text), text).toBe(true);
        }
      }
    });
  }

  for (const name of [...NAMES, randomUUID(), generateSecret('pk_live_'), generateSecret('acme_pub_')]) {
    it(`is none: ${name}`, () => expect(holdsSecret(name)).toBe(false));
  }

  it('is none in a name that is as long as a text may be', () => {
    for (const text of ['sk_', '_', 'a', 'sk-proj-', 'eyJ', 'Ab3'].map((part) => part.repeat(20_000)))
      expect(holdsSecret(text), text.slice(0, 20)).toBe(false);
  });

  it('is named by its member, at any depth', () => {
    const secret = generateSecret('sk_live_');
    const of = (request: object) => memberWithSecret({ name: 'web', ...request });
    expect(of({})).toBe(null);
    expect(of({ name: secret })).toBe('name');
    expect(of({ environment: secret })).toBe('environment');
    expect(of({ service: secret })).toBe('service');
    expect(of({ owner: secret })).toBe('owner');
    expect(of({ scopes: ['a:read', secret] })).toBe('scopes');
    expect(of({ metadata: { team: 'web', [secret]: '1' } })).toBe('metadata');
    expect(of({ metadata: { note: `it is ${secret}` } })).toBe('metadata');
    expect(of({ restrictions: { referrers: [`https://example.com/${secret}`] } })).toBe('restrictions');
    expect(of({ options: { secret } })).toBe(null);
    expect(memberWithSecret(null)).toBe(null);
  });
});

it('finds whole keys of ours in an address, public ones too, and nothing else', () => {
  const publicKey = generateSecret('pk_live_');
  expect(holdsOwnKey(`/keys/${generateSecret('sk_live_')}`)).toBe(true);
  expect([holdsOwnKey(publicKey), holdsOwnKey(publicKey, 'secret')]).toEqual([true, false]);
  expect(holdsOwnKey(`/files/${randomBase62(60)}`)).toBe(false);
  const body = randomBase62(30);
  expect(holdsOwnKey(`ghp_${body}${checksum(body)}`)).toBe(false);
});

it('takes a search for a secret that has many letters and digits without a break', () => {
  expect(couldBeSecret('0a1b2c3d4e5f60718293a4b5c6d7e8f9')).toBe(true);
  expect(couldBeSecret('key_0a1B2c3D4e5F6g7H8i9J')).toBe(false);
  expect(couldBeSecret('web-shop-2027-production')).toBe(false);
});
