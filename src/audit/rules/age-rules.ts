import type { Key } from '../../domain/key.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { RuleVerdict } from '../finding.js';
import { keysCommand } from '../fix.js';
import { type AuditSource, instant, type KeyRule, type RuleContext } from '../key-rule.js';
import { days, span } from '../thresholds.js';

const tooOld: KeyRule = {
  id: 'too-old',
  about: ['active'],
  judge(key, { now, thresholds: { maxAgeMs }, source, ledgerKey }) {
    const created = instant(key.created_at);
    const fix = keysCommand('roll', key.id, source);
    if (created === undefined) {
      // For an imported key, only the date by which to roll it is known.
      const rollBy = ledgerKey?.roll_by ?? null;
      if (rollBy === null) return 'cannot tell';
      if (rollBy >= now) return 'fine';
      const overdue = now - rollBy;
      return {
        message: `should have been rolled ${span(overdue)} ago`,
        evidence: { roll_by: shownTime(rollBy), overdue_days: days(overdue) },
        fix,
      };
    }
    const age = now - created;
    if (age <= maxAgeMs) return 'fine';
    return {
      message: `created ${span(age)} ago; the limit is ${span(maxAgeMs)}`,
      evidence: { created_at: shownTime(created), age_days: days(age), max_age_days: days(maxAgeMs) },
      fix,
    };
  },
};

const unused: KeyRule = {
  id: 'unused',
  about: ['active'],
  judge(key, context) {
    const {
      now,
      thresholds: { unusedMs },
      source,
    } = context;
    if (key.last_used === null) return 'fine';
    const used = instant(key.last_used);
    if (used === undefined) return unusedHere(key, context);
    const idle = now - used;
    if (idle <= unusedMs) return 'fine';
    return {
      message: `last used ${span(idle)} ago`,
      evidence: { last_used: shownTime(used), unused_days: days(idle), threshold_days: days(unusedMs) },
      fix: keysCommand('revoke', key.id, source),
    };
  },
};

/**
 * Used if the vendor does not report the last use: an old use by this program is a low finding, a recent one
 * is fine.
 */
function unusedHere(key: Key, { now, thresholds: { unusedMs }, source }: RuleContext): RuleVerdict {
  const used = instant(key.last_used_here);
  if (used === undefined) return 'cannot tell';
  const idle = now - used;
  if (idle <= unusedMs) return 'fine';
  return {
    severity: 'low',
    message: `last used here ${span(idle)} ago; check its last use in the dashboard`,
    evidence: { last_used_here: shownTime(used), unused_days: days(idle), threshold_days: days(unusedMs) },
    fix: keysCommand('revoke', key.id, source),
  };
}

const neverUsed: KeyRule = {
  id: 'never-used',
  about: ['active'],
  judge(key, { now, thresholds: { neverUsedMs }, source }) {
    if (key.last_used === undefined) return key.last_used_here ? 'fine' : 'cannot tell';
    if (key.last_used !== null) return 'fine';
    const created = instant(key.created_at);
    if (created === undefined) return 'cannot tell';
    const age = now - created;
    if (age <= neverUsedMs) return 'fine';
    return {
      message: `created ${span(age)} ago and never used`,
      evidence: { created_at: shownTime(created), last_used: null, age_days: days(age) },
      fix: keysCommand('revoke', key.id, source),
    };
  },
};

const expiring: KeyRule = {
  id: 'expiring',
  about: ['active'],
  judge(key, { now, thresholds: { expiringMs }, source }) {
    if (key.expires_at === undefined) return 'cannot tell';
    const ends = instant(key.expires_at);
    if (ends === undefined || ends - now > expiringMs || madeForLessThan(expiringMs, key, ends))
      return 'fine';
    return {
      message: `expires in ${span(ends - now)}`,
      evidence: { expires_at: shownTime(ends), left_days: days(ends - now) },
      fix: longerLived(key, source),
    };
  },
};

/**
 * Returns the roll whose successor lives on. Without `--expires` it gets the lifetime of the old key; where
 * that is not known, it would end with the old key.
 */
function longerLived({ id, created_at }: Key, source: AuditSource): string | null {
  if (instant(created_at) !== undefined) return keysCommand('roll', id, source);
  return source.rollsWithExpiry ? keysCommand('roll', id, source, ...expires(source)) : null;
}

function expires({ expiry }: AuditSource): string[] {
  return expiry === null ? [] : ['--expires', expiry];
}

/** A key that was created for one job is meant to expire soon. */
function madeForLessThan(ms: number, { created_at }: Key, ends: number): boolean {
  const created = instant(created_at);
  return created !== undefined && ends - created <= ms;
}

const noExpiry: KeyRule = {
  id: 'no-expiry',
  about: ['active'],
  judge(key, { source }) {
    if (key.expires_at === undefined) return 'cannot tell';
    if (key.expires_at !== null) return 'fine';
    return {
      message: 'never expires',
      evidence: { expires_at: null },
      fix: withExpiry(key.id, source),
    };
  },
};

/** Returns the command that gives the key an expiry, or a successor with one; null where no key has one. */
function withExpiry(id: string, source: AuditSource): string | null {
  const { changes, expiry, rollsWithExpiry } = source;
  if (expiry === null) return null;
  if (changes.expires_at) return keysCommand('update', id, source, ...expires(source));
  return rollsWithExpiry ? keysCommand('roll', id, source, ...expires(source)) : null;
}

export const AGE_RULES: readonly KeyRule[] = [tooOld, unused, neverUsed, expiring, noExpiry];
