import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { KeyActivity } from '../activity.js';
import type { AuthenticationFacts } from '../authenticate.js';
import { createFailedAttempts } from '../failed-attempts.js';
import type { LastUses } from '../last-uses.js';
import { LIMIT_REASONS, type LimitCounter } from '../limit-counter.js';
import { isManagement, type Policy } from '../policies/policy.js';
import { createRateLimiter } from '../rate-limiter.js';
import type { KeyRules } from '../rules.js';
import type { CheckedKey } from '../store/key-store.js';
import { isAttempt } from './caller.js';
import { limitHeaders, limitRefusal } from './limit-headers.js';
import type { Metrics } from './metrics.js';
import { refusal } from './refusal.js';

export interface AdmissionOptions {
  readonly rules: KeyRules;
  readonly policy: Policy;
  readonly lastUses: LastUses;
  readonly activity: KeyActivity;
  readonly limitCounter: LimitCounter;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** What is known of a request with a key. */
export interface AdmissionFacts extends AuthenticationFacts {
  /** The request only asks which key it is: the key's own limits are not for it, and no use is spent. */
  readonly onlyAsks?: boolean;
}

/** What becomes known of a request beside the key, also where it is refused. */
export interface AdmissionNotes {
  /** A header of the response about rate limits. */
  setHeader(name: string, value: string): void;
  /** The id of the key, for the log. */
  setKey(id: string): void;
}

/**
 * The key that a request comes with, checked against all that restricts it, counted, and its use noted.
 * Throws `unauthenticated` or `forbidden` with the reason, and `rate_limited`.
 */
export type Admit = (secret: string, facts: AdmissionFacts, notes: AdmissionNotes) => Promise<CheckedKey>;

export function createAdmission({
  rules,
  policy,
  lastUses,
  activity,
  limitCounter,
  clock,
  metrics,
}: AdmissionOptions): Admit {
  const countRequest = createRateLimiter(policy.rateLimits, clock);
  const attempts = createFailedAttempts(clock);

  function limitRate(keyId: string, notes: AdmissionNotes): void {
    const state = countRequest(keyId);
    if (state === null) return;
    notes.setHeader('x-ratelimit-limit', String(state.limit));
    notes.setHeader('x-ratelimit-remaining', String(state.remaining));
    notes.setHeader('x-ratelimit-reset', String(state.resetSeconds));
    if (state.allowed) return;
    throw new KeysError('rate_limited', `more than ${state.limit} requests`, {
      details: { reason: 'rate_limited' },
      retryAfterSeconds: state.resetSeconds,
    });
  }

  /** The key's own limits. Throws `rate_limited`, or `forbidden` where no use is ever left. */
  async function limitUses(row: CheckedKey, notes: AdmissionNotes): Promise<void> {
    const { states, refusedBy } = await limitCounter.take(row);
    if (states.length > 0) for (const [name, value] of limitHeaders(states)) notes.setHeader(name, value);
    if (refusedBy === undefined) return;
    const reason = LIMIT_REASONS[refusedBy.kind];
    metrics.refused(reason);
    activity.refused(row, reason);
    throw limitRefusal(reason, refusedBy);
  }

  return async (secret, facts, notes) => {
    const found = await rules.authenticate(secret, { ...facts, byItsSender: true });
    if (found.row !== undefined) notes.setKey(found.row.id);
    if (!found.valid) {
      metrics.refused(found.reason);
      if (found.row !== undefined) activity.refused(found.row, found.reason);
      const seconds = isAttempt(found.reason) ? attempts.fail(facts.ip) : 0;
      if (seconds === 0) throw refusal(found.reason, { row: found.row, facts });
      throw new KeysError('rate_limited', 'too many invalid keys from this address', {
        hint: 'valid keys still work from this address',
        details: { reason: 'too_many_attempts' },
        retryAfterSeconds: seconds,
      });
    }
    const { row } = found;
    // The limits are of the system that is followed; what manages its keys is ours.
    if (!isManagement(row.scopes)) limitRate(row.id, notes);
    // After all that may refuse the request: a refused use is not counted.
    if (facts.onlyAsks !== true) await limitUses(row, notes);
    lastUses.record(row.id);
    activity.used(row, facts.ip);
    return row;
  };
}
