import type { Severity } from '../../audit/rule-table.js';
import type { AuditResult } from '../../audit/run.js';
import { READ_THEM, unreadText } from '../../connect/unread-accounts.js';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';

/** A folder that was mistaken for a repository has no history, and no ignore files leave anything out. */
export async function warnOutsideGit(folder: string, { env, output }: Context): Promise<void> {
  const [{ isFolder }, { inWorkTree }] = await Promise.all([
    import('../../audit/repository/folder.js'),
    import('../../audit/repository/git.js'),
  ]);
  if (!(await isFolder(folder)) || (await inWorkTree(folder, env))) return;
  output.warn(`${folder} is in no git repository, or git is not installed: only its files are searched`);
}

/**
 * Warns of what was not read. Throws `audit_found` for findings at or above `failOn`, and `unavailable` for
 * a service that could not be audited.
 */
export function concludeAudit(
  failOn: Severity | undefined,
  { tally, failures, unread }: AuditResult,
  { output }: Pick<Context, 'output'>,
): void {
  for (const { profile, provider, error } of failures) {
    output.warn(`${profile ?? provider ?? 'a service'} could not be audited: ${error?.message ?? ''}`);
  }
  if (unread.length > 0) {
    output.warn(unreadText(unread));
    output.hint(READ_THEM);
  }
  const found = failOn === undefined ? 0 : tally.atLeast(failOn);
  if (found > 0) {
    throw new KeysError(
      'audit_found',
      `${found} ${found === 1 ? 'finding' : 'findings'} of severity ${failOn} or above`,
      {
        hint: 'each has the command that fixes it; list findings to ignore in keys-audit.json',
        details: { findings: tally.findings },
      },
    );
  }
  if (failures.length > 0) {
    throw new KeysError('unavailable', `${failures.length} of the services could not be audited`, {
      hint: 'see the warnings; keys status --profile says how one stands',
    });
  }
}
