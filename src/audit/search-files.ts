import type { LedgerKey } from '../storage/ledger/ledger.js';
import { createKeyFinder } from './repository/find-keys.js';
import type { FoundSecret, Skipped } from './repository/found.js';
import { indexSecrets, knownSecrets } from './repository/known-secrets.js';
import type { ScanOptions } from './repository/scan-bytes.js';
import { type FoundInEnvFile, scanEnvFiles } from './repository/scan-env-files.js';
import { scanHistory } from './repository/scan-history.js';
import { scanWorkTree } from './repository/scan-work-tree.js';

export interface FileSearch {
  readonly root: string;
  readonly history: boolean;
  readonly env: ScanOptions['env'];
  /** The ledger's keys, found by digest. */
  readonly known: readonly LedgerKey[];
  readonly onFile: () => void;
  readonly onSkipped: (skipped: Skipped) => void;
}

/** What was found in files: never a secret. */
export interface FileFinds {
  readonly inRepository: readonly FoundSecret[];
  readonly inEnvFiles: readonly FoundInEnvFile[];
}

/**
 * Searches the files of a folder as version control has them, its history where asked for, and its env files.
 * Errors: see `scanWorkTree`.
 */
export async function searchFiles({
  root,
  history,
  env,
  known,
  onFile,
  onSkipped,
}: FileSearch): Promise<FileFinds> {
  const options = { find: createKeyFinder(indexSecrets(knownSecrets(known))), env, onFile };
  const inRepository: FoundSecret[] = [];
  const seen = new Set<string>();
  const take = async (results: AsyncIterable<FoundSecret | Skipped>) => {
    for await (const result of results) {
      if (result.kind === 'skipped') {
        if (result.commit === undefined) onSkipped(result);
        continue;
      }
      // A secret that is still in a file is reported once, and not again for the commit that added it.
      const same = JSON.stringify([result.file, result.masked]);
      if (result.commit !== undefined && seen.has(same)) continue;
      seen.add(same);
      inRepository.push(result);
    }
  };
  await take(scanWorkTree(root, options));
  if (history) await take(scanHistory(root, options));
  const inEnvFiles: FoundInEnvFile[] = [];
  for await (const found of scanEnvFiles(root, options)) inEnvFiles.push(found);
  return { inRepository, inEnvFiles };
}
