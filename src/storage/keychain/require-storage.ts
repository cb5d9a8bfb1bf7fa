import type { Credentials } from './credentials.js';

/** Marks the item of a trial. */
const TRIAL = 'trial';

type Storage = { credentials(): Promise<Pick<Credentials, 'store' | 'remove'>> };

/** Throws what the keychain throws if it cannot store a secret. */
export async function requireStorage(context: Storage, insecureStorage: boolean): Promise<void> {
  if (!insecureStorage) await tryStorage(context, insecureStorage);
}

/**
 * Stores something and removes it: a locked keychain still allows reads, so only a write proves that it
 * works. Throws what the keychain, or the file, throws. The item is a unique one: programs at once must not
 * remove each other's, nor write over what another has just stored.
 */
export async function tryStorage(context: Storage, insecureStorage: boolean): Promise<void> {
  const item = `key:probe:${crypto.randomUUID()}`;
  const credentials = await context.credentials();
  await credentials.store(item, { secret: TRIAL, origin: TRIAL }, { insecureStorage });
  await credentials.remove(item);
}
