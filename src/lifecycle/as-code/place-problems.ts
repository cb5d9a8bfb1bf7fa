import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { AccountConnection } from '../account-connection.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { openPlan } from '../places/delivery-plan.js';
import { machineOf } from '../places/elsewhere.js';
import type { PlannedPlace } from '../places/key-places.js';
import { readPlan } from '../places/read-plan.js';
import { refuseTaken } from '../places/refuse-taken.js';
import type { Action } from './action.js';
import { inFileWords } from './in-file-words.js';

const DELIVERING: ReadonlySet<Action['kind']> = new Set(['create', 'roll', 'deliver']);

/** The key that the places are for; null: it is new. */
interface Receiver {
  readonly managed: ManagedKey | null;
  readonly name: string;
  readonly connection: Pick<AccountConnection, 'provider'>;
}

/**
 * Why these actions could not deliver to some of a key's places, in words; empty where they could. Each place
 * is asked without changing anything there, and only where there is something to deliver. A keychain asks its
 * user, so it is not asked, and of a profile only whether it is there.
 */
export async function placeProblems(
  actions: readonly Pick<Action, 'kind' | 'doing'>[],
  places: readonly PlannedPlace[] | 'unknown',
  receiver: Receiver,
  context: LifecycleContext,
): Promise<string[]> {
  const isDelivering = actions.some(({ kind, doing }) => DELIVERING.has(kind) && doing.type !== 'nothing');
  if (places === 'unknown' || !isDelivering) return [];
  const problems = await Promise.all(places.map((one) => problemOf(one, receiver, context)));
  return problems.filter((problem) => problem !== null);
}

async function problemOf(
  planned: PlannedPlace,
  { managed, name, connection }: Receiver,
  context: LifecycleContext,
): Promise<string | null> {
  const { place } = planned;
  const plan = readPlan(place);
  if (!('address' in plan) || plan.kind === 'keychain' || machineOf(place) !== null) return null;
  try {
    if (plan.kind === 'profile') {
      context.settings().profile(plan.target['profile'] ?? '');
      return null;
    }
    await (await openPlan(plan, null, context)).probe();
    const key = managed ?? { id: 'none', places: [], name };
    const rules = { ledger: await context.ledger(), replace: false };
    await refuseTaken([planned], key, rules, connection, context);
    return null;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const { message, hint = '' } = error.wording;
    const helps = inFileWords(hint);
    return `${place.label} cannot get a secret now: ${inFileWords(message)}${helps === '' ? '' : ` (${helps})`}`;
  }
}
