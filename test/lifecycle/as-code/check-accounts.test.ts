import { describe, expect, it } from 'vitest';
import { KeysError } from '../../../src/domain/errors.js';
import { isManagedByHand, type Provider } from '../../../src/domain/provider.js';
import { checkAccounts } from '../../../src/lifecycle/as-code/check-accounts.js';
import { readKeysFile } from '../../../src/lifecycle/as-code/read-keys-file.js';
import { loadProvider, PROVIDER_IDS } from '../../../src/providers/registry.js';
import { realContext } from '../../support/real-context.js';

const FOLDER = '/srv/app';

/** The mistakes of a file, each as one line, without an account, a credential or a network. */
async function mistakesOf(text: string): Promise<string[]> {
  const { context } = await realContext(
    { now: () => Date.parse('2026-11-27T00:00:00Z') },
    {
      transport: async () => {
        throw new Error('nothing may be sent');
      },
      credentials: async () => {
        throw new Error('no credential may be read');
      },
    },
  );
  try {
    const file = await readKeysFile(text, 'keys.yaml', { directory: FOLDER, env: {} });
    await checkAccounts(file, { ...context, folder: FOLDER });
    return [];
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    expect(error.code).toBe('usage');
    return error.details?.['lines'] as string[];
  }
}

/** The settings that an account of this provider needs, as the file writes them. */
function settings({ context }: Provider): string {
  const needed = context.filter(({ required }) => required).map(({ name }) => `${name}: "0a"`);
  return needed.length === 0 ? '' : `, set: { ${needed.join(', ')} }`;
}

/** Settings and an address, where one is needed. */
function account(provider: Provider): string {
  const needsAddress =
    provider.baseUrl === null && provider.id !== 'keys' && !isManagedByHand(provider, null);
  const address = needsAddress ? ', base_url: "https://api.example.com"' : '';
  return `{ provider: ${provider.id}${settings(provider)}${address} }`;
}

/** A file whose one key has these fields, each on a line of its own from line 7 on. */
const fileOf = (provider: Provider, ...fields: string[]) => `version: 1
accounts:
  a: ${account(provider)}
keys:
  - name: web
    account: a
${fields.map((field) => `    ${field}\n`).join('')}    to: [web.env#WEB]
`;

const OPTIONS = [
  ['expires_at', 'expires: 3d', 14],
  ['scopes', 'scopes: [some:scope]', 14],
  ['ips', 'restrictions: { ips: [192.0.2.1] }', 27],
  ['referrers', 'restrictions: { referrers: [https://example.com] }', 33],
  ['endpoints', "restrictions: { endpoints: ['GET /v1/*'] }", 33],
] as const;

/** A key service at an address judges requests itself; the embedded one is judged here. */
const judged = PROVIDER_IDS.filter((id) => id !== 'keys');

describe.each(judged)('%s, without an account', (id) => {
  it('names what its keys cannot have, where it stands', async () => {
    const provider = await loadProvider(id);
    const byHand = isManagedByHand(provider, null);
    for (const [option, field, column] of OPTIONS) {
      const takes = provider.accepts[option] !== undefined && (!byHand || option === 'expires_at');
      const refused = (await mistakesOf(fileOf(provider, field))).filter((line) => /cannot have/.test(line));
      expect([option, refused]).toEqual([
        option,
        takes
          ? []
          : [expect.stringContaining(`keys.yaml:7:${column}: keys of ${provider.title} cannot have `)],
      ]);
    }
  });

  it('names a scope that it does not have, and what is missing', async () => {
    const provider = await loadProvider(id);
    const { scopes } = provider.accepts;
    if (scopes?.values !== undefined) {
      const [first = ''] = scopes.values;
      const lines = await mistakesOf(fileOf(provider, `scopes: [${first}x]`));
      expect(lines).toContainEqual(
        expect.stringMatching(`^keys\\.yaml:7:14: ${provider.title} has no scope .*did you mean .*\\?`),
      );
      expect(lines.join('\n')).toContain(first);
    }
    const bare = (await mistakesOf(fileOf(provider))).join('\n');
    expect(bare.includes('write scopes: […]')).toBe(scopes?.required === true);
    const needed = provider.options.filter(({ required }) => required).map(({ name }) => name);
    if (scopes?.required !== true && needed.length > 0)
      expect(bare).toContain(`write options: { ${needed[0]}: … }`);
  });

  it('names the settings that its account needs, as the file writes them', async () => {
    const provider = await loadProvider(id);
    if (isManagedByHand(provider, null)) return;
    const { context, baseUrl } = provider;
    const bare = (set: string) =>
      mistakesOf(`version: 1\naccounts:\n  a: { provider: ${id}${set} }\nkeys: []\n`);
    const missing = context.filter(({ required }) => required).map(({ name }) => name);
    const [first] = missing;
    if (first !== undefined) {
      const line = new RegExp(`^keys\\.yaml:3:18: .* needs .*; write set: \\{ ${first}: "…" \\}`);
      expect(await bare('')).toEqual([expect.stringMatching(line)]);
    } else if (baseUrl === null) {
      expect(await bare('')).toEqual([
        expect.stringMatching(/^keys\.yaml:3:18: .* needs an address; write base_url: "https:/),
      ]);
    } else expect(await bare('')).toEqual([]);
    expect(await bare(', set: { no_such: "0" }')).toEqual([
      expect.stringMatching(/^keys\.yaml:3:\d+: .* has no setting no_such/),
    ]);
  });
});

it('judges the keys of the embedded service as the service does', async () => {
  const keys = await loadProvider('keys');
  const at = async (field: string) => await mistakesOf(fileOf(keys, field));
  expect(await at('scopes: [invoices:read]')).toEqual([]);
  expect(await at('environment: prod')).toEqual([
    expect.stringMatching(/^keys\.yaml:7:18: a key service has no environment prod; one of live, test$/),
  ]);
  expect(await at('scopes: [invoices:read, "a b"]')).toEqual([
    'keys.yaml:7:29: scopes: not a scope, such as invoices:read',
  ]);
  expect(await at('restrictions: { ips: [elsewhere] }')).toEqual([
    expect.stringMatching(/^keys\.yaml:7:27: .*an IP address or CIDR range$/),
  ]);
});

it('names the later of two keys that would share a place, whatever the order of their accounts', async () => {
  const lines = await mistakesOf(`version: 1
accounts:
  mail: { provider: resend }
  own: { provider: keys }
keys:
  - { name: web, account: own, to: [a.env#A] }
  - { name: job, account: mail, scopes: [sending_access], to: [a.env#A] }
`);
  expect(lines).toEqual([expect.stringMatching(/^keys\.yaml:7:\d+: web and job would share a place/)]);
});

it('says how long a key may live where its vendor has a limit', async () => {
  const gitlab = await loadProvider('gitlab');
  expect(await mistakesOf(fileOf(gitlab, 'scopes: [api]', 'expires: 3y'))).toEqual([
    expect.stringMatching(/^keys\.yaml:8:14: GitLab takes no expiry so far ahead: .*such as expires: 365d$/),
  ]);
  expect(await mistakesOf(fileOf(gitlab, 'scopes: [api]', 'expires: 300d'))).toEqual([]);
});

it('names a mistake of each kind of every account at once', async () => {
  const lines = await mistakesOf(`version: 1
accounts:
  mail: { provider: resend }
  sms: { provider: twilio }
  typo: { provider: resent }
keys:
  - { name: a, account: mail, scopes: [sending_acces], expires: 30d, to: [a.env#A] }
  - { name: b, account: mail, scopes: [sending_access], to: [a.env#A] }
`);
  expect(lines).toEqual([
    expect.stringMatching(/^keys\.yaml:4:20: Twilio needs .*write set: \{ account: "…" \} for its account$/),
    'keys.yaml:5:21: unknown provider resent; did you mean resend?',
    'keys.yaml:7:40: Resend has no scope sending_acces; did you mean sending_access? one of full_access, sending_access',
    'keys.yaml:7:65: keys of Resend cannot have an expiry; they can have scopes',
    expect.stringMatching(/^keys\.yaml:8:62: a and b would share a place: .*a\.env#A; give each key/),
  ]);
});
