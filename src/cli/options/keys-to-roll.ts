import type { Connection } from '../../connect/connection.js';
import { findKeys } from '../../lifecycle/find/find-key.js';
import type { ResolvedKey } from '../../lifecycle/find/resolved-key.js';
import type { Means } from '../../lifecycle/operation/means.js';
import type { Context } from '../context.js';
import { choosing, pickKey } from '../questions/pick-key.js';
import { readDuration } from './read-duration.js';
import type { RollFlags } from './roll-flags.js';

/**
 * The keys that a call of `keys roll` means: those that are due with `--due`, else those that are named, else
 * the one that a person picks.
 */
export async function keysToRoll(
  named: readonly string[],
  flags: RollFlags,
  connection: Connection,
  means: Means,
  context: Context,
): Promise<ResolvedKey[]> {
  const { due } = flags;
  if (due !== undefined) {
    const { dueKeys } = await import('../../lifecycle/roll/due-keys.js');
    return await dueKeys(due === true ? null : readDuration('--due', due), connection, means);
  }
  const references = named.length > 0 ? named : [await pickKey('roll', connection, context)];
  return await namedKeys(references, flags, connection, context);
}

/**
 * The keys that are named. On a terminal the beginning of a name is enough, and a question says which key it
 * is.
 */
async function namedKeys(
  references: readonly string[],
  flags: RollFlags,
  connection: Connection,
  context: Context,
): Promise<ResolvedKey[]> {
  const prefixes = context.process.isAttended && !flags.yes;
  const found = await findKeys(references, connection, context, {
    prefixes,
    ...choosing('roll', context),
  });
  for (const { by, key } of found) {
    if (by !== 'prefix') continue;
    await (await context.prompts()).confirm({ message: `Roll ${key.name} (${key.id})?`, flag: '--yes' });
  }
  return found;
}
