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
  /**
   * Whether no other key could manage keys as fully: the service refuses to revoke or limit such a key.
   * Absent: no key of this service is protected so.
   */
  readonly isLastManager?: (key: Key) => Promise<boolean>;
  /** Reads the activity of a key. Absent: activity is not read. */
  readonly readActivity?: ReadActivity;
}

/**
 * Judges a service's keys one by one. Holds one key at a time, and only the names of earlier ones (`names`).
 * Has no side effects except `findInLedger` and `readActivity`. Revoked keys are yielded without findings.
 */
export async function* judgeKeys(keys: AsyncIterable<Key>, options: JudgeOptions): AsyncGenerator<JudgedKey> {
  const { findInLedger, readActivity, isLastManager, ...context } = options;
  for await (const key of keys) {
    const ledgerKey = findInLedger === undefined ? undefined : await findInLedger(key);
    const activity = await readActivity?.(key);
    const isLast = (await isLastManager?.(key)) ?? false;
    yield judgeKey(key, { ...context, ledgerKey, activity }, isLast);
  }
}

function judgeKey(key: Key, given: RuleContext, isLast: boolean): JudgedKey {
  const { source, remark } = protectedSource(key, given.source, isLast);
  const context = { ...given, source };
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
        ...(verdict.fix === null || verdict.fix.includes(' --force')
          ? { message: `${verdict.message}${remark}` }
          : {}),
        key: referenceTo(key, context.source),
        location: null,
      });
    }
  }
  return { source: context.source, key, findings, cannotTell };
}

const OWN_KEY = '; it is the key that signs in here: log in with another key first, then revoke this one';
const LAST_MANAGER = '; it is the last key that can manage keys';

/**
 * The source as the fixes of this key see it, and what is added to a message whose fix is missing or needs
 * `--force`: a service protects the last key that can manage keys, and nobody may lock themselves out.
 */
function protectedSource(
  key: Key,
  source: AuditSource,
  isLast: boolean,
): { readonly source: AuditSource; readonly remark: string } {
  if (source.isOwn(key.id)) return { source: withoutLimits(source), remark: OWN_KEY };
  if (!isLast) return { source, remark: '' };
  if (source.needsNoKey) return { source: { ...source, force: true }, remark: LAST_MANAGER };
  return { source: withoutLimits(source), remark: `${LAST_MANAGER}: create another one first` };
}

/** A source whose fixes neither revoke nor limit a key: such a command would lock the caller out. */
function withoutLimits(source: AuditSource): AuditSource {
  const cannot = new Set([...(source.cannot ?? []), 'revoke']);
  const changes = { ...source.changes, expires_at: false, scopes: false, ips: false };
  return { ...source, cannot, changes, rollsWithExpiry: false };
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
