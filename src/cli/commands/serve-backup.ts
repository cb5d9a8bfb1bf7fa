import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { BackupContent } from '../../service/backup.js';
import type { Context } from '../context.js';
import {
  type DatabaseFlags,
  databaseOption,
  dataDirOption,
  SETTINGS_ENVIRONMENT,
} from '../serve/database-address.js';
import { openServiceDatabase } from '../serve/open-service-database.js';
import { settledFlags } from '../serve/serve-settings.js';

export function serveBackupCommand(context: Context) {
  const command = new Command('backup')
    .summary('write a verified backup while the service runs')
    .description(
      'Writes all that the database holds at this moment to a new file (0600), reads the file again and compares it with its checksum. Servers work on meanwhile. It can be restored to either kind of database. The encryption key of pairs and HMAC keys are not in it: it says which of them to keep, elsewhere.',
    )
    .argument('<file>', 'the new file')
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `
Environment:
${SETTINGS_ENVIRONMENT}

Examples:
  keys serve backup /backup/keys-2027-01-31.ndjson
  keys serve restore /backup/keys-2027-01-31.ndjson --data-dir /var/lib/keys`,
    );
  // With its parent's: before this command's name, the same options mean the same.
  return command.action(async (file) => await backup(file, await settledFlags(command, context), context));
}

export function serveRestoreCommand(context: Context) {
  const command = new Command('restore')
    .summary('fill an empty database with a backup')
    .description(
      'Fills a database that was not used yet with what keys serve backup wrote: all of it or, if the file was cut off or changed, nothing. A backup of SQLite can be restored to PostgreSQL, and the other way round. Start the servers afterwards.',
    )
    .argument('<file>', 'the backup')
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `
Environment:
${SETTINGS_ENVIRONMENT}

Examples:
  keys serve restore /backup/keys-2027-01-31.ndjson --data-dir /var/lib/keys
  keys serve restore keys.ndjson --database postgres://keys@db.internal/keys`,
    );
  return command.action(async (file) => await restore(file, await settledFlags(command, context), context));
}

async function backup(file: string, flags: DatabaseFlags, context: Context): Promise<void> {
  const [{ checkBackup, writeBackup }, { fileExists }, { openDraft }, { readLines }] = await Promise.all([
    import('../../service/backup.js'),
    import('../../storage/files/file-status.js'),
    import('../../storage/files/growing-file.js'),
    import('../../storage/read-lines.js'),
  ]);
  const path = resolve(context.process.directory, file);
  if (fileExists(path)) {
    throw new KeysError('conflict', `there is a file already: ${path}`, { hint: 'name a new one' });
  }
  const { database } = await openServiceDatabase(flags, context, { ifNone: 'refuse' });
  const draft = openDraft(path, { mode: 0o600 });
  try {
    await writeBackup(database, context.clock.now(), draft.write);
    draft.finish();
  } catch (error) {
    draft.abandon();
    throw error;
  }
  await report(await checkBackup(readLines(path)), path, context);
}

async function restore(file: string, flags: DatabaseFlags, context: Context): Promise<void> {
  const [{ restoreBackup }, { readLines }] = await Promise.all([
    import('../../service/backup.js'),
    import('../../storage/read-lines.js'),
  ]);
  const path = resolve(context.process.directory, file);
  const { database } = await openServiceDatabase(flags, context, { ifNone: 'make' });
  const restored = await restoreBackup(database, readLines(path));
  context.output.say(
    'a server that runs on this database must start again: it does not know what was restored',
  );
  await report(restored, path, context);
}

/** Says what the file holds, and which second file it needs. */
async function report(content: BackupContent, path: string, context: Context): Promise<void> {
  const { keys, events, needsEncryptionKey, needsHmacKeys } = content;
  if (needsEncryptionKey) {
    const { createEncryptionKeySource } = await import('../../storage/keychain/encryption-key.js');
    const { where } = createEncryptionKeySource(context);
    context.output.say(
      `without the encryption key, pairs cannot be used; it is not in this file, but in ${where}`,
    );
  }
  if (needsHmacKeys)
    context.output.say('imported keys also need the files of --hmac-key; they are not in this file');
  await context.output.record(
    { path, keys, events, needs_encryption_key: needsEncryptionKey, needs_hmac_keys: needsHmacKeys },
    [
      ['file', path],
      ['keys', String(keys)],
      ['events', String(events)],
      ['verified', 'yes'],
    ],
  );
}
