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
import { checkRoll, type PreparedRoll, prepareRoll, rollKey } from './roll-key.js';
import { requireFinished } from './start-operation.js';

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
  prepared: readonly PreparedRoll[],
  connection: Connection,
  means: Means,
  onDone: (done: number) => void,
): Promise<RolledKeys> {
  const failed: Array<RolledKeys['failed'][number]> = [];
  let done = 0;
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
  return { rolled: prepared.length - failed.length, failed };
}
