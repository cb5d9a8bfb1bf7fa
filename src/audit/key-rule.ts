import { isEnded } from '../domain/ended-key.js';
import { statusAt } from '../domain/filter-keys.js';
import type { Key, KeyStatus } from '../domain/key.js';
import type { SecretPrefix } from '../domain/provider.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import type { Operation } from '../storage/ledger/operation.js';
import type { Origin, RuleVerdict } from './finding.js';
import type { CommandTarget } from './fix.js';
import type { LiveActivity } from './live-activity.js';
import type { NameRegister } from './name-register.js';
import type { RuleId } from './rule-table.js';
import type { Thresholds } from './thresholds.js';

/** The fields of an existing key that can change. A fix never names a command that the service refuses. */
export interface ChangeableFields {
  readonly name: boolean;
  readonly expires_at: boolean;
  readonly scopes: boolean;
  /** The addresses that it may be used from. */
  readonly ips: boolean;
}

/** One service whose keys are audited. */
export interface AuditSource extends Origin, CommandTarget {
  /** The provider's name for people. */
  readonly title: string;
  readonly prefixes: readonly SecretPrefix[];
  readonly changes: ChangeableFields;
  /**
   * The expiry that a command can give a key or its successor, such as `90d`. Null: the keys of this provider
   * cannot have one.
   */
  readonly expiry: string | null;
  /** Whether `keys roll --expires` gives the successor an expiry. */
  readonly rollsWithExpiry: boolean;
  readonly baseUrl: string | null;
  /** Where the tool's own credential came from, as `Connection.credentialSource` has it. */
  readonly credentialSource: string | null;
  /**
   * When that credential was stored, ISO 8601. Null: not known, or it is one of the listed keys and judged as
   * such.
   */
  readonly credentialStoredAt: string | null;
  /** Whether the list of keys comes from the ledger, as for a dashboard. */
  readonly listedByLedger: boolean;
  /** The environment whose keys are audited; absent: those of all. */
  readonly environment?: string;
  /**
   * Whether the caller needs no key to manage keys, as at the embedded service: whoever can read its file
   * owns it.
   */
  readonly needsNoKey?: boolean;
  /**
   * Whether the key with this id is the one that the caller signs in with. A fix never revokes or limits it.
   */
  readonly isOwn: (id: string) => boolean;
}

/** What a key rule gets beside the key. */
export interface RuleContext {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly thresholds: Thresholds;
  readonly source: AuditSource;
  /** Null: the ledger has no such key. Undefined: the ledger was not read. */
  readonly ledgerKey: LedgerKey | null | undefined;
  /** When a roll of this machine stops an old key, in epoch milliseconds, by the key's id. */
  readonly retirements: ReadonlyMap<string, number>;
  /** Rolls whose new key has not reached all its places, by the old key's id. Absent: none is known. */
  readonly rollsThatWait?: ReadonlyMap<string, Operation>;
  readonly names: NameRegister;
  /** The key's recent activity. Null: the service does not report it. Undefined: it was not requested. */
  readonly activity: LiveActivity | null | undefined;
}

export interface KeyRule {
  readonly id: RuleId;
  /** The states that the rule applies to. */
  readonly about: readonly KeyStatus[];
  readonly judge: (key: Key, context: RuleContext) => RuleVerdict;
}

/** Returns the state of a key at `now`. A key past its expiry is expired, whatever its record says. */
export function standing(key: Key, now: number): KeyStatus {
  if (isEnded(key.status)) return key.status;
  const atNow = statusAt(key, now);
  return atNow === 'active' ? (key.status ?? atNow) : atNow;
}

/** Returns a service's timestamp in epoch milliseconds; undefined if it is absent, null or not a time. */
export function instant(iso: string | null | undefined): number | undefined {
  const at = iso ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
