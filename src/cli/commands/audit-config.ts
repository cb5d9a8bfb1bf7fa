import type { AuditConfig } from '../../audit/config.js';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';

/** Where the config is looked for, where none is named. */
export const CONFIG_FILE = 'keys-audit.json';
/** Most bytes of it. */
const MOST_BYTES = 1024 * 1024;

/** The audit's config: the file that was named, or the one of this folder where there is one. Throws `usage`. */
export async function loadAuditConfig(path: string | undefined, _context: Context): Promise<AuditConfig> {
  const { readUserFile } = await import('../../storage/user-files.js');
  let bytes: Uint8Array;
  try {
    bytes = await readUserFile(path ?? CONFIG_FILE, MOST_BYTES);
  } catch (error) {
    if (path === undefined && isMissing(error)) return { thresholds: {}, ignore: [] };
    throw error;
  }
  // Its schemas are loaded only where there is something to check.
  const { readConfig } = await import('../../audit/config.js');
  return readConfig(Buffer.from(bytes).toString('utf8'), path ?? CONFIG_FILE);
}

function isMissing(error: unknown): boolean {
  const cause = error instanceof KeysError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
