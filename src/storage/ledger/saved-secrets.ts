import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import type { Credentials } from '../keychain/credentials.js';
import type { Settings } from '../settings.js';
import type { KeyPlace } from './ledger.js';

/** Secrets of keys, kept in the OS keychain (or in the 0600 file where that was asked for). Errors: see `Credentials`. */
export interface SavedSecrets {
  /** Throws where nothing could be saved: asked before a secret is there that would then have no place. */
  reserve(): Promise<void>;
  /** Returns where it went, such as `keychain (keytar)`. */
  save(item: string, credential: Credential): Promise<string>;
  /** Throws `not_found` where there is none. */
  read(item: string): Promise<Credential>;
  remove(item: string): Promise<boolean>;
}

/** The name under which a key's secret is kept. A colon: no profile has one in its name. */
export function secretItem({ provider, place }: KeyPlace, id: string): string {
  return `key:${provider}:${place}:${id}`;
}

/** Which kind of thing a kept item is, where a credential of the tool's own has its origin. */
const ORIGIN = 'saved key';

/** Opens the saved secrets: in the 0600 file if `insecureStorage` or the setting `storage` says so, else in the keychain. */
export async function openSavedSecrets(
  context: { credentials(): Promise<Credentials>; settings(): Pick<Settings, 'get'> },
  { insecureStorage }: { readonly insecureStorage?: boolean | undefined } = {},
): Promise<SavedSecrets> {
  const inFile = insecureStorage ?? context.settings().get('storage') === 'file';
  return createSavedSecrets(await context.credentials(), inFile);
}

function createSavedSecrets(credentials: Credentials, insecureStorage: boolean): SavedSecrets {
  return {
    async reserve() {
      if (insecureStorage) return;
      // An item of its own: programs that run at once must not remove each other's.
      const probe = `key:probe:${crypto.randomUUID()}`;
      try {
        // Really kept and removed again: a keychain that is locked responds to questions all the same.
        await credentials.store(probe, { secret: 'probe', origin: ORIGIN }, { insecureStorage });
        await credentials.remove(probe);
      } catch (error) {
        if (!(error instanceof KeysError)) throw error;
        throw new KeysError(error.code, `the secret could not be kept: ${error.message}`, {
          hint: 'unlock or start a keychain; or keep secrets in a 0600 file with --insecure-storage',
        });
      }
    },

    save: (item, credential) =>
      credentials.store(item, { secret: JSON.stringify(credential), origin: ORIGIN }, { insecureStorage }),

    async read(item) {
      const kept = await credentials.read(item);
      if (kept === null) {
        throw new KeysError('not_found', 'the secret is no longer where it was kept', {
          hint: 'roll the key for a new one',
          next: 'import_key',
        });
      }
      return JSON.parse(kept.secret) as Credential;
    },

    async remove(item) {
      try {
        return await credentials.remove(item);
      } catch (error) {
        // Who keeps secrets in the file has no keychain that could hold one.
        if (insecureStorage && error instanceof KeysError && error.code === 'keychain_unavailable')
          return false;
        throw error;
      }
    },
  };
}
