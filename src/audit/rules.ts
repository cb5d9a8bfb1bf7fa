import { compact } from '../domain/compact.js';
import type { Key } from '../domain/key.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import type { Finding, KeyReference, Origin } from './finding.js';
import { type AuditSource, type KeyRule, type RuleContext, standing } from './key-rule.js';
import type { ReadActivity } from './live-activity.js';
import { RULES, type RuleId } from './rule-table.js';
import { ACTIVITY_RULES } from './rules/activity-rules.js';
import { AGE_RULES } from './rules/age-rules.js';
import { ENDING_RULES } from './rules/ending-rules.js';
import { NAMING_RULES } from './rules/naming-rules.js';
import { REACH_RULES } from './rules/reach-rules.js';

const KEY_RULES: readonly KeyRule[] = [
  ...ENDING_RULES,
  ...AGE_RULES,
  ...REACH_RULES,
  ...NAMING_RULES,
  ...ACTIVITY_RULES,
];

/** A key, its findings, and the rules that cannot be checked for it. */
export interface JudgedKey {
  readonly source: AuditSource;
  readonly key: Key;
  readonly findings: readonly Finding[];
  readonly cannotTell: readonly RuleId[];
}

export interface JudgeOptions extends Omit<RuleContext, 'ledgerKey' | 'activity'> {
  /** Finds a key in the ledger. Absent: the ledger is not read. */
  readonly findInLedger?: (key: Key) => Promise<LedgerKey | null | undefined>;
  /** Reads the activity of a key. Absent: activity is not read. */
  readonly readActivity?: ReadActivity;
}

/**
 * Judges a service's keys one by one. Holds one key at a time, and only the names of earlier ones (`names`).
 * Has no side effects except `findInLedger` and `readActivity`. Revoked keys are yielded without findings.
 */
export async function* judgeKeys(keys: AsyncIterable<Key>, options: JudgeOptions): AsyncGenerator<JudgedKey> {
  const { findInLedger, readActivity, ...context } = options;
  for await (const key of keys) {
    const ledgerKey = findInLedger === undefined ? undefined : await findInLedger(key);
    const activity = await readActivity?.(key);
    yield judgeKey(key, { ...context, ledgerKey, activity });
  }
}

function judgeKey(key: Key, given: RuleContext): JudgedKey {
  const own = given.source.isOwn(key.id);
  const context = own ? { ...given, source: withoutLimits(given.source) } : given;
  const stands = standing(key, context.now);
  const findings: Finding[] = [];
  const cannotTell: RuleId[] = [];
  for (const { id, about, judge } of KEY_RULES) {
    if (!about.includes(stands)) continue;
    const verdict = judge(key, context);
    if (verdict === 'cannot tell') cannotTell.push(id);
    else if (verdict !== 'fine') {
      findings.push({
        rule: id,
        severity: RULES[id].severity,
        ...verdict,
        ...(own && verdict.fix === null ? { message: `${verdict.message}; ${OWN_KEY}` } : {}),
        key: referenceTo(key, context.source),
        location: null,
      });
    }
  }
  return { source: context.source, key, findings, cannotTell };
}

const OWN_KEY = 'it is the key that signs in here: log in with another key first, then revoke this one';

/** A source whose fixes neither revoke nor limit a key: such a command would lock the caller out. */
function withoutLimits(source: AuditSource): AuditSource {
  const cannot = new Set([...(source.cannot ?? []), 'revoke']);
  return { ...source, cannot, changes: { ...source.changes, expires_at: false, scopes: false, ips: false } };
}

export function referenceTo(key: Key, { provider, address, profile }: Origin): KeyReference {
  return {
    id: key.id,
    name: key.name,
    ...compact({ prefix: key.prefix, hint: key.hint }),
    provider,
    address,
    profile,
  };
}
