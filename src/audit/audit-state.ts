import type { ConnectContext, Connection } from '../connect/connection.js';
import type { Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import type { Account } from '../domain/managed-key.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { Operation, OperationTarget } from '../storage/ledger/operation.js';
import type { Baseline, createTrend } from './baseline.js';
import type { Ignore } from './config.js';
import type { Finding } from './finding.js';
import type { FoundByKey } from './found-by-key.js';
import type { Ignores } from './ignores.js';
import { type AuditSource, instant, standing } from './key-rule.js';
import type { Owners } from './owners.js';
import type { Progress } from './progress.js';
import type { KeyFindings, Report } from './reports/report.js';
import { referenceTo } from './rules.js';
import type { SourceSummary, Tally } from './tally.js';
import type { Thresholds } from './thresholds.js';

/** What this room needs of a call of the program. `cli/context.ts` has all of it. */
export type AuditContext = ConnectContext;

/** What an audit looks at. */
export interface AuditRequest {
  /** The service to audit, opened already; absent: the one that flags and environment name. */
  readonly connection?: Connection;
  /** Every service that is known on this machine, instead of the one in use. */
  readonly allProfiles: boolean;
  /** With `allProfiles`: accounts that no profile names, such as those of a `keys.yaml`. */
  readonly accounts?: readonly OperationTarget[];
  /** Also keys that the ledger does not know. */
  readonly ledger: boolean;
  /** The folder whose files are searched; null: none. */
  readonly repository: string | null;
  /** Whether everything that was ever committed is searched, too. */
  readonly history: boolean;
  readonly thresholds: Thresholds;
  readonly ignore: readonly Ignore[];
  /** The config's path, for the location of a stale ignore. */
  readonly configPath: string;
  /** An earlier audit to compare with; null: there is none. */
  readonly baseline: Baseline | null;
  /** What adds the ledger's knowledge to the keys of one account, such as the end of an old key. */
  readonly describer: (account: Pick<Account, 'provider' | 'address'>) => Promise<(key: Key) => Key>;
  /** Makes what says of the keys of a key service whether no other one could manage keys as fully. */
  readonly lastManagers: (service: KeyService) => (key: Key) => Promise<boolean>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The state of one audit. */
export interface AuditState {
  readonly request: AuditRequest;
  readonly context: AuditContext;
  readonly report: Report;
  readonly ledger: Ledger;
  readonly operations: readonly Operation[];
  readonly tally: Tally;
  readonly trend: ReturnType<typeof createTrend> | null;
  readonly ignores: Ignores;
  readonly owners: Owners;
  readonly inFiles: FoundByKey;
  readonly progress: Progress;
  /** What identifies each key so far, where several profiles may lead to one. */
  readonly seen: Set<string>;
}

/** A service that was audited. */
export type AuditedSource = SourceSummary & { readonly of: AuditSource };

/** Reports and counts what is not ignored. */
export async function add(
  { ignores, tally, report, trend, request }: AuditState,
  { key, source, findings }: KeyFindings,
): Promise<void> {
  const reported: Finding[] = [];
  for (const finding of findings) {
    const ignore = ignores.coveredBy(finding);
    if (ignore !== null) {
      tally.addIgnored(finding, ignore.reason);
      trend?.ignore(finding);
      continue;
    }
    tally.add(finding);
    trend?.add(finding);
    const state =
      trend === null ? {} : ({ baseline_state: trend.isNew(finding) ? 'new' : 'unchanged' } as const);
    reported.push({ ...finding, ...state });
  }
  if (key !== null && source !== null) {
    const status = standing(key, request.now);
    if (status === 'revoked') tally.revoked += 1;
    const { created_at, last_used } = key;
    const inUse = status === 'active' && last_used !== null && instant(created_at) !== undefined;
    tally.addKey(reported, inUse && created_at ? { ...referenceTo(key, source), created_at } : null);
  }
  await report.add({ key, source, findings: reported });
}
