import type { LiveCheckResult } from '../domain/live-check-result.js';

/** Reasons to refuse a good key: it may be used from other addresses, pages or endpoints only. */
export const RESTRICTED: ReadonlySet<string> = new Set([
  'ip_not_allowed',
  'referrer_not_allowed',
  'endpoint_not_allowed',
]);

/** What a trial has shown: a refusal because of where it comes from says nothing against the key. */
export function unlessRestricted(tried: LiveCheckResult): LiveCheckResult {
  if (tried.outcome !== 'refused' || !RESTRICTED.has(tried.reason ?? '')) return tried;
  return { outcome: 'unreachable', message: tried.message };
}
