import { KeysError } from '../../domain/errors.js';
import { clauses, instead, option, ways, words } from '../../domain/words.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { RollPlan } from '../roll/plan-roll.js';

/**
 * Throws `refused` for a roll that nobody could finish: in a CI job whose data directory is thrown away, an
 * old key that only this ledger would revoke after its grace would work for ever.
 */
export function refuseForgetfulLedger(
  plans: ReadonlyArray<Pick<RollPlan, 'old' | 'retire'>>,
  { shared }: Pick<Ledger, 'shared'>,
  { env, settings }: Pick<LifecycleContext, 'env' | 'settings'>,
): void {
  const inCi = Boolean(env['CI']) && env['CI'] !== 'false';
  if (!inCi || shared !== null || settings().get('ledger') === 'kept') return;
  const open = plans.find(({ retire }) => retire !== null && !retire.settable && retire.grace_ms > 0);
  if (open === undefined) return;
  const { name, id } = open.old;
  throw new KeysError(
    'refused',
    `nobody would revoke ${name} (${id}) after its grace: this CI job forgets its ledger`,
    {
      hint: clauses(
        'nothing was changed',
        ways(
          instead(
            words`revoke it at once with ${option('now')}`,
            'revoke it at once without a time for the old key',
          ),
          'share a ledger (KEYS_LEDGER_URL)',
          'keep the data directory between jobs',
        ),
      ),
      next: 'keep_ledger',
    },
  );
}
