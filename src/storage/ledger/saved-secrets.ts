import { KeysError } from '../../domain/errors.js';
import { isRecord } from '../../domain/is-record.js';
import type { Credential } from '../../domain/key.js';
import { clauses, instead, option, words } from '../../domain/words.js';
import type { Credentials, FoundCredential } from '../keychain/credentials.js';
import { requireStorage } from '../keychain/require-storage.js';
import type { Settings } from '../settings.js';
import type { KeyAddress } from './ledger.js';

/**
 * Secrets of keys in the OS keychain, or in a 0600 file if the user asked for it. Errors: see `Credentials`.
 */
export interface SavedSecrets {
  /** Throws if nothing can be saved. Call it before a secret exists that would have no place. */
  reserve(): Promise<void>;
  /** Returns where it went, such as `keychain (keytar)`. */
  save(item: string, credential: Credential): Promise<string>;
  /** Throws `not_found` if there is none, and `settings_unreadable` for one that is damaged. */
  read(item: string): Promise<Credential>;
  remove(item: string, options?: { readonly inOnePlace?: boolean }): Promise<boolean>;
}

/**
 * Returns the name under which a key's secret is kept. Names of profiles have no colon, so the two never
 * collide.
 */
export function secretItem({ provider, address }: KeyAddress, id: string): string {
  return `key:${provider}:${address}:${id}`;
}

/** Marks an item as the secret of a key. A credential of the tool has the origin of its service here. */
const ORIGIN = 'saved key';

const NO_KEYCHAIN: ReadonlySet<string> = new Set(['keychain_timeout', 'keychain_unavailable']);

/**
 * Returns the saved secrets: in the 0600 file if `insecureStorage` or the setting `storage` says so, else in
 * the keychain. The keychain's code is loaded at the first use: most operations keep no secret.
 */
export function openSavedSecrets(
  context: { credentials(): Promise<Credentials>; settings(): Pick<Settings, 'get'> },
  choices: { readonly insecureStorage?: boolean | undefined } = {},
): SavedSecrets {
  const insecureStorage = choices.insecureStorage ?? context.settings().get('storage') === 'file';
  return {
    async reserve() {
      try {
        await requireStorage(context, insecureStorage);
      } catch (error) {
        if (!(error instanceof KeysError)) throw error;
        throw new KeysError(error.code, words`cannot save the secret: ${error.wording.message}`, {
          hint: clauses(
            'start or unlock a keychain',
            instead(
              words`or deliver to other places alone (a key from a dashboard: with ${option('no-escrow')})`,
              'or deliver to other places alone',
            ),
          ),
          next: 'store_in_file',
        });
      }
    },

    async save(item, credential) {
      const secret = JSON.stringify(credential);
      return await (await context.credentials()).store(item, { secret, origin: ORIGIN }, { insecureStorage });
    },

    async read(item) {
      const kept = await (await context.credentials()).read(item);
      if (kept === null) {
        throw new KeysError('not_found', 'the secret is no longer where it was kept', {
          hint: 'roll the key for a new one',
          next: 'import_key',
        });
      }
      return credentialIn(kept, item);
    },

    async remove(item, options) {
      try {
        return await (await context.credentials()).remove(item, options);
      } catch (error) {
        // With the file in use, the keychain holds nothing, so it does not matter that it is missing or does
        // not respond.
        if (insecureStorage && error instanceof KeysError && NO_KEYCHAIN.has(error.code)) return false;
        throw error;
      }
    },
  };
}

/**
 * The credential of a saved key. What is damaged is not repeated, and the parser's own message quotes it: it
 * may be a part of the secret.
 */
function credentialIn({ secret, source, path }: FoundCredential, item: string): Credential {
  const parts = partsIn(secret);
  const isText = (part: unknown) => typeof part === 'string' && part !== '';
  if (isRecord(parts)) {
    const { secret: single, api_key, secret_key } = parts as Partial<Record<string, string>>;
    if (isText(single) && api_key === undefined && secret_key === undefined) return { secret: `${single}` };
    if (isText(api_key) && isText(secret_key) && single === undefined)
      return { api_key: `${api_key}`, secret_key: `${secret_key}` };
  }
  throw new KeysError(
    'settings_unreadable',
    `the saved secret is damaged: ${item} in ${path ?? `the ${source}`}`,
    {
      hint: 'it was left as it is; restore it from a backup, or roll the key for a new one',
      next: 'import_key',
    },
  );
}

function partsIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
