import { KeysError } from '../../domain/errors.js';
import type { Credentials } from './credentials.js';

/** Marks the item of a trial. */
const TRIAL = 'trial';
/**
 * One item for every trial: a program that is killed between the two steps leaves it, without a secret, and
 * the next trial removes it.
 */
const ITEM = 'key:probe:trial';

type Storage = { credentials(): Promise<Pick<Credentials, 'store' | 'remove'>> };

/** Throws what the keychain throws if it cannot store a secret. */
export async function requireStorage(context: Storage, insecureStorage: boolean): Promise<void> {
  if (!insecureStorage) await tryStorage(context, insecureStorage);
}

/**
 * Stores something and removes it: a locked keychain still allows reads, so only a write proves that it
 * works. Throws what the keychain, or the file, throws at the write. A removal that fails says nothing of the
 * storage: programs at once may remove each other's item.
 */
export async function tryStorage(context: Storage, insecureStorage: boolean): Promise<void> {
  const credentials = await context.credentials();
  await credentials.store(ITEM, { secret: TRIAL, origin: TRIAL }, { insecureStorage });
  try {
    await credentials.remove(ITEM);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
  }
}
