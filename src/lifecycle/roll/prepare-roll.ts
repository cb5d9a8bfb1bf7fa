import type { Connection } from '../../connect/connection.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import { option, words } from '../../domain/words.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { refuseKnownElsewhere } from '../find/one-address.js';
import { refuseNamesake } from '../find/refuse-namesake.js';
import type { ResolvedKey } from '../find/resolved-key.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../operation/means.js';
import { refsOf } from '../operation/start-operation.js';
import type { PlaceFlags } from '../places/delivery-plan.js';
import { type PlannedPlace, placesOf } from '../places/key-places.js';
import { refuseTaken } from '../places/refuse-taken.js';
import { serviceTime } from '../service-time.js';
import { takenIn } from '../take-in.js';
import { requireSameSettings } from './account-settings.js';
import { refuseHeldByOther } from './held-by-other.js';
import { deliveredToLogin, type Login, loginWith } from './own-login.js';
import { isRollOf, planOfPending } from './pending-roll.js';
import { planRoll, type RollChoices, type RollPlan } from './plan-roll.js';
import { refuseContradicted } from './refuse-contradicted.js';
import { refuseEnded } from './refuse-ended.js';
import { refuseRolledElsewhere, refuseStranger } from './refuse-rolled-elsewhere.js';
import { refusePendingCreate, refusePendingEnd } from './refuse-unfinished.js';

/** A roll that was checked and may begin. */
export interface PreparedRoll {
  readonly plan: RollPlan;
  readonly managed: ManagedKey;
  readonly known: boolean;
  readonly places: readonly PlannedPlace[];
  /** The roll of this key that is pending already: it is continued. */
  readonly pending: Operation | null;
  readonly escrow: boolean;
  /** Places or machines that the roll leaves to that machine. */
  readonly skip: readonly string[];
  /** Milliseconds for which the old key shall work on, as the caller says it. */
  readonly grace?: number;
  /** Where the credential of this call is, if it is the key that is rolled. */
  readonly login: Login | null;
}

/**
 * Checks all that can be refused before anything is sent: the key's state, its rights, its name at the
 * vendor, its places. Throws `conflict` for a key that has a successor or has ended, `refused` where another
 * program has rolled it.
 */
export async function prepareRoll(
  { key: listed, managed: known, by }: ResolvedKey,
  choices: RollChoices,
  flags: PlaceFlags,
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<PreparedRoll> {
  const now = context.clock.now();
  const key = await fullRecord(listed, connection);
  await refuseNamesake({ key, managed: known, by }, connection, means);
  if (known === null && by === 'id') await refuseHeldByOther(key, connection, means);
  if (known === null) await refuseKnownElsewhere(key.id, connection, means.ledger);
  const managed = known ?? takenIn(key, connection, now);
  requireSameSettings(managed, connection.target.set);
  const operations = await means.ledger.operationsOf([key.id, ...refsOf(managed)]);
  refusePendingCreate(key, managed, operations);
  if (connection.kind === 'guided') refusePendingEnd(managed, operations, now);
  const pending = operations.find((one) => isRollOf(one, managed)) ?? null;
  if (pending === null) {
    if (known !== null && connection.kind !== 'guided')
      await refuseContradicted(key, managed, connection, means);
    refuseEnded(key, managed, now);
    if (known !== null) await refuseStranger(key, managed, means);
    if (known !== null && by !== 'id') await refuseRolledElsewhere(key, managed, means);
  }
  const login = await loginWith(key, connection);
  const options = givenOptions(connection, context);
  const asked = planRoll(key, managed, { ...choices, ...options }, connection, serviceTime(context));
  const plan = pending === null ? withoutOwnEnd(asked, login) : planOfPending(pending, asked, choices, now);
  if (pending === null && 'create' in plan.request) connection.refuseInexpressible(plan.request.create);
  const all = deliveredToLogin(flags, login, managed);
  const places = await placesOf(all, { managed, name: key.name }, connection, context);
  await refuseTaken(
    places.filter(({ place }) => place.id !== login),
    managed,
    { ledger: means.ledger, replace: flags.replace === true },
    connection,
    context,
  );
  const { escrow = true, skip = [] } = flags;
  return {
    ...{ plan, managed, known: known !== null, places, pending, escrow, skip, login },
    ...compact({ grace: choices.grace_ms }),
  };
}

/**
 * A key cannot set its own end, and it must not be revoked before its successor signs in: this machine
 * revokes it with the new key. Throws `refused` for a roll that revokes it first.
 */
function withoutOwnEnd(plan: RollPlan, login: Login | null): RollPlan {
  if (login === null) return plan;
  if (plan.revokeFirst) {
    throw new KeysError('refused', `this call is authenticated by ${plan.old.id} itself`, {
      hint: words`leave out ${option('revoke-first')}: a revoked key cannot create its successor`,
    });
  }
  return plan.retire === null ? plan : { ...plan, retire: { ...plan.retire, settable: false } };
}

/** Names of the settings that this call gives, and of those that only the profile gives. */
function givenOptions(
  { target, none = [] }: Pick<Connection, 'target' | 'none'>,
  { flags }: Pick<LifecycleContext, 'flags'>,
): Pick<RollChoices, 'defaults' | 'options'> {
  const options = [...(flags.set ?? []).map((text) => text.split('=')[0] ?? ''), ...none];
  return { options, defaults: Object.keys(target.set).filter((name) => !options.includes(name)) };
}

/** Where a single key's record tells more than the list, it is read. */
async function fullRecord(key: Key, { provider: { shows }, service }: Connection): Promise<Key> {
  const listed = new Set<string>(shows.list);
  return shows.get.some((field) => !listed.has(field)) ? await service.get(key.id) : key;
}
