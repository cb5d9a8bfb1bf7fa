import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCredentialsFile } from '../../src/storage/keychain/credentials-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const credential = { secret: 'sk_live_fake_for_a_test', origin: 'https://keys.example.com' };

test('keeps credentials in a file that only its owner may read, and leaves no draft', async () => {
  const folder = join(temporaryFolder(), 'config');
  const file = createCredentialsFile(folder, 'linux');
  await file.store('team', credential);
  await file.store('other', { ...credential, secret: 'another' });
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(file.read('team')).toEqual(credential);
  expect(await file.remove('team')).toBe(true);
  expect(await file.remove('team')).toBe(false);
  expect(file.read('team')).toBeNull();
  expect(file.read('other')).toMatchObject({ secret: 'another' });
  expect(readdirSync(folder)).toEqual(['credentials.json']);
});

test('is not read where others may read it', async () => {
  const file = createCredentialsFile(temporaryFolder(), 'linux');
  await file.store('team', credential);
  chmodSync(file.path, 0o640);
  expect(() => file.read('team')).toThrow(
    expect.objectContaining({ code: 'refused', hint: `chmod 600 ${file.path}` }),
  );
});

test('a profile named like a member of every object has no credential until one is stored', async () => {
  const file = createCredentialsFile(temporaryFolder(), 'linux');
  expect(file.read('constructor')).toBeNull();
  expect(await file.remove('constructor')).toBe(false);
  await file.store('constructor', credential);
  expect(file.read('constructor')).toEqual(credential);
});

test.each(['', '{"team":', 'null', '[]', '{"team":null}', '{"team":{"secret":"sk_live_fake"}}'])(
  'a damaged file is named, kept and not quoted: %s',
  async (text) => {
    const file = createCredentialsFile(temporaryFolder(), 'linux');
    writeFileSync(file.path, text, { mode: 0o600 });
    const failure = expect.objectContaining({
      code: 'settings_unreadable',
      message: expect.stringContaining(file.path),
    });
    expect(() => file.read('team')).toThrow(failure);
    await expect(file.store('team', credential)).rejects.toThrow(failure);
    expect(readFileSync(file.path, 'utf8')).toBe(text);
  },
);

test('a folder that cannot be made is a clear failure', async () => {
  const inTheWay = join(temporaryFolder(), 'config');
  writeFileSync(inTheWay, '');
  await expect(createCredentialsFile(inTheWay, 'linux').store('team', credential)).rejects.toThrow(
    expect.objectContaining({ code: 'data_unwritable' }),
  );
});
