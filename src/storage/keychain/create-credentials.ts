import { type Clock, isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Credentials, StoredCredential } from './credentials.js';
import type { CredentialsFile } from './credentials-file.js';
import type { Keychain } from './keychain.js';

/** The keychain's name for this tool. */
const SERVICE = 'keys-cli';
const FILE_SOURCE = 'file (insecure)';

/**
 * Credentials in the keychain, or in the file where that was asked for. The file is read first: a credential
 * is there because the keychain cannot be used, so the program must not wait for the keychain. `keepsInFile`:
 * the setting says so; then a keychain that cannot be used has no credential either.
 */
export function createCredentials(
  keychain: Keychain,
  file: CredentialsFile,
  clock: Clock,
  { keepsInFile = () => false }: { readonly keepsInFile?: () => boolean } = {},
): Credentials {
  return {
    async read(profile) {
      const kept = file.read(profile);
      if (kept !== null) return { ...kept, source: FILE_SOURCE, path: file.path };
      try {
        const response = await keychain.call({ op: 'read', service: SERVICE, account: profile });
        if (response.secret === undefined) return null;
        return { ...parseItem(response.secret, profile), source: keychainSource(response.library) };
      } catch (error) {
        if (keepsInFile() && cannotBeUsed(error)) return null;
        throw error;
      }
    },

    async store(profile, { secret, origin, key_id }, { insecureStorage }) {
      const credential = { secret, origin, stored_at: isoTime(clock.now()), ...compact({ key_id }) };
      if (insecureStorage) {
        await file.store(profile, credential);
        return FILE_SOURCE;
      }
      const item = JSON.stringify(credential);
      const { library } = await keychain.call({
        op: 'store',
        service: SERVICE,
        account: profile,
        secret: item,
      });
      // One place only: an older one in the file would be read first.
      await file.remove(profile);
      return keychainSource(library);
    },

    async remove(profile, { inOnePlace = false } = {}) {
      const fromFile = await file.remove(profile);
      // The keychain is a program of its own: it is asked only where it may have something.
      if (fromFile && inOnePlace) return true;
      try {
        const { removed } = await keychain.call({ op: 'remove', service: SERVICE, account: profile });
        return fromFile || removed === true;
      } catch (error) {
        if (keepsInFile() && cannotBeUsed(error)) return fromFile;
        if (fromFile && error instanceof KeysError && error.code === 'keychain_unavailable') return true;
        throw error;
      }
    },

    backend: async () => await backendOf(keychain),
  };
}

const keychainSource = (library: string) => `keychain (${library})`;

/** The keychain's library, or why the keychain cannot be used. */
async function backendOf(keychain: Keychain): ReturnType<Credentials['backend']> {
  try {
    const { library } = await keychain.call({ op: 'probe', service: SERVICE, account: 'probe' });
    return { name: keychainSource(library), usable: true };
  } catch (error) {
    return {
      name: 'none',
      usable: false,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Whether there is no keychain, or none that responds. */
function cannotBeUsed(error: unknown): boolean {
  return (
    error instanceof KeysError && (error.code === 'keychain_unavailable' || error.code === 'keychain_timeout')
  );
}

function parseItem(text: string, profile: string): StoredCredential {
  try {
    const { secret, origin, stored_at, key_id } = JSON.parse(text) as Partial<StoredCredential>;
    const others = [key_id, stored_at].every((text) => text === undefined || typeof text === 'string');
    const isTime = stored_at === undefined || !Number.isNaN(Date.parse(stored_at));
    if (typeof secret === 'string' && typeof origin === 'string' && others && isTime)
      return { secret, origin, ...compact({ stored_at, key_id }) };
  } catch {
    // Not ours: told below, without the text.
  }
  throw new KeysError(
    'keychain_unavailable',
    `the keychain holds something else for ${profile} under the name of this tool`,
    {
      next: 'log_in_again',
    },
  );
}
