import type { Policy } from '../policies/policy.js';
import type { EncryptionKeyGuard } from '../store/key-store.js';
import type { Caller } from './caller.js';

/**
 * Returns what the transaction that adds a pair must check: the encryption key may change after the pair was
 * encrypted and before it is stored. Nothing for a single secret. Throws `unavailable` if the key has changed
 * already.
 */
export async function encryptionKeyGuard(
  { cipher }: Pick<Caller, 'cipher'>,
  policy: Policy,
): Promise<{ readonly encryptionKey?: EncryptionKeyGuard }> {
  if (policy.credential !== 'pair' || cipher === undefined) return {};
  await cipher.requireCurrent();
  return { encryptionKey: cipher.refuseChanged };
}
