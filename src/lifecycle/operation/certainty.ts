import { type ErrorCode, KeysError, type RequestOutcome } from '../../domain/errors.js';

/** Failures that this program throws before it sends anything. */
const BEFORE_SENDING: ReadonlySet<ErrorCode> = new Set([
  ...(['usage', 'missing_answer', 'unsupported', 'refused', 'not_logged_in'] as const),
  ...(['origin_mismatch', 'insecure_transport', 'declined', 'profile_not_found'] as const),
]);

/**
 * What a failed create or roll has done. A service in this process has rolled back whatever it throws for.
 */
export function outcomeOf(error: unknown, embedded: boolean): RequestOutcome {
  if (!(error instanceof KeysError)) return 'unknown';
  if (embedded && error.code !== 'response_gone') return 'not_done';
  if (error.outcome !== undefined) return error.outcome;
  if (error.details?.['sent'] === false) return 'not_done';
  return BEFORE_SENDING.has(error.code) ? 'not_done' : 'unknown';
}
