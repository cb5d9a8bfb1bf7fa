import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Rekeyed } from '../../service/rekey.js';
import type { Context } from '../context.js';
import {
  type DatabaseFlags,
  databaseOption,
  dataDirOption,
  SETTINGS_ENVIRONMENT,
} from '../serve/database-address.js';
import { openServiceDatabase } from '../serve/open-service-database.js';
import { settledFlags } from '../serve/serve-settings.js';

interface RekeyFlags extends DatabaseFlags {
  readonly oldKey?: string;
  readonly newKey?: string;
}

export function serveRekeyCommand(context: Context) {
  const command = new Command('rekey')
    .summary('change the key that encrypts the signing halves of pairs')
    .description(
      'Encrypts the signing halves of all pairs under a new key, in batches. Servers that run meanwhile respond with 503 for pairs until they start again with the new key. If it is interrupted, run it again with the same keys: it goes on, and no server starts before it has finished. Then start the servers with the new key in KEYS_ENCRYPTION_KEY.',
    )
    .option('--old-key <file>', 'the current key (default: the one that serve uses)')
    .option('--new-key <file>', 'the new key: 256 bits in hex or base64url')
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `
Environment:
  KEYS_ENCRYPTION_KEY  the key so far, without --old-key (default: the keychain's, else a 0600 file in the config directory)
${SETTINGS_ENVIRONMENT}

Examples:
  openssl rand -hex 32 > new.key
  keys serve rekey --old-key old.key --new-key new.key
  KEYS_ENCRYPTION_KEY=$(cat new.key) keys serve`,
    );
  // With its parent's: before this command's name, the same options mean the same.
  return command.action(async () => await changeKey(await settledFlags(command, context), context));
}

/** By the key that the database was under. */
const OUTCOMES: Readonly<Record<Rekeyed['before'], string>> = {
  old: 'servers need the new key from now on: set KEYS_ENCRYPTION_KEY',
  new: 'the database is under the new key already; the old key was not checked',
  nothing: 'nothing is encrypted in this database; nothing was changed, and the old key was not checked',
};

async function changeKey(flags: RekeyFlags, context: Context): Promise<void> {
  const [{ rekey }, { createEncryptionKeySource, readEncryptionKey }] = await Promise.all([
    import('../../service/rekey.js'),
    import('../../storage/keychain/encryption-key.js'),
  ]);
  const fromFile = (path: string) => readEncryptionKey(resolve(context.process.directory, path));
  if (flags.newKey === undefined) {
    throw new KeysError('usage', 'the new key is needed: --new-key', {
      hint: 'openssl rand -hex 32 makes one',
    });
  }
  const source = createEncryptionKeySource(context);
  const newKey = fromFile(flags.newKey);
  const oldKey = flags.oldKey === undefined ? await source.find() : fromFile(flags.oldKey);
  if (oldKey === null) throw new KeysError('not_set', `there is no old key: ${source.where}`);
  const { database } = await openServiceDatabase(flags, context, { ifNone: 'refuse' });
  const { changed, before } = await rekey(database, { oldKey, newKey });
  context.output.say(OUTCOMES[before]);
  await context.output.record({ changed }, [['pairs encrypted anew', String(changed)]]);
}
