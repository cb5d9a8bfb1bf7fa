import { DAY_MS } from '../../domain/duration.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { type Operation, waitingPlaces } from '../../storage/ledger/operation.js';
import type { RuleVerdict } from '../finding.js';
import { keysCommand } from '../fix.js';
import { instant, type KeyRule } from '../key-rule.js';
import { span } from '../thresholds.js';

/**
 * Tolerated difference between our clock and a service's, and time that a roll may take to revoke the old
 * key.
 */
const SLACK_MS = 3_600_000;

/** How long the previous version of a rolled key may stay listed after its grace period. */
const ROLLED_MS = 30 * DAY_MS;

const expiredNotDeleted: KeyRule = {
  id: 'expired-not-deleted',
  about: ['expired'],
  judge(key, { now, source }) {
    // The service still accepts this key, which is more serious: see the next rule.
    if (key.status === 'retiring') return 'fine';
    const ended = instant(key.expires_at);
    // Every roll with a grace period leaves such a key: no finding while it is news.
    if (key.rolled_to && ended !== undefined && now - ended < ROLLED_MS) return 'fine';
    return {
      message: ended === undefined ? 'has expired and is still listed' : `expired ${span(now - ended)} ago`,
      evidence: { expires_at: key.expires_at ?? null, status: key.status ?? 'expired' },
      fix: keysCommand('revoke', key.id, source),
    };
  },
};

/** A roll that is not finished. To revoke the old key before it is cuts off what reads at the places. */
function waiting(roll: Operation): RuleVerdict {
  const places = waitingPlaces(roll);
  return {
    severity: 'low',
    message: `its roll is pending: ${roll.key?.id} has not reached ${places.join(', ')}`,
    evidence: { operation: roll.id, rolled_to: roll.key?.id ?? null, places },
    fix: keysCommand('resume', roll.id, { flags: [] }),
  };
}

const retiringOverdue: KeyRule = {
  id: 'retiring-overdue',
  about: ['active', 'retiring', 'expired'],
  judge(key, { now, source, retirements, rollsThatWait }) {
    const roll = rollsThatWait?.get(key.id);
    if (roll !== undefined) return waiting(roll);
    const planned = retirements.get(key.id);
    const ends = instant(key.expires_at);
    const stillWorks = ends === undefined || ends > now;
    if (planned !== undefined && stillWorks) {
      // The grace period is not over, so any status is as planned.
      if (planned > now) return 'fine';
      return {
        // A person may be asked at this moment whether the old key is revoked.
        ...(now - planned < SLACK_MS ? { severity: 'low' as const } : {}),
        message: `should have stopped working ${span(now - planned)} ago, but still works`,
        evidence: { retire_at: shownTime(planned), status: key.status ?? null },
        fix: 'keys resume',
      };
    }
    if (key.status === 'retiring' && ends !== undefined && now - ends > SLACK_MS) {
      return {
        message: `its grace period ended ${span(now - ends)} ago, but the service does not report it as expired`,
        evidence: { expires_at: shownTime(ends), status: key.status, rolled_to: key.rolled_to ?? null },
        fix: keysCommand('revoke', key.id, source),
      };
    }
    // The ledger names no successor that was revoked. The old key of a dashboard works on all the same.
    const isReplaced = key.rolled_to || (source.listedByLedger && key.status === 'retiring');
    if (isReplaced && stillWorks && ends === undefined && key.status !== 'expired') {
      if (key.expires_at === undefined) return 'cannot tell';
      const rolled = key.rolled_to ? `rolled to ${key.rolled_to}` : 'rolled';
      return {
        severity: 'medium',
        message: `${rolled}, but ${source.listedByLedger ? 'not deleted yet' : 'the old key never expires'}`,
        evidence: { expires_at: null, rolled_to: key.rolled_to ?? null },
        fix: keysCommand('revoke', key.id, source),
      };
    }
    return 'fine';
  },
};

export const ENDING_RULES: readonly KeyRule[] = [expiredNotDeleted, retiringOverdue];
