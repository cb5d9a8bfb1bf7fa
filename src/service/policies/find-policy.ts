import { KeysError } from '../../domain/errors.js';
import type { KeyRow } from '../store/key-store.js';
import { JAHUTY_POLICY } from './jahuty.js';
import { KEYS_POLICY } from './keys.js';
import { isManagement, type Policy } from './policy.js';
import { SWIFTSELL_POLICY } from './swiftsell.js';
import { TRUST_SWIFTLY_POLICY } from './trust-swiftly.js';
import { TYLT_POLICY } from './tylt.js';

export const POLICIES: readonly Policy[] = [
  KEYS_POLICY,
  TRUST_SWIFTLY_POLICY,
  SWIFTSELL_POLICY,
  TYLT_POLICY,
  JAHUTY_POLICY,
];

/** Throws `usage` with the policies that there are. */
export function findPolicy(id: string): Policy {
  const found = POLICIES.find((policy) => policy.id === id);
  if (found !== undefined) return found;
  throw new KeysError('usage', `no such policy: ${id}`, {
    hint: `one of ${POLICIES.map((policy) => policy.id).join(', ')}`,
  });
}

/** The policy of one key: those that manage keys are the same everywhere. */
export function policyOf(key: Pick<KeyRow, 'scopes'>, database: Policy): Policy {
  return isManagement(key.scopes) ? KEYS_POLICY : database;
}
