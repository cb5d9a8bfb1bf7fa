import { Command } from '@commander-js/extra-typings';
import { machineName } from '../../storage/user-name.js';
import type { Context } from '../context.js';
import {
  type DatabaseFlags,
  databaseOption,
  dataDirOption,
  SETTINGS_ENVIRONMENT,
} from '../serve/database-address.js';
import { openServiceDatabase } from '../serve/open-service-database.js';
import { settledFlags } from '../serve/serve-settings.js';

export function serveRecoverCommand(context: Context) {
  const command = new Command('recover')
    .summary('create a new management key')
    .description(
      'Creates a management key with every right and writes it to management.key in the data directory, for a service whose management keys were lost, revoked or narrowed. It works beside running servers and needs access to the database. A key in that file that still can do everything is kept; one that cannot is moved to management.key.previous.',
    )
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `
Environment:
${SETTINGS_ENVIRONMENT}

Output:
  the path of the file; --json prints {"path","created"}

Examples:
  keys serve recover
  keys serve recover --database postgres://keys@db.internal/keys --data-dir /var/lib/keys
  keys login --base-url http://127.0.0.1:8787 --profile team --with-token < management.key`,
    );
  // With its parent's: the same options mean the same before this command's name.
  return command.action(async () => await recover(await settledFlags(command, context), context));
}

async function recover(flags: DatabaseFlags, context: Context): Promise<void> {
  const [{ createSqlKeyStore }, { recoverManagementKey }] = await Promise.all([
    import('../../service/store/sql-key-store.js'),
    import('../../service/http/management-key.js'),
  ]);
  const { database, dataDir } = await openServiceDatabase(flags, context, { ifNone: 'refuse' });
  const { path, created } = await recoverManagementKey(
    createSqlKeyStore(database),
    dataDir,
    context.clock,
    machineName(context.env),
  );
  context.output.say(
    created ? 'created a management key' : 'the management key still works; nothing was changed',
  );
  await context.output.record({ path, created }, [['management key', path]]);
}
