import { Command } from '@commander-js/extra-typings';
import type { Key } from '../../domain/key.js';
import { findKey } from '../../lifecycle/find/find-key.js';
import type { ResolvedKey } from '../../lifecycle/find/resolved-key.js';
import type { Working } from '../../lifecycle/pause-key.js';
import { keyFields } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';
import { choosing } from '../questions/pick-key.js';

interface PauseFlags {
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

const REFERENCE = 'id or exact name; on a terminal also the beginning of one';

export function pauseCommand(context: Context) {
  return new Command('pause')
    .description(
      'Stops a key until keys unpause: its secret stays good, and the next request with it is refused. Asks first; without a terminal it needs --yes. Only some vendors can do this.',
    )
    .argument('<key>', REFERENCE)
    .option('-y, --yes', 'do not ask')
    .option('--force', 'even the key that authenticates this call, or the last one that can manage keys')
    .option('-n, --dry-run', 'say what would be paused, and change nothing')
    .addHelpText('after', '\nExamples:\n  keys pause "ci runner" --yes\n  keys pause web --provider unkey')
    .action((reference, flags) => change('paused', reference, flags, context));
}

export function unpauseCommand(context: Context) {
  return new Command('unpause')
    .description('Lets a paused key work again, with the same secret.')
    .argument('<key>', REFERENCE)
    .option('-n, --dry-run', 'say what would be unpaused, and change nothing')
    .addHelpText('after', '\nExamples:\n  keys unpause "ci runner"')
    .action((reference, flags) => change('active', reference, flags, context));
}

async function change(
  working: Working,
  reference: string,
  flags: PauseFlags,
  context: Context,
): Promise<void> {
  const [{ openConnection }, { pauseKey, preparePause, requirePause }, { leaseMeans }, { refuseRevoked }] =
    await Promise.all([
      import('../../connect/open-connection.js'),
      import('../../lifecycle/pause-key.js'),
      import('../../lifecycle/find/find-managed.js'),
      import('../../lifecycle/update-key.js'),
    ]);
  const { output } = context;
  const pauses = working === 'paused';
  const connection = await openConnection(context, { yes: flags.yes === true });
  requirePause(connection);
  const found = await findKey(reference, connection, context, {
    prefixes: context.process.isAttended && !flags.yes,
    linked: true,
    ...choosing(pauses ? 'pause' : 'unpause', context),
  });
  const { key } = found;
  const { minutesAhead } = context;
  const means = { ...(await leaseMeans(context)), minutesAhead };
  const options = { force: flags.force === true };
  const ids = await preparePause(found, working, connection, means, options);
  if (flags.dryRun) {
    refuseRevoked(key, connection);
    const field = `would ${pauses ? 'pause' : 'unpause'}`;
    return await output.record({ dry_run: true, id: key.id, ids, status: working }, [
      [field, `${key.name} (${ids.join(', ')})`],
    ]);
  }
  if (pauses && !flags.yes) {
    const message = `Pause ${key.name} (${ids.join(', ')})?`;
    await (await context.prompts()).confirm({ message, flag: '--yes' });
  }
  const [changed, ...others] = await pauseKey(found, working, connection, means, options);
  for (const { id } of others.filter((one) => pauses || wasPaused(one, found)))
    output.say(`${pauses ? 'paused' : 'unpaused'} ${id} too: ${changed.name} means every version that works`);
  await output.record(changed, keyFields(changed, context.clock.now(), output.human));
}

/** Whether the ledger knew a version as paused: another one worked already, and nothing became of it. */
function wasPaused({ id }: Pick<Key, 'id'>, { managed }: Pick<ResolvedKey, 'managed'>): boolean {
  return managed?.versions.some((one) => one.id === id && one.record.status === 'paused') ?? true;
}
