import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { KeyService, PolicyFacts } from '../domain/key-service.js';

/** Whose a credential is. */
export interface Identity {
  readonly key: Key | null;
  readonly policy: string | null;
}

/** What `identify` found. */
interface Identified extends Identity {
  readonly facts: PolicyFacts | null;
}

/**
 * Returns whose the credential is, and the policy that a key service follows; null for what the service does
 * not say. A service without `whoami` is sent a list request instead.
 */
export async function identify(service: KeyService): Promise<Identified> {
  try {
    const own = await service.whoami();
    if (own === null) return { key: null, policy: null, facts: null };
    const { policy = null, policy_facts: facts = null, ...key } = own;
    return { key, policy, facts };
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
    await service.list({ limit: 1 });
    return { key: null, policy: null, facts: null };
  }
}
