import type { Clock } from '../../domain/clock.js';
import type { AuditRange, ConsoleAudit, ConsoleAudits } from './console-audit.js';

/**
 * How long a page waits for an audit before it says how far that is: less than a page waits for its service.
 */
const LATE_MS = 900;
/** How long an audit is kept for a browser that has not come for it. */
const KEPT_MS = 60_000;
/** Most audits that are kept for browsers that went elsewhere. */
const MOST = 20;

/** How far an audit is that is not finished. */
interface UnfinishedAudit {
  /** Keys that were judged so far. */
  readonly judged: number;
}

/** An audit of this browser's, or how far it is when the page is late. Throws what the audit throws. */
export type SlowAudits = (
  browser: string,
  range: AuditRange,
  audit: ConsoleAudits,
) => Promise<ConsoleAudit | UnfinishedAudit>;

/** An audit that a browser waits for, or that it has not come for yet. */
interface BegunAudit extends UnfinishedAudit {
  readonly result: Promise<ConsoleAudit>;
  /** Milliseconds since 1970; null: it runs. */
  readonly finishedAt: number | null;
}

/**
 * Returns what bounds the wait for an audit. Later requests of the browser get the audit that was begun, so
 * that the keys are judged once, also if it finishes between two requests. One that was shown is forgotten,
 * and so is one that nobody came for: the next request judges the keys as they are then.
 */
export function createSlowAudits(clock: Clock, sleep: (ms: number) => Promise<void>): SlowAudits {
  const begun = new Map<string, BegunAudit>();

  function begin(name: string, range: AuditRange, audit: ConsoleAudits): BegunAudit {
    let [judged, finishedAt]: [number, number | null] = [0, null];
    const result = audit(range, (keys) => {
      judged = keys;
    }).finally(() => {
      finishedAt = clock.now();
    });
    // Nobody may come for it.
    result.catch(() => undefined);
    const running = {
      result,
      get judged() {
        return judged;
      },
      get finishedAt() {
        return finishedAt;
      },
    };
    if (begun.size >= MOST) begun.delete(begun.keys().next().value ?? '');
    begun.set(name, running);
    return running;
  }

  function find(name: string): BegunAudit | undefined {
    const found = begun.get(name);
    const isOld = (found?.finishedAt ?? Number.POSITIVE_INFINITY) < clock.now() - KEPT_MS;
    return isOld ? undefined : found;
  }

  return async (browser, range, audit) => {
    const name = `${browser} ${range.from}`;
    const running = find(name) ?? begin(name, range, audit);
    const late = sleep(LATE_MS).then(() => null);
    const found = await Promise.race([running.result, late]).catch((error: unknown) => {
      begun.delete(name);
      throw error;
    });
    if (found === null) return { judged: running.judged };
    begun.delete(name);
    return found;
  };
}
