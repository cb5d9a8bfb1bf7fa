import type { Clock } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { CreatedKey } from '../domain/key.js';
import { storedJson } from '../storage/sql/stored-row.js';
import { type ImportedSecrets, openImportedSecrets } from './imported-secrets.js';
import type { LimitCounter } from './limit-counter.js';
import { findPolicy } from './policies/find-policy.js';
import { KEYS_POLICY } from './policies/keys.js';
import { type OwnPrefixes, readOwnPrefixes, withOwnPrefixes } from './policies/own-prefixes.js';
import type { Policy } from './policies/policy.js';
import { OWNER } from './principal.js';
import type { OnKeyEvent } from './rules/caller.js';
import { createKeyRules, type KeyRules } from './rules.js';
import { type EncryptionKeySource, openSecretCipher } from './secret-cipher.js';
import type { KeyStore } from './store/key-store.js';
import { DATABASE_SETTINGS } from './store/settings.js';
import { ownPrefixes, SERVICE_SETTINGS } from './store/stored-tables.js';

export interface OpenRulesOptions {
  /** The policy that is asked for; absent: the database's own. */
  readonly policy?: string;
  /** Needed where the policy has pairs. */
  readonly encryptionKey?: EncryptionKeySource;
  readonly onEvent?: OnKeyEvent;
  /**
   * What new keys begin with, as `readOwnPrefixes` reads it; kept in the database. Absent: what the database
   * keeps.
   */
  readonly prefixes?: readonly string[];
  /** For digests by HMAC that were imported. */
  readonly hmacKeys?: readonly Uint8Array[];
  /** Counts the uses that verifying takes; default: one that nobody writes down. */
  readonly limitCounter?: LimitCounter;
}

export interface OpenedRules {
  readonly rules: KeyRules;
  readonly policy: Policy;
  /** Keys that the policy has from the start, made just now. */
  readonly firstKeys: readonly CreatedKey[];
  readonly imported: ImportedSecrets;
}

/**
 * The rules under a database's policy, which is chosen when the database is first used and stays. Throws
 * `usage` for an unknown policy and `conflict` for another than the database's.
 */
export async function openKeyRules(
  store: KeyStore,
  clock: Clock,
  { policy: asked, prefixes, hmacKeys, encryptionKey, onEvent, limitCounter }: OpenRulesOptions,
): Promise<OpenedRules> {
  const wanted = asked === undefined ? undefined : findPolicy(asked);
  const { policy: system, chosenNow } = await policyOfDatabase(store, wanted);
  const policy = withOwnPrefixes(system, await prefixesOf(store, prefixes, system));
  const cipher =
    policy.credential === 'pair' && encryptionKey !== undefined
      ? await openSecretCipher(encryptionKey, store)
      : undefined;
  const imported = await openImportedSecrets(store, hmacKeys);
  const rules = createKeyRules(store, clock, {
    policy,
    imported,
    ...compact({ cipher, onEvent, limitCounter }),
  });
  const firstKeys: CreatedKey[] = [];
  if (chosenNow) {
    for (const key of policy.firstKeys) {
      const made = await createFirst(rules, key);
      if (made !== null) firstKeys.push(made);
    }
  }
  return { rules, policy, firstKeys, imported };
}

/**
 * Those that are asked for, which the database then keeps; else those that it keeps. Throws what
 * `readOwnPrefixes` throws.
 */
async function prefixesOf(
  store: KeyStore,
  asked: readonly string[] | undefined,
  policy: Policy,
): Promise<OwnPrefixes> {
  const name = DATABASE_SETTINGS.ownPrefixes;
  const value = await store.setting(name);
  const kept =
    value === null ? null : storedJson<OwnPrefixes>(SERVICE_SETTINGS, { name, value }, 'value', ownPrefixes);
  if (asked === undefined) return kept ?? {};
  const wanted = readOwnPrefixes(asked, policy);
  const text = JSON.stringify(wanted);
  if (text !== (value ?? '{}')) await store.putSetting(name, text);
  return wanted;
}

/** Null where another server, started at the same moment on the same database, has made it. */
async function createFirst(rules: KeyRules, key: Policy['firstKeys'][number]): Promise<CreatedKey | null> {
  try {
    return await rules.as(OWNER).create(key, { idempotencyKey: `first key ${key.name}` });
  } catch (error) {
    if (error instanceof KeysError && error.code === 'response_gone') return null;
    throw error;
  }
}

async function policyOfDatabase(
  store: KeyStore,
  wanted: Policy | undefined,
): Promise<{ policy: Policy; chosenNow: boolean }> {
  // In this order: another server that starts at the same moment keeps the policy first, and then makes its
  // first key.
  const isEmpty = await store.isEmpty();
  const kept = await store.setting(DATABASE_SETTINGS.policy);
  // A database from before there were policies, or one that was used without naming any, is of the documented
  // endpoints.
  const own = kept ?? (isEmpty ? null : KEYS_POLICY.id);
  if (own === null && wanted !== undefined) {
    const now = await store.putSettingOnce(DATABASE_SETTINGS.policy, wanted.id);
    if (now === wanted.id) return { policy: wanted, chosenNow: true };
    throw otherPolicy(now, wanted);
  }
  if (own !== null && wanted !== undefined && own !== wanted.id) throw otherPolicy(own, wanted);
  return { policy: own === null ? KEYS_POLICY : findPolicy(own), chosenNow: false };
}

function otherPolicy(own: string, wanted: Policy): KeysError {
  return new KeysError('conflict', `this database is under the policy ${own}, not ${wanted.id}`, {
    hint: 'a database keeps its policy',
    next: 'keep_policy',
  });
}
