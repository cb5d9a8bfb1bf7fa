import { DEFAULT_THRESHOLDS } from '../audit/thresholds.js';
import type { Clock } from '../domain/clock.js';
import type { ConsoleAudits, ConsoleFinding } from '../service/console/console-audit.js';

/**
 * Audits a service's keys for the console, by the rules and the limits of `keys audit`. It counts every finding and returns
 * those of one page: the worst first, and the newest key first among equals. Its code is loaded by the first audit.
 */
export function auditForConsole(clock: Clock): ConsoleAudits {
  return async (service, { from, count }) => {
    const [{ judgeKeys }, { createNameRegister }, { allKeys }] = await Promise.all([
      import('../audit/rules.js'),
      import('../audit/name-register.js'),
      import('../domain/all-keys.js'),
    ]);
    const judged = judgeKeys(allKeys(service, {}), {
      now: clock.now(),
      thresholds: DEFAULT_THRESHOLDS,
      source: {
        ...{ provider: 'keys', title: 'key service', place: '', profile: null, flags: [], prefixes: [] },
        ...{ changes: { name: true, expires_at: true, ips: true }, baseUrl: null, credentialSource: null },
        ...{ credentialStoredAt: null, listedByLedger: false },
      },
      retirements: new Map(),
      names: createNameRegister(),
    });
    let keys = 0;
    const counts = { high: 0, medium: 0, low: 0 };
    const kept: Record<keyof typeof counts, ConsoleFinding[]> = { high: [], medium: [], low: [] };
    for await (const { key, findings: found } of judged) {
      keys += 1;
      for (const { severity, rule, message, fix } of found) {
        counts[severity] += 1;
        if (kept[severity].length < from + count)
          kept[severity].push({ severity, rule, message, fix, key: { id: key.id, name: key.name } });
      }
    }
    return { keys, counts, findings: [...kept.high, ...kept.medium, ...kept.low].slice(from, from + count) };
  };
}
