/**
 * The key service: its rules, policies, store and HTTP server. The room `connect` imports
 * `openEmbeddedService` and how a caller presents a key; the command line imports `serveKeys`, the transfer
 * of keys, and what `serve` needs to open the database and create a management key.
 */

import type { Clock } from '../domain/clock.js';
import type { RequestFacts } from '../domain/key-service.js';
import { type Authentication, type AuthenticationFacts, authenticate, recheck } from './authenticate.js';
import type { ImportedSecrets } from './imported-secrets.js';
import { keyRecord } from './key-record.js';
import { createLimitCounter, type LimitCounter } from './limit-counter.js';
import { KEYS_POLICY } from './policies/keys.js';
import type { Policy } from './policies/policy.js';
import type { Principal } from './principal.js';
import { callerOf, type KeyEvent, type OnKeyEvent, type RulesContext } from './rules/caller.js';
import { changeKeys } from './rules/change-keys.js';
import { createKeys } from './rules/create-keys.js';
import { readKeys } from './rules/read-keys.js';
import { rollKeys } from './rules/roll-keys.js';
import type { ServedKeys } from './rules/served-keys.js';
import type { SecretCipher } from './secret-cipher.js';
import type { CheckedKey, KeyRow, KeyStore } from './store/key-store.js';

export interface KeyRulesOptions {
  /** Default: the documented key endpoints. */
  readonly policy?: Policy;
  /** For a policy with pairs. */
  readonly cipher?: SecretCipher;
  readonly onEvent?: OnKeyEvent;
  /** Counts the uses that verifying takes. A caller that passes one also flushes it. */
  readonly limitCounter?: LimitCounter;
  /** Finds keys that were imported from another key system; default: there are none. */
  readonly imported?: ImportedSecrets;
}

export interface KeyRules {
  /** The contract as one caller may use it. */
  as(principal: Principal): ServedKeys;
  /** Whether a secret is good for a request. A use is not recorded here: see `recordUse`. */
  authenticate(secret: string, facts: AuthenticationFacts): Promise<Authentication>;
  /** Whether the key with this id, which has authenticated before, is still valid for a request. */
  recheck(id: string, facts: RequestFacts): Promise<Authentication<KeyRow>>;
}

/**
 * The rules of the key service over a store: the one place where they are. Input is checked here, whoever
 * calls.
 */
export function createKeyRules(
  store: KeyStore,
  clock: Clock,
  {
    policy = KEYS_POLICY,
    cipher,
    onEvent = () => undefined,
    limitCounter = createLimitCounter(store, clock),
    imported,
  }: KeyRulesOptions = {},
): KeyRules {
  const authenticateIn =
    <Row extends CheckedKey>(find: (digest: string) => Promise<Row | null>) =>
    (secret: string, facts: AuthenticationFacts) =>
      authenticate({ find, policy, cipher, imported }, secret, facts, clock.now());
  // A caller's whole record, for `verify`. The gateway reads less of it.
  const check = authenticateIn(store.byDigest);
  const tell = (event: KeyEvent, row: KeyRow) => {
    const { id, sealed_secret_key } = row;
    // A notice that cannot be signed is not sent. The change that it is about has been made.
    const secretKey = sealed_secret_key === null ? null : (cipher?.tryOpen(sealed_secret_key, id) ?? null);
    onEvent(event, keyRecord(row, clock.now()), secretKey);
  };
  const means: RulesContext = { store, clock, policy, cipher, check, tell, limitCounter };
  return {
    as: (principal) => serviceFor(principal, means),
    authenticate: authenticateIn(store.checkedByDigest),
    async recheck(id, facts) {
      const row = await store.byId(id);
      if (row === null) return { valid: false, reason: 'unknown' };
      return recheck(row, policy, facts, clock.now());
    },
  };
}

/**
 * The contract as one caller may use it: every method checks the caller's rights first. A request uses one of
 * them, so no other is made for it.
 */
function serviceFor(principal: Principal, means: RulesContext): ServedKeys {
  const caller = callerOf(principal, means);
  return {
    create: (...call) => createKeys(caller).create(...call),
    acknowledge: (...call) => createKeys(caller).acknowledge(...call),
    list: (...call) => readKeys(caller).list(...call),
    get: (...call) => readKeys(caller).get(...call),
    verify: (...call) => readKeys(caller).verify(...call),
    events: (...call) => readKeys(caller).events(...call),
    usage: (...call) => readKeys(caller).usage(...call),
    whoami: () => readKeys(caller).whoami(),
    update: (...call) => changeKeys(caller).update(...call),
    pause: (...call) => changeKeys(caller).pause(...call),
    unpause: (...call) => changeKeys(caller).unpause(...call),
    revoke: (...call) => changeKeys(caller).revoke(...call),
    roll: (...call) => rollKeys(caller).roll(...call),
  };
}
