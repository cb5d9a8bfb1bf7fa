import { dirname, resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';
import { collect } from '../options/collect.js';
import { KEYS_FILE } from '../options/keys-file-name.js';

const HEADER = ` yaml-language-server: $schema=keys.schema.json
 keys plan --schema > keys.schema.json writes that file, and man keys-as-code says what each field means.`;

interface AdoptFlags {
  readonly account?: string[];
}

export function adoptCommand(context: Context) {
  return new Command('adopt')
    .description(
      'Writes a new keys.yaml with the keys that the ledger and the vendors have, so that you need not start with an empty file. Adds the keys that the ledger does not know to it. Rolls nothing: rotate is never, and places that are not known are unknown.',
    )
    .argument('[file]', 'a file that does not exist yet (default: keys.yaml)')
    .addOption(
      new Option(
        '--account <name>',
        'a profile; with --provider the name of a new account, whose credential is in KEYS_API_KEY_<NAME>; again for more (default: every profile)',
      ).argParser<string[]>(collect),
    )
    .addHelpText(
      'after',
      `
Examples:
  keys adopt
  keys adopt --account mail --account edge
  KEYS_API_KEY_MAIL=… keys adopt --account mail --provider resend`,
    )
    .action((file, flags) => adopt(file ?? KEYS_FILE, flags, context));
}

async function adopt(path: string, flags: AdoptFlags, context: Context): Promise<void> {
  const [{ adoptAccounts }, { keysFileText }, { writeNewFile }, { fileExists }] = await Promise.all([
    import('../../lifecycle/as-code/adopt-accounts.js'),
    import('../../lifecycle/as-code/file-text.js'),
    import('../../storage/user-files.js'),
    import('../../storage/files/file-status.js'),
  ]);
  const full = resolve(context.process.directory, path);
  // Nothing is taken in for a file that could not be written.
  if (fileExists(full)) {
    throw new KeysError('conflict', `there is a file already: ${path}`, {
      hint: 'name another file, or move this one',
    });
  }
  const { accounts, failed } = await adoptAccounts(flags.account ?? [], context, { folder: dirname(full) });
  if (accounts.length === 0) {
    throw new KeysError('not_found', 'there is no account to adopt', {
      hint:
        failed.length > 0
          ? `could not be read: ${failed.join(', ')}`
          : 'log in first, or name one with --account and --provider',
    });
  }
  await writeNewFile(full, keysFileText(accounts, HEADER));
  const summary = accounts.map(({ account, keys, taken }) => ({
    account: account.name,
    keys: keys.length,
    taken_in: taken,
  }));
  await context.output.record(
    { file: path, accounts: summary, unread: failed },
    summary.map(
      ({ account, keys, taken_in }) =>
        [account, `${keys} keys, ${taken_in} of them new in the ledger`] as const,
    ),
  );
  context.output.say(`wrote ${path}: keys plan says what differs`);
  if (failed.length === 0) return;
  throw new KeysError('unavailable', `could not read ${failed.join(', ')}`, {
    hint: 'the file has the other accounts',
  });
}
