import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import { shellWord } from '../domain/shell-word.js';
import type { Means } from '../lifecycle/operation/means.js';
import { revokeOldKey, staysUnused } from '../lifecycle/roll/old-key.js';
import type { PreparedRoll } from '../lifecycle/roll/prepare-roll.js';
import { type PreparedRolls, type RollGroup, rollGroups } from '../lifecycle/roll/roll-groups.js';
import { rollKey } from '../lifecycle/roll/roll-key.js';
import { endOf } from '../storage/ledger/operation.js';
import type { Context } from './context.js';
import { readDuration } from './options/read-duration.js';
import type { RollFlags } from './options/roll-flags.js';
import { offerCopy } from './questions/offer-copy.js';
import { sayNextSteps } from './show/next-steps.js';
import { previousOf, showOutcome } from './show/show-outcome.js';
import { oldKeyLine, showRolledKeys } from './show/show-roll.js';
import { targetWords } from './show/target-words.js';

/** Rolls all keys that are due, and shows what became of each. */
export async function rollDue({ groups, refused }: PreparedRolls, context: Context): Promise<void> {
  const total = groups.reduce((sum, { prepared }) => sum + prepared.length, 0);
  const { rolled, failed } = await rollGroups(groups, (done) => context.output.progress(done, total));
  await showRolledKeys({ rolled, failed: [...refused, ...failed] }, context);
}

/** Rolls the named keys one after the other. Throws at the first that fails. */
export async function rollEach(
  groups: readonly RollGroup[],
  flags: RollFlags,
  context: Context,
): Promise<void> {
  for (const { prepared, connection, means } of groups) {
    for (const one of prepared) await rollOne(one, flags, connection, means, context);
  }
}

/** Rolls one key, shows the new one, and says what happens to the old one. */
async function rollOne(
  prepared: PreparedRoll,
  flags: RollFlags,
  connection: Connection,
  means: Means,
  context: Context,
): Promise<void> {
  const { output } = context;
  const { old, revokeFirst } = prepared.plan;
  const outcome = await rollKey(prepared, connection, means);
  await showOutcome(outcome, outcome.operation.deliveries, context);
  await offerCopy(outcome, flags, context);
  if (flags.watch !== undefined && !outcome.retired && !revokeFirst) {
    if (await staysUnused(old.id, readDuration('--watch', flags.watch), connection, context)) {
      await revokeOldKey(old.id, connection, means, context);
      return output.say(`nothing used the old key ${old.id}: it is revoked`);
    }
    output.say(`the old key ${old.id} is still in use`);
  }
  if (output.format === 'json') return;
  const byPerson = connection.kind === 'guided' && connection.roll.by === 'composed';
  if (byPerson && !outcome.retired && !revokeFirst) {
    return await endByHand(old, flags, connection, means, context);
  }
  output.say(await oldKeyLine(outcome, { now: context.clock.now(), human: output.human }));
  const now = context.clock.now();
  const left = previousOf(outcome, now);
  const works = (left?.status === 'active' || left?.status === 'retiring') && endOf(left) > now;
  const next = {
    name: old.name,
    rolled: true,
    target: targetWords(context.flags),
    ...(works && left.id !== outcome.operation.key?.id ? { oldId: left.id } : {}),
  };
  sayNextSteps(next, outcome.operation.deliveries, output);
}

/** In a dashboard a person decides when the old key is revoked. Without a terminal it stays. */
async function endByHand(
  { id, name }: { readonly id: string; readonly name: string },
  flags: RollFlags,
  connection: Connection,
  means: Means,
  context: Context,
): Promise<void> {
  const { output } = context;
  const prompts = await context.prompts();
  const works = `the old key ${id} works on; when nothing uses it any more: keys revoke ${shellWord(id)}${targetWords(context.flags)}`;
  const declined = (error: unknown) => error instanceof KeysError && error.code === 'declined';
  if (flags.yes || !prompts.available) return output.say(works);
  try {
    await prompts.confirm({ message: `Does everything that used ${name} use the new key?`, flag: '--now' });
  } catch (error) {
    if (declined(error)) return output.say(works);
    throw error;
  }
  try {
    await revokeOldKey(id, connection, means, context);
  } catch (error) {
    // The new key is delivered and stays, even if the old one cannot be revoked.
    if (declined(error)) return output.say(`the new key is delivered; ${works}`);
    throw error;
  }
  output.say(`the old key ${id} is revoked`);
}
