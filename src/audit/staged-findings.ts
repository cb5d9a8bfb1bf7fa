import { KeysError } from '../domain/errors.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import type { AuditContext } from './audit-state.js';
import type { AuditConfig } from './config.js';
import { inRepository } from './file-findings.js';
import type { Finding } from './finding.js';
import { createIgnores } from './ignores.js';
import { createOwners } from './owners.js';
import { createKeyFinder } from './repository/find-keys.js';
import { indexSecrets, knownSecrets } from './repository/known-secrets.js';
import { scanStaged } from './repository/scan-staged.js';

/** What the search needs of a call of the program. */
type StagedContext = Pick<AuditContext, 'clock' | 'env' | 'ledger' | 'output'> & {
  readonly process: { readonly directory: string };
};

/** What the search leaves out. */
interface StagedSearch {
  readonly ignore: AuditConfig['ignore'];
  /** Name of the file that has the ignores, for messages. */
  readonly config: string;
}

/** Keys in the staged content of the repository at the current directory. Warns of what was not searched. */
export async function stagedFindings(
  { ignore, config }: StagedSearch,
  context: StagedContext,
): Promise<Finding[]> {
  const now = context.clock.now();
  const ignores = createIgnores(ignore, config, now);
  const known = await knownKeys(context);
  const find = createKeyFinder(indexSecrets(knownSecrets(known)));
  const findings: Finding[] = [];
  for await (const result of scanStaged(context.process.directory, { find, env: context.env })) {
    if (result.kind === 'skipped') {
      if (result.reason !== 'binary') context.output.warn(`not searched (${result.reason}): ${result.file}`);
      continue;
    }
    const finding = inRepository(result, createOwners([result], known, now).ownerOf(result));
    if (!ignores.covers(finding)) findings.push(finding);
  }
  return findings;
}

/**
 * Without a readable ledger, keys are still found by checksum and format. A hook must not fail, or people
 * switch it off.
 */
async function knownKeys(context: StagedContext): Promise<readonly LedgerKey[]> {
  try {
    return await (await context.ledger()).keys();
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    context.output.warn(`the ledger's keys cannot be searched for: ${error.message}`);
    return [];
  }
}
