import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { KeysError } from '../../../src/domain/errors.js';
import { keysFileJsonSchema } from '../../../src/lifecycle/as-code/keys-file-schema.js';
import { readKeysFile } from '../../../src/lifecycle/as-code/read-keys-file.js';
import { fc } from '../../support/fast-check.js';

const read = (text: string) => readKeysFile(text, 'keys.yaml', { directory: '/srv/app', env: {} });

/** The lines of every mistake of a file. */
async function mistakesOf(text: string): Promise<string[]> {
  try {
    await read(text);
    return [];
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    expect(error.code).toBe('usage');
    return error.details?.['lines'] as string[];
  }
}

const HEAD = `version: 1
accounts:
  mail: { provider: resend }
keys:
`;

it('reads durations, places and defaults', async () => {
  const file = await read(`version: 1
defaults: { rotate: 90d, grace: 24h }
accounts:
  mail: { provider: resend }
  edge: { provider: cloudflare, set: { account: "0123" } }
keys:
  - name: billing worker
    account: mail
    scopes: [sending_access]
    to: [.env#RESEND_API_KEY, keychain]
  - name: purge cache
    account: edge
    rotate: never
    expires: 30d
    to: { place: ignored }
`).catch((error: KeysError) => error.details?.['lines']);
  expect(file).toEqual(['keys.yaml:15:9: to must be a list']);
  const good = await read(`${HEAD}  - name: a
    account: mail
    rotate: 30d
    grace: 1d
    expires: never
    to:
      - place: .env#A
        then: systemctl --user restart a
`);
  expect(good.every_ms).toBe(86_400_000);
  expect(good.keys[0]).toMatchObject({
    rotate_ms: 30 * 86_400_000,
    grace_ms: 86_400_000,
    rights: { lifetime_ms: null },
    places: [{ text: '.env#A', command: 'systemctl --user restart a', at: { line: 11, column: 9 } }],
  });
});

describe('mistakes', () => {
  const MISTAKES: ReadonlyArray<readonly [what: string, text: string, lines: readonly string[]]> = [
    [
      'an unknown field',
      `${HEAD}  - name: a\n    account: mail\n    rotat: 90d\n    to: [.env]\n`,
      ['keys.yaml:7:5: unknown field rotat; did you mean rotate?'],
    ],
    [
      'a number that lacks its unit',
      `${HEAD}  - name: a\n    account: mail\n    grace: 12\n    to: [.env]\n`,
      ['keys.yaml:7:12: grace must be text; such as 12d, or "12" in quotes'],
    ],
    [
      'a grace that never ends',
      `${HEAD}  - name: a\n    account: mail\n    rotate: 9mo\n    expires: 1y\n    grace: never\n    to: [.env]\n`,
      ['keys.yaml:9:12: grace: cannot be never: such as 12h or 30d'],
    ],
    [
      'an unknown account',
      `${HEAD}  - name: a\n    account: mial\n    to: [.env]\n`,
      ['keys.yaml:6:14: unknown account mial; did you mean mail?'],
    ],
    [
      'an unknown kind of place',
      `${HEAD}  - name: a\n    account: mail\n    to: ["fille:x.env#A"]\n`,
      [
        'keys.yaml:7:10: no such kind of place: fille; did you mean file:x.env#A? For a file of this name, file:fille:x.env#A',
      ],
    ],
    [
      'a place twice',
      `${HEAD}  - name: a\n    account: mail\n    to: [.env#A, "file:.env#A"]\n`,
      ['keys.yaml:7:18: the place is named twice: file:.env#A'],
    ],
    [
      'a name twice',
      `${HEAD}  - name: a\n    account: mail\n    to: [.env#A]\n  - name: a\n    account: mail\n    to: [.env#B]\n`,
      ['keys.yaml:8:11: a is the name of two keys of mail; rename one of them'],
    ],
    [
      'rotate that is shorter than grace',
      `${HEAD}  - name: a\n    account: mail\n    rotate: 1d\n    grace: 2d\n    to: [.env#A]\n`,
      [
        'keys.yaml:7:13: rotate is not longer than grace: the next roll would come before the old key ends; make rotate longer, or grace shorter',
      ],
    ],
    [
      'an expiry that every run would renew',
      `${HEAD}  - name: a\n    account: mail\n    expires: 12h\n    to: [.env#A]\n`,
      [
        'keys.yaml:7:14: expires is not longer than every: each run would roll the key; make expires longer, or set defaults: every',
      ],
    ],
    [
      'no place',
      `${HEAD}  - name: a\n    account: mail\n`,
      ['keys.yaml:5:11: to is missing: where its secret is delivered; such as to: [.env#WEB_API_KEY]'],
    ],
    [
      'a place that no later run has',
      `${HEAD}  - name: a\n    account: mail\n    to: [github-env:A]\n`,
      ['keys.yaml:7:10: github-env is a place of one job: no later run can deliver there'],
    ],
    [
      'a variable where a place is meant',
      `${HEAD}  - name: a\n    account: mail\n    to: [WEB_KEY]\n`,
      [
        'keys.yaml:7:10: WEB_KEY looks like a variable, not like a place; such as .env#WEB_KEY; for a file of this name, ./WEB_KEY',
      ],
    ],
    [
      'a merge key, which YAML 1.2 does not have',
      `${HEAD}  - &a { name: a, account: mail, to: [.env#A] }\n  - { <<: *a, name: b, account: mail, to: [.env#B] }\n`,
      [
        'keys.yaml:6:7: unknown field <<; YAML has no merge keys since version 1.2: write the fields out, or use defaults',
      ],
    ],
    ['a field twice', 'version: 1\nversion: 1\n', ['keys.yaml:2:1: Map keys must be unique']],
    [
      'a tag',
      `version: !!js/function 1\n`,
      ['keys.yaml:1:10: Unresolved tag: tag:yaml.org,2002:js/function'],
    ],
    [
      'no YAML',
      'version: [1\n',
      ['keys.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['nothing', '', ['keys.yaml:1:1: the file must be a group of fields']],
    ['another version', 'version: 2\naccounts: {}\nkeys: []\n', ['keys.yaml:1:10: version must be 1']],
  ];
  it.each(MISTAKES)('names line, column and what was probably meant: %s', async (_, text, lines) => {
    expect(await mistakesOf(text)).toEqual(lines);
  });

  it('names every mistake of a file', async () => {
    const text = `version: 1\nacounts: {}\nkeys:\n  - { name: "", account: x, tipe: secret }\n`;
    expect((await mistakesOf(text)).map((line) => line.split(':').slice(1, 3).join(':'))).toEqual([
      '1:1',
      '2:1',
      '4:13',
      '4:29',
    ]);
  });

  it('bounds aliases that multiply, and nesting', async () => {
    const laughs = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i++)
      laughs.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(',')}]`,
      );
    expect(await mistakesOf(laughs.join('\n'))).toEqual([
      'keys.yaml:1:1: aliases repeat too much; write the values out',
    ]);
    expect(await mistakesOf(`version: ${'['.repeat(200_000)}`)).toEqual([
      'keys.yaml:1:60: nested more than 50 times',
    ]);
    expect(await mistakesOf(`version: 1\nkeys:\n${'- '.repeat(200_000)}`)).toEqual([
      'keys.yaml:3:101: nested more than 50 times',
    ]);
  });
});

const isValid = new Ajv({ strict: false }).compile(keysFileJsonSchema());

it('has a schema for editors that knows the example of the manual', async () => {
  const page = readFileSync(new URL('../../../man/keys-as-code.7.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  expect((await read(example)).keys.map(({ name }) => name)).toEqual(['billing worker', 'purge cache']);
  expect(isValid(parse(example))).toBe(true);
  expect(isValid({ version: 1, accounts: {}, keys: [{ name: 'a', account: 'b', rotat: '1d' }] })).toBe(false);
});

describe('random files', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const file = fc
    .record({
      accounts: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
      names: fc.uniqueArray(fc.stringMatching(/^[A-Za-z][\w .-]{0,20}[a-z]$/), {
        minLength: 1,
        maxLength: 6,
      }),
      picks: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
      rotate: fc.constantFrom('never', '30d', '90d', '2w'),
      grace: fc.constantFrom('1h', '12h', '1d'),
      scopes: fc.array(word, { maxLength: 3 }),
      flow: fc.boolean(),
    })
    .map(({ accounts, names, picks, rotate, grace, scopes, flow }) => {
      const value = {
        version: 1,
        defaults: { grace },
        accounts: Object.fromEntries(accounts.map((name) => [name, { provider: 'resend' }])),
        keys: names.map((name, i) => ({
          name,
          account: accounts[(picks[i] ?? 0) % accounts.length] ?? '',
          rotate,
          scopes,
          // biome-ignore lint/suspicious/noThenProperty: the word of the file; its value is text
          to: [`config/${i}.env#K${i}`, { place: 'exec:cat', then: 'true' }],
        })),
      };
      return { value, text: stringify(value, { collectionStyle: flow ? 'flow' : 'any' }) };
    });

  it('are read as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(file, async ({ value, text }) => {
        expect(isValid(value)).toBe(true);
        const { keys, accounts } = await read(text);
        expect(keys.map(({ name, account }) => ({ name, account }))).toEqual(
          value.keys.map(({ name, account }) => ({ name, account })),
        );
        expect(accounts.map(({ name }) => name).sort()).toEqual(Object.keys(value.accounts).sort());
      }),
      { numRuns: 50 },
    );
  });

  it('with a random mistake are refused, and the line is that of the mistake', async () => {
    const slip = fc.constantFrom<readonly [from: RegExp, to: string]>(
      [/\baccount:/, 'acount:'],
      [/\brotate:/, 'rotat:'],
      [/\bgrace: \w+/, 'grace: soon'],
      [/\bversion: 1/, 'version: 3'],
      [/\bprovider: /, 'provder: '],
      [/\bthen: "?true"?/, 'then: 5'],
      [/exec:cat/, 'exce:cat'],
    );
    await fc.assert(
      fc.asyncProperty(file, slip, async ({ text }, [from, to]) => {
        const at = from.exec(text)?.index ?? 0;
        const line = text.slice(0, at).split('\n').length;
        const lines = await mistakesOf(text.replace(from, to));
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.some((one) => Math.abs(Number(one.split(':')[1]) - line) <= 4)).toBe(true);
        expect(lines.join('\n')).not.toContain('undefined');
      }),
      { numRuns: 50 },
    );
  });
});
