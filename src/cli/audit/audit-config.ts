import type { Baseline } from '../../audit/baseline.js';
import type { AuditConfig } from '../../audit/config.js';

/** The default config file, in the current folder. */
export const CONFIG_FILE = 'keys-audit.json';
/** Its largest size in bytes. */
const MOST_BYTES = 1024 * 1024;

/** Largest size of an earlier report in bytes: about 100,000 findings. */
const MOST_BYTES_OF_REPORT = 256 * 1024 * 1024;

/**
 * Returns the audit's config: from the file that was named, or from the one in this folder if there is one.
 * Throws `usage`.
 */
export async function loadAuditConfig(path: string | undefined): Promise<AuditConfig> {
  const { findUserFile, readUserFile } = await import('../../storage/user-files.js');
  const bytes =
    path === undefined ? await findUserFile(CONFIG_FILE, MOST_BYTES) : await readUserFile(path, MOST_BYTES);
  if (bytes === null) return { thresholds: {}, ignore: [] };
  // Its schemas are loaded only where there is something to check.
  const { readConfig } = await import('../../audit/config.js');
  return readConfig(Buffer.from(bytes).toString('utf8'), path ?? CONFIG_FILE);
}

/** Returns the earlier audit that this file reports; null if none was named. Throws `usage`. */
export async function loadBaseline(path: string | undefined): Promise<Baseline | null> {
  if (path === undefined) return null;
  const [{ readUserFileOrPipe }, { readBaseline }] = await Promise.all([
    import('../../storage/user-files.js'),
    import('../../audit/baseline.js'),
  ]);
  return readBaseline(
    Buffer.from(await readUserFileOrPipe(path, MOST_BYTES_OF_REPORT)).toString('utf8'),
    path,
  );
}
