import { isoTime } from '../../domain/clock.js';
import { keysCommand } from '../fix.js';
import { instant, type KeyRule } from '../key-rule.js';
import { span } from '../thresholds.js';

/** Between our clock and a service's: less than this is no delay. */
const SLACK_MS = 3_600_000;

const expiredNotDeleted: KeyRule = {
  id: 'expired-not-deleted',
  about: ['expired'],
  judge(key, { now, source }) {
    // What the service still lets work is more than untidy: see the next rule.
    if (key.status === 'retiring') return 'fine';
    const ended = instant(key.expires_at);
    return {
      message: ended === undefined ? 'has ended, and is still there' : `ended ${span(now - ended)} ago`,
      evidence: { expires_at: key.expires_at ?? null, status: key.status ?? 'expired' },
      fix: keysCommand('revoke', key.id, source),
    };
  },
};

const retiringOverdue: KeyRule = {
  id: 'retiring-overdue',
  about: ['active', 'retiring', 'expired'],
  judge(key, { now, source, retirements }) {
    const planned = retirements.get(key.id);
    const ends = instant(key.expires_at);
    const stillWorks = ends === undefined || ends > now;
    if (planned !== undefined && stillWorks) {
      // Until its time has come, whatever the service says of it is as planned.
      if (planned > now) return 'fine';
      return {
        message: `should have ended ${span(now - planned)} ago, and still works`,
        evidence: { retire_at: isoTime(planned), status: key.status ?? null },
        fix: 'keys resume',
      };
    }
    if (key.status === 'retiring' && ends !== undefined && now - ends > SLACK_MS) {
      return {
        message: `its grace ended ${span(now - ends)} ago, and the service does not say that it has ended`,
        evidence: { expires_at: isoTime(ends), status: key.status, rolled_to: key.rolled_to ?? null },
        fix: keysCommand('revoke', key.id, source),
      };
    }
    if (key.rolled_to && stillWorks && ends === undefined && key.status !== 'expired') {
      if (key.expires_at === undefined) return 'cannot tell';
      return {
        severity: 'medium',
        message: `rolled to ${key.rolled_to}, and nothing ends it`,
        evidence: { expires_at: null, rolled_to: key.rolled_to },
        fix: keysCommand('revoke', key.id, source),
      };
    }
    return 'fine';
  },
};

export const ENDING_RULES: readonly KeyRule[] = [expiredNotDeleted, retiringOverdue];
