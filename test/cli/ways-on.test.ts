import { beforeEach, expect, it } from 'vitest';
import { storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';

let keys: KeysInProcess;
beforeEach(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  return () => keys.remove();
});

const refused = async (args: readonly string[], env: Record<string, string> = {}) => {
  const { code, stderr } = await keys.run(args, { env, cwd: keys.home });
  return { code, stderr };
};

it.each([[['plan']], [['apply', '--yes']], [['schedule', 'github']]])(
  'without a keys.yaml, %j names the command that writes one',
  async (args) => {
    const { code, stderr } = await refused(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/keys\.yaml: there is no such file\nkeys: hint: keys adopt writes a first one/);
  },
);

it('in a pipe, names only the variables that are needed', async () => {
  const { code, stderr } = await refused(['list', '--provider', 'resend']);
  expect(code).toBe(4);
  expect(stderr).toContain('hint: set KEYS_API_KEY;');
  expect(stderr).not.toMatch(/KEYS_PROVIDER|KEYS_BASE_URL/);
  const atAddress = await refused(['list'], { KEYS_BASE_URL: 'https://keys.example.com' });
  expect(atAddress.stderr).toContain('hint: set KEYS_API_KEY;');
});

it.each([
  ['resend', ['set KEYS_API_KEY and KEYS_PROVIDER, and leave out --profile']],
  ['keys', ['set KEYS_API_KEY and KEYS_BASE_URL, and leave out --profile']],
])('with a profile of %s in a pipe, says that the variables do not count', async (provider, expected) => {
  const address = provider === 'keys' ? ['--base-url', 'https://keys.example.com'] : [];
  const added = await keys.run(['profile', 'add', 'team', '--provider', provider, ...address]);
  expect(added.code, added.stderr).toBe(0);
  const { code, stderr } = await refused(['list', '--profile', 'team']);
  expect(code).toBe(4);
  for (const text of expected) expect(stderr).toContain(text);
});

it('suggests the provider that was probably meant', async () => {
  expect(await refused(['list', '--provider', 'resed'])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('hint: did you mean resend?'),
  });
  expect((await refused(['list', '--provider', 'zzzzzzzz'])).stderr).toContain(
    'hint: keys provider list shows the providers; keys provider new zzzzzzzz begins',
  );
});

it('names the columns to sort by', async () => {
  expect(await refused(['list', '--sort', 'nme'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/hint: COLUMN or COLUMN:desc, with one of .*\bname\b/),
  });
});

it('offers the list of a group for a word that is none of its commands', async () => {
  expect(await refused(['places', 'my billing'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("did you mean keys places list 'my billing'?"),
  });
});

it.each([['--help'], ['-h']])('says that a command is unknown, with %s too', async (flag) => {
  const { code, stdout, stderr } = await keys.run(['creat', flag]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/unknown command 'creat'\n.*did you mean create\?/);
  expect(await keys.run([flag])).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes:') });
  expect((await keys.run(['help', 'create'])).code).toBe(0);
});

it('suggests the key that was probably meant, wherever a key is named', async () => {
  const place = ['--to', 'keychain'];
  expect((await keys.run(['create', 'billing', ...place, '--expires', '90d'])).code).toBe(0);
  for (const args of [
    ['show', 'biling'],
    ['roll', 'biling', '--yes'],
    ['revoke', 'biling', '--yes'],
    ['update', 'biling', '--name', 'other'],
    ['pause', 'biling', '--yes'],
    ['unpause', 'biling'],
    ['usage', 'biling'],
    ['events', 'biling'],
    ['deliver', 'biling', '--to', '.env#A'],
    ['places', 'list', 'biling'],
    ['places', 'add', 'biling', '--to', '.env#A'],
    ['places', 'remove', 'biling', 'keychain'],
    ['env', 'biling'],
    ['run', '--key', 'biling', '--', 'true'],
  ]) {
    const { code, stderr } = await refused(args);
    expect([args, code, stderr]).toEqual([args, 3, expect.stringContaining('hint: did you mean billing?')]);
  }
  expect((await refused(['show', 'something else'])).stderr).not.toContain('did you mean');
});

it('in a pipe, says that several keys begin with a text, and names them', async () => {
  for (const name of ['billing', 'bills']) await keys.run(['create', name, '--raw']);
  for (const args of [
    ['show', 'bil'],
    ['usage', 'bil'],
    ['events', 'bil'],
  ]) {
    const { code, stderr } = await refused(args);
    expect([args, code, stderr]).toEqual([
      args,
      2,
      expect.stringMatching(/2 keys begin with bil\nkeys: hint: use an id: (?=.*\(billing\))(?=.*\(bills\))/),
    ]);
  }
});
