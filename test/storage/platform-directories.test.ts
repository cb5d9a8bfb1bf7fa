import { expect, test } from 'vitest';
import { platformDirectories } from '../../src/storage/platform-directories.js';

const home = () => '/home/u';

test.each([
  ['linux', {}, '/home/u/.config/keys', '/home/u/.local/share/keys'],
  ['linux', { HOME: '/h' }, '/h/.config/keys', '/h/.local/share/keys'],
  ['linux', { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' }, '/c/keys', '/d/keys'],
  [
    'linux',
    { XDG_CONFIG_HOME: 'relative', XDG_DATA_HOME: '' },
    '/home/u/.config/keys',
    '/home/u/.local/share/keys',
  ],
  ['darwin', {}, '/home/u/Library/Preferences/keys', '/home/u/Library/Application Support/keys'],
  ['linux', { KEYS_CONFIG_DIR: '/k/c', KEYS_DATA_DIR: '/k/d', XDG_CONFIG_HOME: '/c' }, '/k/c', '/k/d'],
])('%s with %j', (platform, env, config, data) => {
  expect(platformDirectories(env, platform, home)).toEqual({ config, data });
});

test.each([
  () => '',
  () => {
    throw new Error('no entry for this user');
  },
])('no home is a clear failure, and none where both folders are named', (none) => {
  expect(() => platformDirectories({}, 'linux', none)).toThrow(
    expect.objectContaining({ code: 'data_unwritable', hint: expect.stringContaining('KEYS_CONFIG_DIR') }),
  );
  const named = { KEYS_CONFIG_DIR: '/c', KEYS_DATA_DIR: '/d' };
  expect(platformDirectories(named, 'linux', none)).toEqual({ config: '/c', data: '/d' });
});
