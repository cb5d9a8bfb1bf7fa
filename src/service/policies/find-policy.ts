import { KeysError } from '../../domain/errors.js';
import { PREFIXES } from '../../domain/secret-format.js';
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

/**
 * What a secret may begin with under a policy: the prefixes of management keys, and its own, the longest
 * first.
 */
export function prefixesUnder(policy: Policy): readonly string[] {
  let found = PREFIXES_UNDER.get(policy);
  if (found === undefined) {
    const own = policy.types.flatMap((type) =>
      policy.environments.map((place) => policy.prefix(type, place)),
    );
    found = [...new Set([...PREFIXES, ...own])].sort((a, b) => b.length - a.length);
    PREFIXES_UNDER.set(policy, found);
  }
  return found;
}

/** Asked for by every request with a key. */
const PREFIXES_UNDER = new WeakMap<Policy, readonly string[]>();

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
