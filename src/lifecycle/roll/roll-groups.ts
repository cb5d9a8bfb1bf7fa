import type { Connection } from '../../connect/connection.js';
import { connectTo } from '../../connect/open-connection.js';
import { compact } from '../../domain/compact.js';
import { KeysError, keysErrorOf } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { clauses, instead, option, words } from '../../domain/words.js';
import type { ResolvedKey } from '../find/resolved-key.js';
import { refuseForgetfulLedger } from '../ledger/lasting-ledger.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../operation/means.js';
import { openMeans } from '../operation/open-means.js';
import type { Outcome } from '../operation/outcome.js';
import { requireFinished } from '../operation/start-operation.js';
import type { PlaceFlags } from '../places/delivery-plan.js';
import { isStdout } from '../places/read-plan.js';
import { refuseShared } from '../places/shared-places.js';
import { bySettings } from './account-settings.js';
import type { RollChoices } from './plan-roll.js';
import { type PreparedRoll, prepareRoll } from './prepare-roll.js';
import { checkRoll, rollKey } from './roll-key.js';

/** Rolls that were checked, with the connection that has the settings of their keys. */
export interface RollGroup {
  readonly prepared: readonly PreparedRoll[];
  readonly connection: Connection;
  readonly means: Means;
}

type OnRefused = (key: Key, error: unknown) => void;

interface GroupOptions {
  readonly choices: RollChoices;
  readonly flags: PlaceFlags;
  /** Whether stdout may be the only place of a new secret; default: it may. */
  readonly printable?: boolean;
  /**
   * Gets each key that cannot be rolled, and why; the others are rolled. Absent: the first such key refuses
   * them all.
   */
  readonly onRefused?: OnRefused;
  /** Whether a secret may be printed; see `openMeans`. */
  readonly showSecrets?: boolean;
}

/**
 * Checks the rolls of one command, each with the settings (`--set`) of its own key: see `bySettings`. Throws
 * what `prepareRolls` throws, with nothing changed.
 */
export async function prepareGroups(
  found: readonly ResolvedKey[],
  { connection, means }: Pick<RollGroup, 'connection' | 'means'>,
  { choices, flags, showSecrets, ...rules }: GroupOptions,
  context: LifecycleContext,
): Promise<RollGroup[]> {
  const { set: said } = connection.target;
  const open = async (set: Readonly<Record<string, string>>) => {
    const own = await connectTo(context, { ...connection.target, set });
    const options = { ...compact({ showSecrets }), insecureStorage: flags.insecureStorage };
    return { connection: own, means: await openMeans(own, context, options) };
  };
  const groups: RollGroup[] = [];
  for (const { set, keys } of bySettings(found, said)) {
    const isSaid = Object.keys(set).length === Object.keys(said).length;
    const refusable = keys.map(({ key }) => key);
    const opened = isSaid
      ? { connection, means }
      : await orRefused(refusable, rules.onRefused, async () => await open(set));
    if (opened === null) continue;
    const { connection: own, means: ownMeans } = opened;
    const prepared = await prepareRolls(keys, choices, flags, rules, own, ownMeans, context);
    groups.push({ ...opened, prepared });
  }
  refuseShared(
    groups.flatMap(({ prepared }) => prepared.map(({ plan, places }) => ({ name: plan.old.name, places }))),
  );
  return ownKeyLast(groups);
}

/** The same rolls, that of the key that signs in last: once it is revoked, no other key could be rolled. */
function ownKeyLast(groups: readonly RollGroup[]): RollGroup[] {
  const only = (isOwn: boolean) =>
    groups
      .map((group) => ({
        ...group,
        prepared: group.prepared.filter(({ login }) => (login !== null) === isOwn),
      }))
      .filter(({ prepared }) => prepared.length > 0);
  return [...only(false), ...only(true)];
}

/** Rolls that were checked, and the keys that cannot be rolled. */
export interface PreparedRolls {
  readonly groups: readonly RollGroup[];
  readonly refused: readonly FailedRoll[];
}

/**
 * The same for keys that a command names, or with `due` for all that are due: each of those needs a place for
 * its new secret, and one that cannot be rolled does not refuse the others.
 */
export async function prepareRollsOf(
  found: readonly ResolvedKey[],
  opened: Pick<RollGroup, 'connection' | 'means'>,
  { due, ...rules }: Pick<GroupOptions, 'choices' | 'flags'> & { readonly due: boolean },
  context: LifecycleContext,
): Promise<PreparedRolls> {
  if (!due) return { groups: await prepareGroups(found, opened, rules, context), refused: [] };
  const refused: FailedRoll[] = [];
  const onRefused = (key: Key, error: unknown) => void refused.push(failedRoll(key, error));
  const options = { ...rules, printable: false, onRefused };
  return { groups: await prepareGroups(found, opened, options, context), refused };
}

/** How many keys are rolled at once if a repeated request is recognised; otherwise one after the other. */
const AT_ONCE = 4;

/**
 * Checks the rolls of one command before the first key is touched: see `prepareRoll`. Every place is opened.
 * `printable`: whether stdout may be the only place of a new secret. Throws what `prepareRoll` throws, and
 * `usage` where a secret would be lost; with `onRefused` the key is left out instead.
 */
export async function prepareRolls(
  found: readonly ResolvedKey[],
  choices: RollChoices,
  flags: PlaceFlags,
  { printable = true, onRefused }: Pick<GroupOptions, 'printable' | 'onRefused'>,
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<PreparedRoll[]> {
  const prepared: PreparedRoll[] = [];
  for (const one of found) {
    await orRefused([one.key], onRefused, async () => {
      const roll = await prepareRoll(one, choices, flags, connection, means, context);
      if (!printable) refuseUnplaced(roll);
      prepared.push(roll);
    });
  }
  refuseShared(prepared.map(({ plan, places }) => ({ name: plan.old.name, places })));
  refuseForgetfulLedger(
    prepared.map(({ plan }) => plan),
    means.ledger,
    context,
  );
  const checked: PreparedRoll[] = [];
  for (const one of prepared) {
    await orRefused([one.plan.old], onRefused, async () => {
      for (const warning of await checkRoll(one, connection, means, context)) context.output.warn(warning);
      checked.push(one);
    });
  }
  return checked;
}

/**
 * Returns what a check of these keys returns. `onRefused` gets what it throws, and this returns null; without
 * it, this throws too.
 */
async function orRefused<Result>(
  keys: readonly Key[],
  onRefused: OnRefused | undefined,
  check: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await check();
  } catch (error) {
    if (onRefused === undefined) throw error;
    for (const key of keys) onRefused(key, error);
    return null;
  }
}

/** Throws `usage` for a key whose new secret would only be printed. */
function refuseUnplaced({ plan, places }: PreparedRoll): void {
  if (!places.some(({ place }) => isStdout(place))) return;
  throw new KeysError('usage', `${plan.old.name} has no place for its new secret`, {
    hint: clauses(
      words`say where ${instead(words`with ${option('to')}`, 'with a place')}`,
      'its secret was not changed',
    ),
  });
}

/** What became of several rolls. */
export interface RolledKeys {
  readonly rolled: readonly Outcome[];
  readonly failed: readonly FailedRoll[];
}

/** A key that was not rolled to the end, and why. */
export interface FailedRoll {
  readonly name: string;
  readonly id: string;
  readonly error: KeysError;
}

/** Any error of one key's roll as the failure of that key. */
function failedRoll({ name, id }: Pick<Key, 'name' | 'id'>, thrown: unknown): FailedRoll {
  return { name, id, error: keysErrorOf(thrown) };
}

/** Rolls them all; a roll that fails does not stop the others. `onDone` gets how many have ended. */
export async function rollGroups(
  groups: readonly RollGroup[],
  onDone: (done: number) => void,
): Promise<RolledKeys> {
  const rolled: Outcome[] = [];
  const failed: FailedRoll[] = [];
  for (const { prepared, connection, means } of groups) {
    const queue = [...prepared];
    const worker = async () => {
      for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
        try {
          const outcome = await rollKey(one, connection, means);
          requireFinished(outcome);
          rolled.push(outcome);
        } catch (error) {
          failed.push(failedRoll(one.plan.old, error));
        }
        onDone(rolled.length + failed.length);
      }
    };
    const workers = connection.kind === 'embedded' || connection.provider.idempotent ? AT_ONCE : 1;
    await Promise.all(Array.from({ length: Math.min(workers, prepared.length) }, worker));
  }
  return { rolled, failed };
}
