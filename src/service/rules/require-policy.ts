import { KeysError } from '../../domain/errors.js';
import type { Policy } from '../policies/policy.js';
import type { KeyStore } from '../store/key-store.js';
import { DATABASE_SETTINGS } from '../store/settings.js';

/**
 * Throws `unavailable` if the database has another policy than this server: it was empty when the server
 * started, and a backup was restored into it since then. A key of the wrong policy would be of no use.
 */
export async function requirePolicy(store: Pick<KeyStore, 'setting'>, { id }: Policy): Promise<void> {
  const kept = await store.setting(DATABASE_SETTINGS.policy);
  if (kept === null || kept === id) return;
  throw new KeysError(
    'unavailable',
    `this database is under the policy ${kept} now, and this server under ${id}`,
    {
      hint: 'start this server again',
      retryAfterSeconds: 30,
    },
  );
}
