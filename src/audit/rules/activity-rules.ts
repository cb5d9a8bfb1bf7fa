import type { Key } from '../../domain/key.js';
import type { RuleVerdict } from '../finding.js';
import { keysCommand } from '../fix.js';
import type { KeyRule, RuleContext } from '../key-rule.js';
import { ACTIVITY_DAYS, type LiveActivity } from '../live-activity.js';
import { stageOf } from './environment.js';

/** The largest number of addresses in a message. */
const NAMED = 3;

/** Judges the activity of a live key. Services do not monitor keys of other environments. */
function ofLiveKey(
  judge: (activity: LiveActivity, key: Key, context: RuleContext) => RuleVerdict,
): KeyRule['judge'] {
  return (key, context) => {
    if (stageOf(key.environment) !== 'live' || context.activity === undefined) return 'fine';
    return context.activity === null ? 'cannot tell' : judge(context.activity, key, context);
  };
}

const liveKeyRefused: KeyRule = {
  id: 'live-key-refused',
  about: ['active', 'retiring', 'expired', 'revoked'],
  judge: ofLiveKey(({ refusals, reasons }, key, { source }) => {
    const ended = key.status === 'revoked';
    if (refusals === 0 || (ended && !reasons.includes('revoked'))) return 'fine';
    const why = reasons.length === 0 ? '' : `: ${reasons.join(', ')}`;
    return {
      message: `refused ${refusals === 1 ? 'once' : `${refusals} times`} in ${ACTIVITY_DAYS} days${why}`,
      evidence: { refusals, reasons, days: ACTIVITY_DAYS },
      fix: keysCommand('events', key.id, source),
    };
  }),
};

const liveKeyNewAddress: KeyRule = {
  id: 'live-key-new-address',
  about: ['active', 'retiring'],
  judge: ofLiveKey(({ newAddresses }, key, { source }) => {
    const count = newAddresses.length;
    if (count === 0) return 'fine';
    const rest = count > NAMED ? ` and ${count - NAMED} more` : '';
    const addresses = count === 1 ? 'a new address' : `${count} new addresses`;
    return {
      message: `first used from ${addresses} in ${ACTIVITY_DAYS} days: ${newAddresses.slice(0, NAMED).join(', ')}${rest}`,
      evidence: { addresses: newAddresses, days: ACTIVITY_DAYS },
      fix: keysCommand('events', key.id, source),
    };
  }),
};

export const ACTIVITY_RULES: readonly KeyRule[] = [liveKeyRefused, liveKeyNewAddress];
