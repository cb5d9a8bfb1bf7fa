import { Command } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import { compact } from '../../domain/compact.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Schedule } from '../../domain/managed-key.js';
import type { Outcome } from '../../lifecycle/operation/outcome.js';
import type { Context } from '../context.js';
import { type CreateFlags, readSchedule, withName } from '../options/create-flags.js';
import { type Asked, askForRequest, readAsGiven } from '../options/create-request.js';
import {
  allowEndpointOption,
  allowIpOption,
  allowReferrerOption,
  graceOption,
  metadataOption,
  quotaOption,
  rateOption,
  rotateOption,
  scopeOption,
  typeOption,
  usesOption,
} from '../options/key-options.js';
import {
  checkPlaceFlags,
  copyOption,
  envOption,
  insecureStorageOption,
  noEscrowOption,
  rawOption,
  replaceOption,
  shellOption,
  toOption,
} from '../options/place-options.js';

export function createCommand(context: Context) {
  return new Command('create')
    .description(
      'Creates a key and shows its secret once. Without a name, asks on a terminal for all that the key can have. At a vendor or a server it asks after a name alone too; -y takes the defaults.',
    )
    .argument('[name]', 'what the key is for')
    .optionsGroup('The key:')
    .option('--name <name>', 'the same, as an option')
    .addOption(typeOption())
    .option('--environment <name>', "one of the provider's, such as live or test (default: its first)")
    .option('--service <name>', 'the service that it belongs to')
    .option('--owner <name>', 'whose key it is: a person, a team, a customer')
    .option(
      '--expires <time>',
      'when it expires: 30d, 9mo, 2027-01-31 (the end of that day in local time), never (default: never)',
    )
    .addOption(metadataOption())
    .optionsGroup('What it may do, from where and how often:')
    .addOption(scopeOption())
    .addOption(allowIpOption())
    .addOption(allowReferrerOption())
    .addOption(allowEndpointOption())
    .addOption(rateOption())
    .addOption(quotaOption())
    .addOption(usesOption())
    .optionsGroup('Where the secret goes (without any of these, to the screen):')
    .addOption(toOption())
    .addOption(copyOption())
    .addOption(envOption())
    .addOption(shellOption())
    .addOption(rawOption())
    .addOption(replaceOption())
    .addOption(noEscrowOption())
    .addOption(insecureStorageOption())
    .optionsGroup('Later rolls:')
    .addOption(rotateOption())
    .addOption(graceOption())
    .optionsGroup('Options:')
    .option('-y, --yes', 'do not ask')
    .option('-n, --dry-run', 'say what would be created, and create nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints the key with its secret: {"id","name","status","created_at",…,"secret"};
  where the secret goes elsewhere (--to), stdout shows the record without it.
  exit 9: the key works and a place still waits for its secret; keys resume delivers it.

Examples:
  keys create --name "ci runner" --environment test --expires 30d
  eval "$(keys create --name web --env WEB_API_KEY)"
  KEY=$(keys create --name job --raw)
  keys create --name deploy --to .env --to keychain
  keys create --name billing --to .env#BILLING_API_KEY --to 'exec:gh secret set BILLING_API_KEY'`,
    )
    .action((name, flags) => create(withName(name, flags), context));
}

async function create(given: CreateFlags, context: Context): Promise<void> {
  checkPlaceFlags(given, context.flags.json === true);
  const schedule = readSchedule(given);
  const asGiven = await readAsGiven(given, context);
  const [{ openConnection }, { underPolicyOfNow }] = await Promise.all([
    import('../../connect/open-connection.js'),
    import('../../connect/followed-policy.js'),
  ]);
  const { yes, insecureStorage, escrow } = given;
  const connection = await openConnection(context, { yes: yes === true, insecureStorage, escrow });
  await underPolicyOfNow(connection, async () => {
    const asked = asGiven ?? (await askForRequest(given, connection, context));
    await createAt(connection, asked, schedule, context);
  });
}

async function createAt(
  connection: Connection,
  { asked, flags, askedExpiry }: Asked,
  schedule: Schedule,
  context: Context,
): Promise<void> {
  const request = compact({ ...asked, environment: asked.environment ?? connection.defaultEnvironment });
  connection.refuseInexpressible(request);
  if (schedule.grace_ms !== null) {
    const { requireGrace } = await import('../../lifecycle/roll/plan-roll.js');
    requireGrace(schedule.grace_ms, connection);
  }
  const { output } = context;
  await announce(request, flags, connection, context);
  const [{ createKey }, { openMeans }, { showOutcome }] = await Promise.all([
    import('../../lifecycle/create/create-key.js'),
    import('../../lifecycle/operation/open-means.js'),
    import('../show/show-outcome.js'),
  ]);
  const means = await openMeans(connection, context, { insecureStorage: flags.insecureStorage });
  const order = { request, schedule, flags };
  if (flags.dryRun) {
    const { showPlannedCreate } = await import('../show/show-planned-create.js');
    return await showPlannedCreate(order, connection, means, context);
  }
  const outcome = await createKey(order, connection, means, context);
  await showOutcome(outcome, outcome.operation.deliveries, context);
  if (!output.human) return;
  const chosen = askedExpiry || flags.expires !== undefined;
  await advise(outcome, { ...flags, chosen }, connection, context);
}

/** Warns of a key of the same name, and asks before the new key revokes another one. Throws `declined`. */
async function announce(
  request: CreateKey,
  flags: CreateFlags,
  connection: Connection,
  context: Context,
): Promise<void> {
  const [{ supersededKey }, { warnOfNamesake }] = await Promise.all([
    import('../../lifecycle/create/namesakes.js'),
    import('../show/warn-of-namesake.js'),
  ]);
  await warnOfNamesake(request.name, connection, context);
  const previous = flags.yes || flags.dryRun ? null : await supersededKey(request, connection);
  if (previous === null) return;
  const message = `The new key revokes ${previous.name} (${previous.id}) at once. Go on?`;
  await (await context.prompts()).confirm({ message, flag: '--yes' });
}

/**
 * Offers to copy the secret, and says what can be done next. `chosen`: a person has said when the key
 * expires, and needs no reminder.
 */
async function advise(
  outcome: Outcome,
  { chosen, ...flags }: CreateFlags & { readonly chosen: boolean },
  { kind }: Connection,
  context: Context,
): Promise<void> {
  const [{ offerCopy }, { sayNextSteps }, { targetWords }] = await Promise.all([
    import('../questions/offer-copy.js'),
    import('../show/next-steps.js'),
    import('../show/target-words.js'),
  ]);
  await offerCopy(outcome, flags, context);
  if (outcome.created?.key.expires_at === null && kind !== 'guided' && !chosen) {
    context.output.hint('this key never expires; --expires 90d sets an end');
  }
  const { name, deliveries } = outcome.operation;
  sayNextSteps({ name, target: targetWords(context.flags) }, deliveries, context.output);
}
