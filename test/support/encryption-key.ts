import type { EncryptionKeySource } from '../../src/service/secret-cipher.js';

/** An encryption key in memory, obviously fake; `found` false: none was made yet. */
export function testEncryptionKey(byte = 7, found = true): EncryptionKeySource {
  const key = Buffer.alloc(32, byte);
  return { where: 'the test', find: async () => (found ? key : null), make: async () => key };
}
