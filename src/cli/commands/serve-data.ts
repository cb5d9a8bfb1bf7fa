import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';
import {
  type DatabaseFlags,
  databaseOption,
  dataDirOption,
  SETTINGS_ENVIRONMENT,
} from '../serve/database-address.js';
import { openServiceDatabase } from '../serve/open-service-database.js';
import { settledFlags } from '../serve/serve-settings.js';

const ENVIRONMENT = `
Environment:
${SETTINGS_ENVIRONMENT}`;

/**
 * Makes or upgrades the tables, as every start of the service does: for those whose servers may not change
 * tables.
 */
export function serveMigrateCommand(context: Context) {
  const command = new Command('migrate')
    .summary("create or upgrade the database's tables")
    .description("Makes or upgrades the database's tables, as serve does at its start, and ends.")
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText('after', ENVIRONMENT);
  // With its parent's: before this command's name, the same options mean the same.
  return command.action(async () => await migrate(await settledFlags(command, context), context));
}

export function serveExportCommand(context: Context) {
  const command = new Command('export')
    .summary('print every key, for import elsewhere')
    .description(
      'Prints every key as it is at this moment, revoked ones too, as lines of JSON, for keys serve import. There are digests in it and no secrets; the signing halves of pairs are encrypted, as in the database. What is kept to answer a repeated create or roll stays behind.',
    )
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `${ENVIRONMENT}

Output:
  a line {"format":"keys","version":1,"keys":<count>,"events":<count>,"settings":{…}}, then a line for each key,
  then a line for each event of the audit trail, times in epoch milliseconds

Examples:
  keys serve export > keys.ndjson
  keys serve export | keys serve import --database postgres://keys@db.internal/keys`,
    );
  return command.action(async () => await exportData(await settledFlags(command, context), context));
}

export function serveImportCommand(context: Context) {
  const command = new Command('import')
    .summary('add what export printed')
    .description(
      'Takes in, from stdin, what keys serve export printed: all of it, or, where anything is wrong, nothing. A key that is there already must be the same, but for its last use.',
    )
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `${ENVIRONMENT}

Examples:
  keys serve import --database postgres://keys@db.internal/keys < keys.ndjson`,
    );
  return command.action(async () => await importData(await settledFlags(command, context), context));
}

async function migrate(flags: DatabaseFlags, context: Context): Promise<void> {
  const { KEY_SERVICE_MIGRATIONS } = await import('../../service/store/migrations.js');
  await openServiceDatabase(flags, context, { ifNone: 'make' });
  const schema = KEY_SERVICE_MIGRATIONS.length;
  await context.output.record({ schema }, [['schema', String(schema)]]);
}

async function exportData(flags: DatabaseFlags, context: Context): Promise<void> {
  const { exportKeys } = await import('../../service/key-transfer.js');
  await exportKeys((await openServiceDatabase(flags, context, { ifNone: 'refuse' })).database, (lines) =>
    context.output.print(lines),
  );
}

async function importData(flags: DatabaseFlags, context: Context): Promise<void> {
  const [{ importKeys }, { OWNER }] = await Promise.all([
    import('../../service/key-transfer.js'),
    import('../../service/principal.js'),
  ]);
  if (context.input.isTerminal) {
    throw new KeysError('usage', 'no keys on stdin', {
      hint: 'keys serve import < keys.ndjson',
    });
  }
  const { added, same } = await importKeys(
    (await openServiceDatabase(flags, context, { ifNone: 'make' })).database,
    context.input.readLines(),
    {
      actor: OWNER.id,
      at: context.clock.now(),
    },
  );
  await context.output.record({ added, already_there: same }, [
    ['added', String(added)],
    ['already there', String(same)],
  ]);
}
