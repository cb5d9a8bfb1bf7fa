import type { Credentials } from './credentials.js';

/** Marks the item of a trial. */
const TRIAL = 'trial';

/**
 * Throws what the keychain throws if it cannot store a secret. A locked keychain still allows reads, so only
 * a write proves that it works. The item is a unique one: programs at once must not remove each other's.
 */
export async function requireStorage(
  context: { credentials(): Promise<Credentials> },
  insecureStorage: boolean,
): Promise<void> {
  if (insecureStorage) return;
  const item = `key:probe:${crypto.randomUUID()}`;
  const credentials = await context.credentials();
  await credentials.store(item, { secret: TRIAL, origin: TRIAL }, { insecureStorage });
  await credentials.remove(item);
}
