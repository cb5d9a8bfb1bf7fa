import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';

/** Whose a credential is. */
export interface Identity {
  readonly key: Key | null;
  readonly policy: string | null;
}

/**
 * Returns whose the credential is, and the policy that a key service follows; null for what the service does not say. A service
 * without `whoami` is sent a list request instead.
 */
export async function identify(service: KeyService): Promise<Identity> {
  try {
    const own = await service.whoami();
    if (own === null) return { key: null, policy: null };
    const { policy = null, ...key } = own;
    return { key, policy };
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
    await service.list({ limit: 1 });
    return { key: null, policy: null };
  }
}
