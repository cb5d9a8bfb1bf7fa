import { describe, expect, it } from 'vitest';
import { checkCredential } from '../../src/domain/check-credential.js';
import type { Credential } from '../../src/domain/key.js';
import { loadAllProviders } from '../../src/providers/registry.js';
import { FAKE_SECRETS } from '../support/fake-secrets.js';

const PROVIDERS = await loadAllProviders();
const IN_DASHBOARDS = PROVIDERS.filter(({ operations }) => operations.create === 'dashboard');

/** A text as the credential of a provider: of a pair, both halves are like it. */
function credentialOf(id: string, text: string): Credential {
  const provider = PROVIDERS.find((one) => one.id === id);
  if (provider?.format.kind !== 'pair') return { secret: text };
  return { api_key: text, secret_key: `Z${text}` };
}

function problemOf(id: string, text: string, choices = {}): string | null {
  const provider = PROVIDERS.find((one) => one.id === id);
  if (provider === undefined) throw new Error(`no provider ${id}`);
  try {
    checkCredential(provider, credentialOf(id, text), PROVIDERS, choices);
    return null;
  } catch (error) {
    const { message, hint } = error as Error & { hint: string };
    expect(message + hint).not.toContain(text);
    return `${message}; ${hint}`;
  }
}

const NO_KEYS: ReadonlyArray<[string, string]> = [
  ['an address', 'https://app.example.com/settings/api-keys'],
  ['an address without a scheme', 'www.example.com/settings'],
  ['an e-mail address', 'somebody@mail.example.com'],
  ['an assignment', 'JAHUTY_API_KEY=fake-key-of-a-test'],
  ['an exported assignment', 'export_X=fake-key-of-a-test'],
  ['an assignment for PowerShell', '$env:API_KEY=fake-key-of-a-test'],
  ['a placeholder in capitals', 'YOUR_API_KEY_GOES_HERE'],
  ['a placeholder in brackets', '<the-key-of-the-page>'],
  ['what a password manager fills in', 'password-manager-entry'],
  ['what a form says', 'paste-your-key-in-here'],
  ['a variable', '${JAHUTY_API_KEY}'],
  ['a masked key', 'fake-key-****************'],
  ['a cut key', 'fake-key-of-a-test...'],
  ['one character again and again', '0'.repeat(32)],
];

describe.each(IN_DASHBOARDS.map(({ id }) => id))('a paste for %s', (id) => {
  const own = PROVIDERS.find((one) => one.id === id)?.format.prefixes[0]?.prefix ?? '';

  it.each([...NO_KEYS, ['a word', 'hello1'], ['900 characters', `${own}fake`.padEnd(900, 'ab1')]])(
    'is no key: %s',
    (_, text) => {
      expect(problemOf(id, text)).toContain('KEYS_ANY_CREDENTIAL=1');
      expect(problemOf(id, text, { anyForm: true })).toBeNull();
    },
  );

  it("is another provider's key, by each published prefix", () => {
    const prefixes = PROVIDERS.filter((other) => other.id !== id).flatMap(({ format }) =>
      format.prefixes.filter(({ pattern }) => pattern === undefined).map(({ prefix }) => prefix),
    );
    expect(prefixes).toEqual(expect.arrayContaining(['sk-ant-api', 're_', 'sk_live_']));
    const taken = prefixes.filter(
      (prefix) => problemOf(id, `${prefix}fake0123456789abcdef01234567`) === null,
    );
    expect(taken).toEqual([]);
  });

  it.each(Object.entries(FAKE_SECRETS))('is a key of a published form: %s', (_, draw) => {
    expect(problemOf(id, draw())).not.toBeNull();
  });

  it.each([
    ['letters and digits', 'a1B2'.repeat(8)],
    ['hexadecimal', '0123456789abcdef'.repeat(2)],
    ['base64 with its sign at the end', 'YS1mYWtlLWtleS1vZi1hLXRlc3Q=='],
    ['three parts', 'fakefake.fakefake.fakefake'],
    ['with colons', 'fake:key:of:a:test:0001'],
  ])('may be a key: %s', (_, text) => {
    expect(problemOf(id, `${own}${text}`)).toBeNull();
  });
});

it.each(NO_KEYS)('an import for a vendor with endpoints is no key either: %s', (_, text) => {
  expect(problemOf('mailgun', text)).toContain('KEYS_ANY_CREDENTIAL=1');
});

it('looks at both halves of a pair', () => {
  const tylt = PROVIDERS.filter(({ id }) => id === 'tylt');
  for (const secret_key of [FAKE_SECRETS['github']?.() ?? '', 'https://app.example.com/settings']) {
    const pair = { api_key: 'fake-api-key-0001', secret_key };
    for (const provider of tylt) expect(() => checkCredential(provider, pair, PROVIDERS)).toThrow();
  }
  expect(tylt).toHaveLength(1);
});

it.each([
  ['white space', 'fake key of a test'],
  ['a fragment', 'fake'],
])('takes in no such thing in any case: %s', (_, text) => {
  expect(problemOf('jahuty', text, { anyForm: true })).not.toBeNull();
});
