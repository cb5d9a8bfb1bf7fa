import { expect, it } from 'vitest';
import { resolveTarget } from '../../src/connect/resolve-target.js';
import { addressInEnvironment, refusePublishedAddress } from '../../src/connect/targeted-provider.js';
import { tylt } from '../../src/providers/vendors/tylt.js';
import { createSettings } from '../../src/storage/settings-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it.each([
  'https://api.tylt.money',
  'https://api.tylt.money.',
  'https://api.tylt.money./v2/',
  'https://API.Tylt.Money:443',
  'https://api.tylt.money:8443',
  'http://api.tylt.money',
  'https://api。tylt。money。',
])('sends no demo key to the published host, however it is written: %s', (baseUrl) => {
  const settings = createSettings(temporaryFolder());
  const target = resolveTarget({ flags: { baseUrl }, env: {}, settings: () => settings });
  expect(addressInEnvironment(tylt, target, 'demo')).toBeNull();
  expect(addressInEnvironment(tylt, target, 'production')).toBe(target.baseUrl);
});

it('sends a demo key to another host', () => {
  const target = { baseUrl: 'https://demo.example.com', set: {} };
  expect(addressInEnvironment(tylt, target, 'demo')).toBe('https://demo.example.com');
});

it.each([null, 'https://api.tylt.money', 'http://API.tylt.money:8443/v2'])(
  'takes no published address for that of demo: %s',
  (baseUrl) => {
    expect(() => refusePublishedAddress(tylt, baseUrl, 'demo')).toThrow('this is for demo, and');
    for (const environment of ['production', undefined])
      expect(() => refusePublishedAddress(tylt, baseUrl, environment)).not.toThrow();
    expect(() => refusePublishedAddress(tylt, 'https://demo.example.com', 'demo')).not.toThrow();
  },
);
