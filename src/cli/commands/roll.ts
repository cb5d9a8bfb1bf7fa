import { Command } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import type { Context } from '../context.js';
import { scopeOption } from '../options/key-options.js';
import {
  checkPlaceFlags,
  copyOption,
  envOption,
  insecureStorageOption,
  noEscrowOption,
  rawOption,
  replaceOption,
  shellOption,
  skipOption,
  toOption,
} from '../options/place-options.js';
import { checkRollFlags, type RollFlags, readChoices } from '../options/roll-flags.js';

export function rollCommand(context: Context) {
  return new Command('roll')
    .description(
      'Replaces keys: creates a successor with the same name, rights and lifetime, delivers it to every place of the key and tries it; the old key works for the grace period, then it is revoked. keys resume finishes what was interrupted.',
    )
    .argument(
      '[keys...]',
      'ids or exact names; on a terminal also the beginning of one, or a list to pick from',
    )
    .optionsGroup('When the old key stops:')
    .option(
      '--grace <duration>',
      "how long the old key works after the delivery (default: the key's schedule, the provider's window, else 12h)",
    )
    .option('--until <time>', 'until when the old key works; a date is the end of that day in local time')
    .option('--now', 'revoke the old key as soon as the new one is delivered, as when it is compromised')
    .option('--revoke-first', 'revoke the old key before the new one is created: when even --now is too late')
    .option('--in-place', "use the provider's own roll even if it stops the old key at once")
    .option('--watch <duration>', 'revoke the old key early, once nothing has used it for this long')
    .optionsGroup('The successor:')
    .option(
      '--expires <time>',
      'when the successor expires (default: after the same lifetime); a date is the end of that day in local time; never: not at all',
    )
    .addOption(scopeOption('what the successor may do, if the vendor does not say what the old key may'))
    .optionsGroup('Where the new secret goes, beside the places of the key:')
    .addOption(toOption())
    .addOption(copyOption())
    .addOption(envOption())
    .addOption(shellOption())
    .addOption(rawOption())
    .addOption(skipOption())
    .addOption(replaceOption())
    .addOption(insecureStorageOption())
    .addOption(noEscrowOption())
    .optionsGroup('Options:')
    .option(
      '--due [age]',
      'every key that is due by its own schedule, or that is older than this, such as 90d',
    )
    .option('--abort', 'undo a roll whose new secret was not delivered anywhere')
    .option('-y, --yes', 'do not ask, not even when the old key stops at once')
    .option('-n, --dry-run', 'say what would happen, and change nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints the new key with its secret, and the old one under "previous"; of several keys, one object each.
  --due --json prints {"rolled":[{"name","id","previous","delivered_to"}],"failed":[{"name","id","code","message"}]}, without secrets.
  exit 9: a new key works and a place still waits for its secret; keys resume delivers it.

Examples:
  keys roll web --grace 12h --json
  keys roll web --now --yes
  keys roll web --to 'exec:gh secret set WEB_API_KEY' --grace 1d
  keys roll --due 90d --to keychain`,
    )
    .action((references, flags) => roll(references, flags, context));
}

async function roll(named: readonly string[], flags: RollFlags, context: Context): Promise<void> {
  checkPlaceFlags(flags, context.flags.json === true);
  const mayPick = context.process.isAttended && context.flags.input !== false && !flags.abort;
  checkRollFlags(named, flags, mayPick);
  if (flags.abort) return await abort(named, context);
  const [{ connectAsServed }, { underPolicyOfNow }] = await Promise.all([
    import('../../connect/connect-as-served.js'),
    import('../../connect/followed-policy.js'),
  ]);
  const { insecureStorage, escrow } = flags;
  const connection = await connectAsServed(context, { yes: flags.yes === true, insecureStorage, escrow });
  await underPolicyOfNow(connection, async () => await rollAt(connection, named, flags, context));
}

async function rollAt(
  connection: Connection,
  named: readonly string[],
  flags: RollFlags,
  context: Context,
): Promise<void> {
  const [{ openMeans }, { prepareRollsOf }, { keysToRoll }, shown] = await Promise.all([
    import('../../lifecycle/operation/open-means.js'),
    import('../../lifecycle/roll/roll-groups.js'),
    import('../options/keys-to-roll.js'),
    import('../show/show-roll.js'),
  ]);
  if (flags.watch !== undefined) {
    const { requireLastUse } = await import('../../lifecycle/roll/old-key.js');
    requireLastUse(connection);
  }
  const means = await openMeans(connection, context, { insecureStorage: flags.insecureStorage });
  // What is malformed is refused first. A response may tell that this machine's clock is wrong.
  readChoices(flags, context.clock.now());
  const found = await keysToRoll(named, flags, connection, means, context);
  const { serviceTime } = await import('../../lifecycle/service-time.js');
  const choices = readChoices(flags, serviceTime(context));
  const rules = { choices, flags, due: flags.due !== undefined };
  if (rules.due && found.length === 0) await sayUnread(connection, context);
  const plans = await prepareRollsOf(found, { connection, means }, rules, context);
  const prepared = plans.groups.flatMap((group) => group.prepared);
  if (flags.dryRun) {
    await shown.showRollPlans(prepared, plans.refused, connection, context);
    return shown.refuseFailed(plans.refused, found.length);
  }
  shown.sayFixedEnds(prepared, connection, context);
  if (!flags.yes) await shown.confirmRolls(prepared, flags, connection, context);
  const { rollDue, rollEach } = await import('../roll-prepared.js');
  await (rules.due ? rollDue(plans, context) : rollEach(plans.groups, flags, context));
}

/** That no key is due says nothing of the accounts that were not read. */
async function sayUnread(connection: Connection, context: Context): Promise<void> {
  const [{ warnOfUnread }, { accountOf }] = await Promise.all([
    import('../show/warn-of-unread.js'),
    import('../../lifecycle/find/account-of.js'),
  ]);
  const own = accountOf(connection);
  await warnOfUnread((one) => one.provider === own.provider && one.address === own.address, context);
}

async function abort(references: readonly string[], context: Context): Promise<void> {
  const { abortRolls } = await import('../../lifecycle/roll/abort-rolls.js');
  for await (const line of abortRolls(references, context)) context.output.say(line);
}
