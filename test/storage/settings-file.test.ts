import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSettings } from '../../src/storage/settings-file.js';
import { keysProgram } from '../support/keys.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('keeps settings and profiles in a file of the owner’s own', async () => {
  const folder = join(temporaryFolder(), 'config');
  const settings = createSettings(folder);
  expect(settings.all()).toEqual({});
  await settings.saveProfile({ name: 'team', base_url: 'https://keys.example.com' });
  await settings.set('profile', 'team');
  expect(statSync(settings.path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const again = createSettings(folder);
  expect(again.get('profile')).toBe('team');
  expect(again.profiles()).toEqual([{ name: 'team', base_url: 'https://keys.example.com' }]);
  await again.removeProfile('team');
  expect(createSettings(folder).get('profile')).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['config.json']);
});

test.each(['', '{"settings":', 'null', '[]', '{"profiles":{"a":1}}', '{"settings":{"color":1}}'])(
  'a damaged file is named, kept and not overwritten: %s',
  async (text) => {
    const folder = temporaryFolder();
    const path = join(folder, 'config.json');
    writeFileSync(path, text);
    const failure = { code: 'settings_unreadable', message: expect.stringContaining(path) };
    const settings = createSettings(folder);
    expect(() => settings.get('profile')).toThrow(expect.objectContaining(failure));
    await expect(settings.set('shell', 'fish')).rejects.toMatchObject(failure);
    await expect(settings.saveProfile({ name: 'team' })).rejects.toMatchObject(failure);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['config.json']);
  },
);

test.each(['', 'Team', '-team', 'a b', '../x', '__proto__', 'x'.repeat(65)])(
  'not a name for a profile: %j',
  async (name) => {
    const settings = createSettings(temporaryFolder());
    await expect(settings.saveProfile({ name })).rejects.toMatchObject({ code: 'usage' });
  },
);

test.each([
  ['colour', 'fish', 'usage'],
  ['constructor', 'x', 'usage'],
  ['shell', 'blue', 'usage'],
  ['profile', 'nowhere', 'profile_not_found'],
])('config set %s %s is refused', async (name, value, code) => {
  await expect(createSettings(temporaryFolder()).set(name, value)).rejects.toMatchObject({ code });
});

test('writers at once leave a whole file', async () => {
  const keys = await keysProgram();
  onTestFinished(() => keys.remove());
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const runs = await Promise.all(names.map((name) => keys.run(['profile', 'add', name])));
  expect(runs.map(({ code }) => code)).toEqual(names.map(() => 0));
  const { stdout } = await keys.run(['profile', 'list', '--json']);
  const found = (JSON.parse(stdout) as Array<{ name: string }>).map(({ name }) => name);
  expect(found.length).toBeGreaterThan(0);
  expect(names).toEqual(expect.arrayContaining(found));
});
