import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { readSet } from '../../connect/resolve-target.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { UpdateKey } from '../../domain/key-service.js';
import { withOptionsOfSet } from '../../domain/set-options.js';
import { asShown } from '../../domain/whole-seconds.js';
import { findKey } from '../../lifecycle/find-key.js';
import { refuseOwn } from '../../lifecycle/refuse-own.js';
import { keyFields } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';
import {
  allowEndpointOption,
  allowIpOption,
  allowReferrerOption,
  checkLabels,
  type LimitFlags,
  metadataOption,
  nameHint,
  nameProblem,
  quotaOption,
  type RestrictionFlags,
  rateOption,
  readExpiry,
  readLimits,
  readMetadata,
  readRestrictions,
  readScopes,
  scopeOption,
  usesOption,
} from '../key-options.js';
import { pickKey, requireKey } from '../pick-key.js';

interface UpdateFlags extends RestrictionFlags, LimitFlags {
  readonly limits?: boolean;
  readonly name?: string;
  readonly service?: string;
  readonly owner?: string;
  readonly expires?: string | boolean;
  readonly scope?: string[];
  readonly restrictions?: boolean;
  readonly metadata?: string[];
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

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
  const changes = withOptionsOfSet(connection.provider, said, set);
  requireChanges(changes);
  const reference = named ?? (await pickKey('update', connection, context));
  const { key, managed, by } = await findKey(reference, connection, context, {
    prefixes: context.process.isAttended && !flags.yes,
  });
  if (by === 'prefix') {
    await (await context.prompts()).confirm({ message: `Change ${key.name} (${key.id})?`, flag: '--yes' });
  }
  const [{ leaseMeans }, { refuseKeysElsewhere }, { limitsKey, updateKey }] = await Promise.all([
    import('../../lifecycle/find-managed.js'),
    import('../../lifecycle/one-address.js'),
    import('../../lifecycle/update-key.js'),
  ]);
  if (!flags.force && limitsKey(changes)) await refuseOwn([key.id], connection);
  if (!flags.force) await refuseKeysElsewhere([{ key, managed }], connection, await context.ledger());
  if (flags.dryRun) {
    const fields = Object.entries(asShown(changes)).map(
      ([name, value]) => [`would set ${name}`, JSON.stringify(value)] as const,
    );
    await output.record({ dry_run: true, id: key.id, update: changes }, fields);
    return;
  }
  const updated = await updateKey({ key, managed }, changes, connection, await leaseMeans(context), {
    force: flags.force === true,
  });
  await output.record(updated, keyFields(updated, context.clock.now(), output.human));
}

function readChanges(flags: UpdateFlags, nowMs: number): UpdateKey {
  const problem = flags.name === undefined ? undefined : nameProblem(flags.name);
  if (flags.name !== undefined && problem !== undefined)
    throw new KeysError('usage', problem, { hint: nameHint(flags.name) });
  checkLabels(flags);
  const restrictions = readRestrictions(flags);
  if (restrictions !== undefined && flags.restrictions === false) {
    throw new KeysError('usage', '--no-restrictions and --allow-… exclude each other');
  }
  if (readLimits(flags) !== undefined && flags.limits === false) {
    throw new KeysError('usage', '--no-limits excludes --rate, --quota and --uses');
  }
  return compact({
    name: flags.name,
    service: flags.service,
    owner: flags.owner,
    expires_at:
      typeof flags.expires === 'string'
        ? readExpiry(flags.expires, nowMs)
        : flags.expires === false
          ? null
          : undefined,
    scopes: readScopes(flags.scope),
    restrictions: flags.restrictions === false ? {} : restrictions,
    limits: flags.limits === false ? {} : readLimits(flags),
    metadata: readMetadata(flags.metadata),
  });
}

function requireChanges(changes: object): void {
  if (Object.keys(changes).length > 0) return;
  throw new KeysError('usage', 'nothing to change', {
    hint: 'say what: --name, --expires, --scope …; keys update --help',
  });
}
