import { expect, it } from 'vitest';
import { CHECK_OUTPUT } from '../../src/providers/check-output.js';

const read = (key: object) => {
  const noted: string[] = [];
  return { key: CHECK_OUTPUT.get(key, (field) => noted.push(field)), noted };
};

it.each([
  ['type', 'machine'],
  ['environment', 7],
  ['status', 'enabled'],
  ['scopes', ['read', 7]],
  ['restrictions', { ips: '192.0.2.1' }],
  ['created_at', 'yesterday'],
  ['metadata', { seats: 7 }],
  ['options', { limit: Number.NaN }],
  ['options', { since: undefined }],
])('leaves out %s when its value is wrong, and reports it: %j', (member, value) => {
  expect(read({ id: 'a', name: 'b', [member]: value })).toEqual({
    key: { id: 'a', name: 'b' },
    noted: [member],
  });
});

it('keeps what a key can have, and nothing else', () => {
  const key = {
    id: 'a',
    name: 'b',
    last_used: null,
    restrictions: { ips: ['192.0.2.1'] },
    metadata: { team: 'web' },
    options: { policies: [{ effect: 'allow', resources: { '*': null } }], seats: 7 },
  };
  expect(read({ ...key, secret: 'fake_secret' })).toEqual({ key, noted: [] });
});
