import { statusAt } from '../domain/filter-keys.js';
import type { Key, KeyStatus } from '../domain/key.js';
import type { SecretPrefix } from '../domain/provider.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import type { Origin, RuleVerdict } from './finding.js';
import type { CommandTarget } from './fix.js';
import type { LiveActivity } from './live-activity.js';
import type { NameRegister } from './name-register.js';
import type { RuleId } from './rule-table.js';
import type { Thresholds } from './thresholds.js';

/** What can be changed of a key that exists. A fix never names a command that the service refuses. */
export interface ChangeableFields {
  readonly name: boolean;
  readonly expires_at: boolean;
  /** The addresses that it may be used from. */
  readonly ips: boolean;
}

/** One service whose keys are audited. */
export interface AuditSource extends Origin, CommandTarget {
  /** The provider's name for people. */
  readonly title: string;
  readonly prefixes: readonly SecretPrefix[];
  readonly changes: ChangeableFields;
  readonly baseUrl: string | null;
  /** Where the tool's own credential came from, as `Connection.credentialSource` has it. */
  readonly credentialSource: string | null;
  /** When that credential was stored, ISO 8601; null: not known, or it is one of the keys that are listed and judged. */
  readonly credentialStoredAt: string | null;
  /** Whether its list is the ledger's own, as of a dashboard. */
  readonly listedByLedger: boolean;
}

/** What the key rules may know beside the key. */
export interface RuleContext {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly thresholds: Thresholds;
  readonly source: AuditSource;
  /** Null: the ledger has no such key; undefined: it was not asked. */
  readonly ledgerKey: LedgerKey | null | undefined;
  /** Epoch milliseconds at which a roll of this machine revokes a key, by the key's id. */
  readonly retirements: ReadonlyMap<string, number>;
  readonly names: NameRegister;
  /** What the service noticed of the key. Null: the service does not tell it; undefined: it was not asked. */
  readonly activity: LiveActivity | null | undefined;
}

export interface KeyRule {
  readonly id: RuleId;
  /** How a key must stand for the rule to be about it. */
  readonly about: readonly KeyStatus[];
  readonly judge: (key: Key, context: RuleContext) => RuleVerdict;
}

/** The status of a key at `now`: a key expires at its time, whatever its record says. */
export function standing(key: Key, now: number): KeyStatus {
  if (key.status === 'expired' || key.status === 'revoked') return key.status;
  const atNow = statusAt(key, now);
  return atNow === 'active' ? (key.status ?? atNow) : atNow;
}

/** Epoch milliseconds of a time that a service tells; undefined where it is absent, none, or no time at all. */
export function instant(iso: string | null | undefined): number | undefined {
  const at = iso ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
