import type { AuditRange, ConsoleAudit, ConsoleAudits } from './console-audit.js';

/**
 * How long a page waits for an audit before it says how far that is: less than a page waits for its service.
 */
const LATE_MS = 900;
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

/**
 * Returns what bounds the wait for an audit. Later requests of the browser get the audit that was begun, so
 * that the keys are judged once. One that was shown is forgotten: the next request judges the keys as they
 * are then.
 */
export function createSlowAudits(sleep: (ms: number) => Promise<void>): SlowAudits {
  const begun = new Map<string, { readonly result: Promise<ConsoleAudit>; readonly judged: () => number }>();

  function begin(name: string, range: AuditRange, audit: ConsoleAudits) {
    let judged = 0;
    const result = audit(range, (keys) => {
      judged = keys;
    });
    // Nobody may come for it.
    result.catch(() => undefined);
    const running = { result, judged: () => judged };
    if (begun.size >= MOST) begun.delete(begun.keys().next().value ?? '');
    begun.set(name, running);
    return running;
  }

  return async (browser, range, audit) => {
    const name = `${browser} ${range.from}`;
    const running = begun.get(name) ?? begin(name, range, audit);
    const finished = running.result.finally(() => begun.delete(name));
    const late = sleep(LATE_MS).then(() => ({ judged: running.judged() }));
    return await Promise.race([finished, late]);
  };
}
