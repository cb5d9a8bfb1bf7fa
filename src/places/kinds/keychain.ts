import { KeysError } from '../../domain/errors.js';
import type { PlaceKind } from '../place.js';

/**
 * The OS keychain, or the 0600 file if that was chosen. Which item holds the secret is the ledger's business:
 * whoever plans a delivery sets `target.item`, and `target.storage` to `file` for the 0600 file.
 */
export const keychain: PlaceKind = {
  id: 'keychain',
  title: 'the OS keychain',
  syntax: 'keychain',
  examples: ['keychain'],
  remembered: true,
  local: true,
  holds: 'credential',
  parse(rest) {
    if (rest === '') return { target: {}, names: [] };
    throw new KeysError('usage', 'the keychain takes no address', { hint: 'the word alone: keychain' });
  },
  address: () => '',
  open({ target }, context) {
    const { item } = target;
    // Without a choice of its own, the place follows the setting `storage`.
    const secrets = () => context.savedSecrets(target['storage'] === 'file' ? { insecureStorage: true } : {});
    const named = () => {
      if (item !== undefined) return item;
      throw new TypeError('a keychain place is delivered to with its item');
    };
    const probe = async () => {
      await (await secrets()).reserve();
      return [];
    };
    return {
      probe,
      deliver: async (credential) => void (await (await secrets()).save(named(), credential)),
      async erase() {
        await (await secrets()).remove(named());
        return [];
      },
    };
  },
};
