import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { readSet } from '../../connect/resolve-target.js';
import { withOptionsOfSet } from '../../domain/set-options.js';
import { asShown } from '../../domain/whole-seconds.js';
import { findKey } from '../../lifecycle/find/find-key.js';
import { keyFields } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';
import {
  allowEndpointOption,
  allowIpOption,
  allowReferrerOption,
  metadataOption,
  quotaOption,
  rateOption,
  scopeOption,
  usesOption,
} from '../options/key-options.js';
import { readChanges, requireChanges, type UpdateFlags } from '../options/update-flags.js';
import { choosing, pickKey, requireKey } from '../questions/pick-key.js';

export function updateCommand(context: Context) {
  return new Command('update')
    .description(
      'Changes what is said and leaves the rest. Lists (scopes, restrictions, limits, metadata) are replaced as a whole.',
    )
    .argument('[key]', 'id or exact name; on a terminal also the beginning of one, or a list to pick from')
    .option('--name <name>', 'a new name')
    .option('--service <name>', 'the service that it belongs to')
    .option('--owner <name>', 'whose key it is')
    .option(
      '--expires <time>',
      'a new expiry: 30d, 9mo, 2027-01-31 (the end of that day in local time), never',
    )
    .option('--no-expires', 'the same as --expires never')
    .addOption(scopeOption())
    .addOption(allowIpOption())
    .addOption(allowReferrerOption())
    .addOption(allowEndpointOption())
    .option('--no-restrictions', 'lift every restriction')
    .addOption(rateOption())
    .addOption(quotaOption())
    .addOption(usesOption())
    .option('--no-limits', 'lift every limit')
    .addOption(metadataOption())
    .option('-y, --yes', 'do not ask')
    .option(
      '--force',
      'limit even the key that authenticates this call, or the last one that can manage keys',
    )
    .option('-n, --dry-run', 'say what would change, and change nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  keys update web --name "web shop"\n  keys update web --allow-ip 203.0.113.0/24\n  keys update web --provider unkey --set roles=reader',
    )
    .action((reference, flags, command) => {
      requireKey(reference, command as CommandUnknownOpts, context);
      return update(reference, flags, context);
    });
}

async function update(named: string | undefined, flags: UpdateFlags, context: Context): Promise<void> {
  const { openConnection } = await import('../../connect/open-connection.js');
  const said = readChanges(flags, context.clock.now());
  const set = readSet(context.flags.set ?? []);
  requireChanges({ ...said, ...set });
  const output = context.output;
  const connection = await openConnection(context);
  requireChanges(withOptionsOfSet(connection.provider, said, set));
  const reference = named ?? (await pickKey('update', connection, context));
  const { key, managed, by } = await findKey(reference, connection, context, {
    prefixes: context.process.isAttended && !flags.yes,
    ...choosing('update', context),
  });
  if (by === 'prefix') {
    await (await context.prompts()).confirm({ message: `Change ${key.name} (${key.id})?`, flag: '--yes' });
  }
  const [{ leaseMeans }, { refuseUpdate, requireUpdatable, updateKey }] = await Promise.all([
    import('../../lifecycle/find/find-managed.js'),
    import('../../lifecycle/update-key.js'),
  ]);
  const means = await leaseMeans(context);
  // By now a response has told whether this machine's clock is wrong.
  const { serviceTime } = await import('../../lifecycle/service-time.js');
  const changes = withOptionsOfSet(connection.provider, readChanges(flags, serviceTime(context)), set);
  if (!flags.force) await requireUpdatable({ key, managed, by }, changes, connection, means);
  if (flags.dryRun) {
    await refuseUpdate({ key, managed }, changes, connection, means);
    const fields = Object.entries(asShown(changes)).map(
      ([name, value]) => [`would set ${name}`, JSON.stringify(value)] as const,
    );
    const { notAsked } = await import('../show/not-asked.js');
    const unasked = notAsked(connection);
    await output.record({ dry_run: true, id: key.id, update: changes, ...unasked.json }, [
      ...fields,
      ...unasked.fields,
    ]);
    return;
  }
  const updated = await updateKey({ key, managed }, changes, connection, means, {
    force: flags.force === true,
  });
  await output.record(updated, keyFields(updated, context.clock.now(), output.human));
}
