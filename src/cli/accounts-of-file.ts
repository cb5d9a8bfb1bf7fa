import { join } from 'node:path';
import { KeysError } from '../domain/errors.js';
import { fileExists } from '../storage/files/file-status.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { Context } from './context.js';
import { KEYS_FILE } from './options/keys-file-name.js';

/**
 * The accounts of the `keys.yaml` in this folder whose credentials are in the environment, as on a machine of
 * CI without profiles. None, with a warning, for a file that cannot be read.
 */
export async function accountsOfFile(context: Context): Promise<readonly OperationTarget[]> {
  const { directory } = context.process;
  const hasCredential = Object.keys(context.env).some((name) => /^KEYS_API_KEY_./.test(name));
  if (!hasCredential || !fileExists(join(directory, KEYS_FILE))) return [];
  const [{ openKeysFile }, { targetOfAccount }] = await Promise.all([
    import('./keys-file.js'),
    import('../lifecycle/as-code/account.js'),
  ]);
  try {
    const { file, folder } = await openKeysFile(KEYS_FILE, context);
    return file.accounts
      .map((account) => targetOfAccount(account, context, { directory: folder }).target)
      .filter(({ profile, useEnvironmentKey }) => profile === null && useEnvironmentKey);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    context.output.warn(`the accounts of ${KEYS_FILE} were not read: ${error.message}`);
    return [];
  }
}
