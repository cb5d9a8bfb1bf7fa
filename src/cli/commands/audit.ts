import { Command, Option } from '@commander-js/extra-typings';
import type { Severity } from '../../audit/rule-table.js';
import { compact } from '../../domain/compact.js';
import { parseDurationOrNever } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import { CONFIG_FILE, loadAuditConfig, loadBaseline } from '../audit/audit-config.js';
import { type OutputFlags, openOutputs } from '../audit/audit-outputs.js';
import { concludeAudit, warnOutsideGit } from '../audit/conclude-audit.js';
import { ledgerDescriber } from '../audit/ledger-describer.js';
import type { Context } from '../context.js';

interface AuditFlags extends OutputFlags {
  readonly maxAge?: string;
  readonly unused?: string;
  readonly allProfiles?: true;
  readonly ledger?: true;
  readonly repo?: string | true;
  readonly history?: true;
  readonly failOn?: Severity;
  readonly config?: string;
  readonly baseline?: string;
}

export function auditCommand(context: Context) {
  return new Command('audit')
    .description(
      'Finds risky keys: too old, unused, about to expire, with too many permissions, shared, in version control. If a service does not report what a rule needs, the audit says "cannot tell" and reports no finding.',
    )
    .option('--max-age <duration>', 'age at which a key should be rolled, or never (default: 90d)')
    .option(
      '--unused <duration>',
      'time without use after which a key should be revoked, or never (default: 30d)',
    )
    .option(
      '--all-profiles',
      'every service that is configured here, and the accounts of keys.yaml with a credential here',
    )
    .option('--ledger', 'also keys that are not in the ledger of this machine')
    .option('--repo [path]', 'also keys in the files of a repository, and shared ones in its env files')
    .option('--history', 'also keys in everything that was ever committed (with --repo)')
    .option('--sarif [file]', 'a SARIF 2.1.0 log, for code scanning')
    .option('--markdown [file]', "Markdown, for a pull request's comment")
    .option('--step-summary', 'Markdown, added to the summary of a GitHub Actions job')
    .option('--html <file>', 'one page with a timeline of every key')
    .addOption(
      new Option('--fail-on <severity>', 'exit 8 if there is a finding of this severity or above').choices([
        'low',
        'medium',
        'high',
      ] as const),
    )
    .option('--config <path>', `thresholds and ignores (default: ${CONFIG_FILE} of this folder, if there)`)
    .option('--baseline <file>', 'show what is new and fixed since this report of keys audit --json')
    .addHelpText(
      'after',
      `
Output:
  on a terminal a summary, then (without --html) each key with all its findings and one recommended command, the worst key first;
  in a pipe a tab-separated line for each finding, the worst keys first: severity, rule, id, name, where, message, command;
  --json prints {"version":1,"findings":[{"rule","severity","message","evidence","fix","key","location","fingerprint"}],"summary"}

Files:
  --repo finds keys of the ledger (by digest), keys with a valid prefix and checksum, and the formats that keys-audit(7) lists.
  It does not find strings that merely look random: for those, use gitleaks, trufflehog or secretlint.

Examples:
  keys audit
  keys audit --all-profiles --ledger --fail-on high
  keys audit --repo . --history --sarif audit.sarif
  keys audit --html audit.html
  keys audit --json --baseline last.json > this.json`,
    )
    .action((flags) => audit(flags, context));
}

async function audit(flags: AuditFlags, context: Context): Promise<void> {
  const { profile, provider, baseUrl } = context.flags;
  if (flags.allProfiles && (profile ?? provider ?? baseUrl) !== undefined) {
    throw new KeysError('usage', '--all-profiles excludes --profile, --provider and --base-url');
  }
  const [{ runAudit }, { createLastManagers }, { DEFAULT_THRESHOLDS }] = await Promise.all([
    import('../../audit/run.js'),
    import('../../service/last-manager.js'),
    import('../../audit/thresholds.js'),
  ]);
  const { thresholds: configured, ignore } = await loadAuditConfig(flags.config);
  const thresholds = {
    ...DEFAULT_THRESHOLDS,
    ...configured,
    ...compact({
      maxAgeMs: flags.maxAge === undefined ? undefined : parseDurationOrNever(flags.maxAge),
      unusedMs: flags.unused === undefined ? undefined : parseDurationOrNever(flags.unused),
    }),
  };
  const configPath = flags.config ?? CONFIG_FILE;
  const now = context.clock.now();
  // Before anything is searched: a file that cannot be written is an error at once.
  const baseline = await loadBaseline(flags.baseline);
  const outputs = await openOutputs(flags, { now, thresholds, configPath, baseline }, context);
  try {
    const request = {
      allProfiles: flags.allProfiles === true,
      accounts: flags.allProfiles
        ? await (await import('../accounts-of-file.js')).accountsOfFile(context)
        : [],
      ledger: flags.ledger === true,
      repository: repositoryOf(flags),
      history: flags.history === true,
      thresholds,
      ignore,
      configPath,
      baseline,
      describer: ledgerDescriber(context, now),
      lastManagers: createLastManagers,
      now,
    };
    if (request.repository !== null) await warnOutsideGit(request.repository, context);
    const result = await runAudit(request, outputs, context);
    concludeAudit(flags.failOn, result, context);
  } catch (error) {
    await outputs.abandon();
    throw error;
  }
}

/** The folder whose files are searched; null: none. */
function repositoryOf({ repo, history }: AuditFlags): string | null {
  if (typeof repo === 'string') return repo;
  return repo || history ? '.' : null;
}
