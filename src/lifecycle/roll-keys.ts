import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import type { DestinationFlags } from './destinations.js';
import { refuseShared } from './key-places.js';
import { refuseForgetfulLedger } from './lasting-ledger.js';
import type { LifecycleContext } from './lifecycle-context.js';
import type { Means } from './means.js';
import type { RollChoices } from './plan-roll.js';
import { isStdout } from './read-plan.js';
import type { Found } from './resolve-key.js';
import { bySettings } from './rights.js';
import { checkRoll, type PreparedRoll, prepareRoll, rollKey } from './roll-key.js';
import { requireFinished } from './start-operation.js';

/** Rolls that were checked, with the connection that has the settings of their keys. */
export interface RollGroup {
  readonly prepared: readonly PreparedRoll[];
  readonly connection: Connection;
  readonly means: Means;
}

interface GroupOptions {
  readonly choices: RollChoices;
  readonly flags: DestinationFlags;
  readonly printable: boolean;
  /** Opens the same service with other settings. */
  readonly open: (set: Readonly<Record<string, string>>) => Promise<Pick<RollGroup, 'connection' | 'means'>>;
}

/**
 * Checks the rolls of one command, each with the settings (`--set`) of its own key: see `bySettings`. Throws what `prepareRolls`
 * throws, with nothing changed.
 */
export async function prepareGroups(
  found: readonly Found[],
  { connection, means }: Pick<RollGroup, 'connection' | 'means'>,
  { choices, flags, printable, open }: GroupOptions,
  context: LifecycleContext,
): Promise<RollGroup[]> {
  const { set: said } = connection.target;
  const groups: RollGroup[] = [];
  for (const { set, keys } of bySettings(found, said)) {
    const isSaid = Object.keys(set).length === Object.keys(said).length;
    const opened = isSaid ? { connection, means } : await open(set);
    const { connection: own, means: ownMeans } = opened;
    const prepared = await prepareRolls(keys, choices, flags, { printable }, own, ownMeans, context);
    groups.push({ ...opened, prepared });
  }
  refuseShared(
    groups.flatMap(({ prepared }) => prepared.map(({ plan, places }) => ({ name: plan.old.name, places }))),
  );
  return groups;
}

/** How many keys are rolled at once if a repeated request is recognised; otherwise one after the other. */
const AT_ONCE = 4;

/**
 * Checks the rolls of one command before the first key is touched: see `prepareRoll`. Every place is opened. `printable`:
 * whether stdout may be the only place of a new secret. Throws what `prepareRoll` throws, and `usage` where a secret would be lost.
 */
export async function prepareRolls(
  found: readonly Found[],
  choices: RollChoices,
  flags: DestinationFlags,
  { printable }: { readonly printable: boolean },
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<PreparedRoll[]> {
  const prepared: PreparedRoll[] = [];
  for (const one of found) {
    prepared.push(await prepareRoll(one, choices, flags, connection, means, context));
  }
  refuseShared(prepared.map(({ plan, places }) => ({ name: plan.old.name, places })));
  if (!printable) refuseUnplaced(prepared);
  refuseForgetfulLedger(
    prepared.map(({ plan }) => plan),
    means.ledger,
    context,
  );
  for (const one of prepared) {
    for (const warning of await checkRoll(one, connection, means, context)) context.output.warn(warning);
  }
  return prepared;
}

/** Throws `usage` for a key whose new secret would only be printed. */
function refuseUnplaced(prepared: readonly PreparedRoll[]): void {
  const printed = prepared.find(({ places }) => places.some(({ place }) => isStdout(place)));
  if (printed === undefined) return;
  throw new KeysError('usage', `${printed.plan.old.name} has no place for its new secret`, {
    hint: 'say where with --to; nothing was changed',
  });
}

/** What became of several rolls. */
export interface RolledKeys {
  readonly rolled: number;
  readonly failed: ReadonlyArray<{ readonly name: string; readonly id: string; readonly message: string }>;
}

/** Rolls them all; a roll that fails does not stop the others. `onDone` gets how many have ended. */
export async function rollKeys(
  groups: readonly RollGroup[],
  onDone: (done: number) => void,
): Promise<RolledKeys> {
  const failed: Array<RolledKeys['failed'][number]> = [];
  let done = 0;
  for (const { prepared, connection, means } of groups) {
    const queue = [...prepared];
    const worker = async () => {
      for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
        try {
          requireFinished(await rollKey(one, connection, means));
        } catch (error) {
          const { name, id } = one.plan.old;
          failed.push({ name, id, message: error instanceof Error ? error.message : String(error) });
        }
        done++;
        onDone(done);
      }
    };
    const workers = connection.kind === 'embedded' || connection.provider.idempotent ? AT_ONCE : 1;
    await Promise.all(Array.from({ length: Math.min(workers, prepared.length) }, worker));
  }
  return { rolled: done - failed.length, failed };
}
