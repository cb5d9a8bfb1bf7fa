import type { Finding } from '../../audit/finding.js';
import type { AuditSource } from '../../audit/key-rule.js';
import { DEFAULT_THRESHOLDS } from '../../audit/thresholds.js';
import type { Connection } from '../../connect/connection.js';
import type { Clock } from '../../domain/clock.js';
import type { Key } from '../../domain/key.js';
import { SYSTEMS } from '../../domain/systems.js';
import type {
  AuditRange,
  AuditsOfPolicy,
  ConsoleAudit,
  ConsoleAudits,
  ConsoleFinding,
} from '../../service/console/console-audit.js';
import type { Policy } from '../../service/policies/policy.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { ledgerDescriber } from '../audit/ledger-describer.js';
import type { Context } from '../context.js';

/** About 20 ms of work. */
const KEYS_BETWEEN_PAUSES = 50;

/** What the audits of a service may have. */
interface AuditMeans {
  /**
   * Lets other requests have their turn: SQLite responds at once, so that nothing else would run until every
   * key is judged.
   */
  readonly pause?: () => Promise<void>;
  /** The creates and rolls that the ledger of this machine has not finished. */
  readonly operations?: () => Promise<readonly Operation[]>;
}

/**
 * Audits a service's own keys by the rules and the limits of `keys audit` and by the facts of the policy that
 * it follows. A service has no ledger; that of the machine that it runs on may know of rolls that are not
 * finished. Its code is loaded by the first audit.
 */
export function auditForConsole(clock: Clock, { pause, operations }: AuditMeans = {}): AuditsOfPolicy {
  return (service, policy, ownKeyId) => async (range, counted) => {
    const [{ judgeKeys }, { createNameRegister }, { allKeys }, { readLiveActivity }, findings, last] =
      await Promise.all([
        import('../../audit/rules.js'),
        import('../../audit/name-register.js'),
        import('../../domain/all-keys.js'),
        import('../../audit/live-activity.js'),
        import('../../audit/source-findings.js'),
        import('../../service/last-manager.js'),
      ]);
    const now = clock.now();
    const known = ((await operations?.()) ?? []).map(withoutPlaces);
    const rollsThatWait = findings.rollsThatWaitOf(known);
    const judged = judgeKeys(findings.retiringIn(allKeys(service, {}), rollsThatWait), {
      ...{ now, thresholds: DEFAULT_THRESHOLDS, rollsThatWait, names: createNameRegister() },
      retirements: findings.retirementsOf(known),
      source: sourceOf(policy, ownKeyId),
      isLastManager: last.createLastManagers(service),
      readActivity: await readLiveActivity(service, now),
    });
    const page = createFindingPage(range);
    const ids = new Set<string>();
    let keys = 0;
    for await (const one of judged) {
      keys += 1;
      page.add(one.findings);
      if (known.length > 0) ids.add(one.key.id);
      if (keys % KEYS_BETWEEN_PAUSES > 0) continue;
      counted(keys);
      await pause?.();
    }
    const here = known.filter(({ key, previous }) => ids.has(key?.id ?? '') || ids.has(previous?.id ?? ''));
    page.add([...findings.unfinished(here, DEFAULT_THRESHOLDS, now)]);
    return page.audit(keys);
  };
}

/** The places of an operation are on this machine: they are nothing for others who may read the keys. */
function withoutPlaces(operation: Operation): Operation {
  const waits = operation.deliveries.find(({ delivered }) => !delivered);
  if (waits === undefined) return { ...operation, deliveries: [] };
  return { ...operation, deliveries: [{ ...waits, place: { ...waits.place, label: 'all its places' } }] };
}

function sourceOf(
  { id, title, restrictions }: Pick<Policy, 'id' | 'title' | 'restrictions'>,
  ownKeyId: string,
): AuditSource {
  const { prefixes = [] } = Object.values(SYSTEMS).find((system) => system.id === id) ?? {};
  return {
    ...{ provider: id, title, address: '', profile: null, flags: [], prefixes },
    ...{ changes: { name: true, expires_at: true, scopes: true, ips: restrictions }, baseUrl: null },
    ...{ expiry: '90d', rollsWithExpiry: true },
    ...{ credentialSource: null, credentialStoredAt: null, listedByLedger: false },
    isOwn: (key) => key === ownKeyId,
  };
}

/**
 * Audits the keys of a connection as `keys audit` does: by its provider's facts, with the ledger's operations
 * and places. Throws what the service throws. It pauses as `auditForConsole` does.
 */
export function auditConnection(connection: Connection, context: Context): ConsoleAudits {
  return async (range, counted) => {
    const [{ runAudit }, { createLastManagers }] = await Promise.all([
      import('../../audit/run.js'),
      import('../../service/last-manager.js'),
    ]);
    const page = createFindingPage(range);
    let keys = 0;
    const now = context.clock.now();
    const request = {
      ...{ connection, allProfiles: false, ledger: false, repository: null, history: false },
      ...{ thresholds: DEFAULT_THRESHOLDS, ignore: [], configPath: '', baseline: null },
      ...{ describer: ledgerDescriber(context, now), lastManagers: createLastManagers, now },
    };
    const report = {
      add: async ({ key, findings }: { readonly key: Key | null; readonly findings: readonly Finding[] }) => {
        page.add(findings);
        keys += key === null ? 0 : 1;
        if (key === null || keys % KEYS_BETWEEN_PAUSES > 0) return;
        counted(keys);
        await context.sleep(0);
      },
      end: async () => undefined,
    };
    // How far it has come is for a terminal.
    const output = { ...context.output, progress: () => undefined };
    const { tally } = await runAudit(request, report, { ...context, output });
    return page.audit(tally.keys);
  };
}

interface FindingPage {
  add(findings: readonly Finding[]): void;
  audit(keys: number): ConsoleAudit;
}

/**
 * Counts every finding and keeps those of one page: the worst first, and the newest key first among equals.
 */
function createFindingPage({ from, count }: AuditRange): FindingPage {
  const counts = { high: 0, medium: 0, low: 0 };
  const kept: Record<keyof typeof counts, ConsoleFinding[]> = { high: [], medium: [], low: [] };
  return {
    add(findings) {
      for (const { severity, rule, message, fix, key } of findings) {
        counts[severity] += 1;
        if (kept[severity].length >= from + count) continue;
        const about = key === null ? null : { id: key.id, name: key.name };
        kept[severity].push({ severity, rule, message, fix, key: about });
      }
    },
    audit: (keys) => ({
      keys,
      counts,
      findings: [...kept.high, ...kept.medium, ...kept.low].slice(from, from + count),
    }),
  };
}
