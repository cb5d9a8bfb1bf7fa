import { expect, it } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { openSavedSecrets } from '../../src/storage/ledger/saved-secrets.js';

const removal = (code: 'keychain_timeout' | 'keychain_unavailable', storage: 'file' | undefined) =>
  openSavedSecrets({
    credentials: async () => ({ remove: () => Promise.reject(new KeysError(code, 'no keychain')) }) as never,
    settings: () => ({ get: () => storage }) as never,
  }).remove('key:test:dashboard:key_1');

it.each(['keychain_timeout', 'keychain_unavailable'] as const)(
  'removes a secret from the file whether or not there is a keychain: %s',
  async (code) => {
    expect(await removal(code, 'file')).toBe(false);
    await expect(removal(code, undefined)).rejects.toMatchObject({ code });
  },
);
