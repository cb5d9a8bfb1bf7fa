import { Command, Option } from '@commander-js/extra-typings';
import type { Finding } from '../../audit/finding.js';
import type { Ignores } from '../../audit/ignores.js';
import type { AuditSource } from '../../audit/key-rule.js';
import type { Owners } from '../../audit/owners.js';
import type { RuleId } from '../../audit/rule-table.js';
import type { JudgedKey } from '../../audit/rules.js';
import type { FileFinds } from '../../audit/search-files.js';
import type { Severity } from '../../audit/severity.js';
import type { AuditedSource, AuditSummary, Tally } from '../../audit/tally.js';
import type { Thresholds } from '../../audit/thresholds.js';
import { allKeys } from '../../domain/all-keys.js';
import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { OwnedOperation } from '../../storage/ledger/operation.js';
import type { Context } from '../context.js';
import { CONFIG_FILE, loadAuditConfig } from './audit-config.js';
import { type AuditOutputs, type OutputFlags, openOutputs } from './audit-outputs.js';
import { type OpenedSource, openSources } from './audit-source.js';

interface AuditFlags extends OutputFlags {
  readonly maxAge?: string;
  readonly unused?: string;
  readonly allProfiles?: true;
  readonly ledger?: true;
  readonly repo?: string | true;
  readonly history?: true;
  readonly failOn?: Severity;
  readonly config?: string;
}

export function auditCommand(context: Context) {
  return new Command('audit')
    .description(
      'Finds keys that should not be there, before they hurt: too old, unused, about to end, too broad, shared, in version control. What a service does not tell is reported as such, and is no finding.',
    )
    .option('--max-age <duration>', 'age after which a key should have been rolled (default: 90d)')
    .option('--unused <duration>', 'time without use after which a key should be gone (default: 30d)')
    .option('--all-profiles', 'every service that is known here, not the one in use alone')
    .option('--ledger', 'also keys that the ledger of this machine does not know')
    .option('--repo [path]', 'also keys in the files of a repository, and shared ones in its env files')
    .option('--history', 'also keys in everything that was ever committed (with --repo)')
    .option('--sarif [file]', 'a SARIF 2.1.0 log, for code scanning')
    .option('--markdown [file]', "Markdown, for a pull request's comment")
    .option('--step-summary', 'Markdown, added to the summary of a GitHub Actions job')
    .option('--html <file>', "one page with every key's life on a line of time")
    .addOption(
      new Option('--fail-on <severity>', 'exit 8 if there is a finding of this severity or above').choices([
        'low',
        'medium',
        'high',
      ] as const),
    )
    .option('--config <path>', `thresholds and ignores (default: ${CONFIG_FILE} of this folder, if there)`)
    .addHelpText(
      'after',
      `
Output:
  on a terminal by severity, with a key's age and last use as bars of what is allowed; in a pipe a tab-separated line for each
  finding: severity, rule, id, name, place, message, command;
  --json prints {"version":1,"findings":[{"rule","severity","message","evidence","fix","key","location","fingerprint"}],"summary"}

Files:
  --repo finds keys, not strings that look random: those of the ledger (by digest), those whose prefix and checksum prove them,
  and formats that a provider documents. For everything else: gitleaks, trufflehog, secretlint.

Examples:
  keys audit
  keys audit --all-profiles --ledger --fail-on high
  keys audit --repo . --history --sarif audit.sarif
  keys audit --html audit.html`,
    )
    .action((flags) => audit(flags, context));
}

/** What one audit works with. */
interface Run {
  readonly flags: AuditFlags;
  readonly context: Context;
  readonly now: number;
  readonly thresholds: Thresholds;
  readonly ledger: Ledger;
  readonly operations: readonly OwnedOperation[];
  readonly tally: Tally;
  readonly ignores: Ignores;
  readonly outputs: AuditOutputs;
  readonly finds: FileFinds | null;
  readonly owners: Owners;
  readonly progress: Progress;
}

async function audit(flags: AuditFlags, context: Context): Promise<void> {
  const { profile, provider, baseUrl } = context.flags;
  if (flags.allProfiles && (profile ?? provider ?? baseUrl) !== undefined) {
    throw new KeysError('usage', '--all-profiles excludes --profile, --provider and --base-url');
  }
  const run = await prepare(flags, context);
  try {
    const { sources, failures } = await auditSources(run);
    await tell(run, { key: null, source: null, findings: await looseFindings(run, sources) });
    const stale = run.ignores.stale({
      // Where a service could not be reached, nobody knows what an ignore would have matched.
      rules: failures.length > 0 ? new Set() : await rulesLookedAt(flags),
      profiles: new Set(sources.map(({ profile }) => profile)),
    });
    await tell(run, { key: null, source: null, findings: stale });
    run.progress.finish();
    await run.outputs.end(summaryOf(run, [...sources, ...failures]));
    fail(run, failures);
  } catch (error) {
    await run.outputs.abandon();
    throw error;
  }
}

async function prepare(flags: AuditFlags, context: Context): Promise<Run> {
  const [{ DEFAULT_THRESHOLDS }, { createIgnores }, { Tally }, { createOwners }] = await Promise.all([
    import('../../audit/thresholds.js'),
    import('../../audit/ignores.js'),
    import('../../audit/tally.js'),
    import('../../audit/owners.js'),
  ]);
  const now = context.clock.now();
  const said = compact({
    maxAgeMs: flags.maxAge === undefined ? undefined : parseDuration(flags.maxAge),
    unusedMs: flags.unused === undefined ? undefined : parseDuration(flags.unused),
  });
  const config = await loadAuditConfig(flags.config, context);
  const thresholds = { ...DEFAULT_THRESHOLDS, ...config.thresholds, ...said };
  const configPath = flags.config ?? CONFIG_FILE;
  const ledger = await context.ledger();
  const tally = new Tally();
  const progress = progressOf(context, now);
  // Before anything is searched: a file that cannot be written is told at once.
  const outputs = await openOutputs(flags, { now, thresholds, configPath }, context);
  try {
    const root = repositoryOf(flags);
    const known = root === null ? [] : await ledger.keys();
    const finds = root === null ? null : await search(root, flags, { known, tally, progress }, context);
    return {
      flags,
      context,
      now,
      thresholds,
      ledger,
      operations: await ledger.operations(),
      tally,
      ignores: createIgnores(config.ignore, configPath, now),
      outputs,
      finds,
      owners: createOwners([...(finds?.inRepository ?? []), ...(finds?.inEnvFiles ?? [])], known, now),
      progress,
    };
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

async function search(
  root: string,
  flags: AuditFlags,
  {
    known,
    tally,
    progress,
  }: Pick<Run, 'tally' | 'progress'> & { known: Awaited<ReturnType<Ledger['keys']>> },
  context: Context,
): Promise<FileFinds> {
  const { searchFiles } = await import('../../audit/search-files.js');
  let files = 0;
  return await searchFiles({
    root,
    history: flags.history === true,
    env: context.env,
    known,
    onFile: () => progress.tell(++files),
    onSkipped: ({ reason }) => tally.addSkipped(reason),
  });
}

interface Progress {
  readonly tell: (done: number) => void;
  /** Leaves the line, where one was begun: what is printed next has its own. */
  readonly finish: () => void;
}

/** Tells how far it has come, once it takes longer than a second, and then four times a second. */
function progressOf({ clock, output }: Context, started: number): Progress {
  let next = started + 1_000;
  let last = 0;
  return {
    tell(done) {
      if (clock.now() < next) return;
      next = clock.now() + 250;
      last = done;
      output.progress(done, null);
    },
    finish() {
      if (last > 0) output.progress(last, last);
    },
  };
}

async function auditSources(
  run: Run,
): Promise<{ sources: Array<AuditedSource & { readonly of: AuditSource }>; failures: AuditedSource[] }> {
  const sources: Array<AuditedSource & { readonly of: AuditSource }> = [];
  const failures: AuditedSource[] = [];
  const all = run.flags.allProfiles === true;
  for await (const opened of openSources(all, run.context)) {
    if ('error' in opened) {
      failures.push(failure(opened.target, opened.error, 0));
      continue;
    }
    const { source, connection } = opened;
    const again = sources.some(
      ({ of }) =>
        of.provider === source.provider && of.place === source.place && connection.kind !== 'remote',
    );
    if (again) continue;
    const before = run.tally.keys;
    const about = { profile: source.profile, provider: source.provider, place: source.place };
    try {
      await auditKeys(opened, run);
      sources.push({ ...about, keys: run.tally.keys - before, error: null, of: source });
    } catch (error) {
      if (!all || !(error instanceof KeysError)) throw error;
      failures.push(failure(about, error, run.tally.keys - before));
    }
  }
  return { sources, failures };
}

function failure(
  { profile, provider, place }: { profile: string | null; provider: string; place?: string },
  { code, message }: KeysError,
  keys: number,
): AuditedSource {
  return { profile, provider, place: place ?? null, keys, error: { code, message } };
}

async function auditKeys(
  { connection, source }: Exclude<OpenedSource, { error: KeysError }>,
  run: Run,
): Promise<void> {
  const [{ judgeKeys }, { createNameRegister }, { operationsAt, retirementsOf }] = await Promise.all([
    import('../../audit/rules.js'),
    import('../../audit/name-register.js'),
    import('../../audit/source-findings.js'),
  ]);
  const { now, thresholds, ledger, flags, tally } = run;
  const judged = judgeKeys(allKeys(connection.service, {}), {
    now,
    thresholds,
    source,
    retirements: retirementsOf(operationsAt(source, run.operations)),
    names: createNameRegister(),
    async findInLedger(key) {
      if (!flags.ledger && key.created_at) return undefined;
      const known = await ledger.find(source, key.id);
      return flags.ledger ? known : (known ?? undefined);
    },
  });
  for await (const result of judged) {
    run.owners.see(result.key, source);
    tally.keys += 1;
    run.progress.tell(tally.keys);
    for (const rule of result.cannotTell) tally.addUntold(rule, source);
    await tell(run, result);
  }
}

/** Hands on what is not ignored. */
async function tell(
  { ignores, tally, outputs }: Run,
  {
    key,
    source,
    findings,
  }: Pick<JudgedKey, 'findings'> & {
    key: JudgedKey['key'] | null;
    source: AuditSource | null;
  },
): Promise<void> {
  const told = findings.filter((finding) => !ignores.covers(finding));
  tally.ignored += findings.length - told.length;
  for (const finding of told) tally.add(finding);
  await outputs.add({ key, source, findings: told });
}

/** What is of no listed key: credentials, operations, places, files. */
async function looseFindings(
  run: Run,
  sources: ReadonlyArray<{ readonly of: AuditSource }>,
): Promise<Finding[]> {
  const { inSeveralPlaces, operationsAt, ownCredential, unfinished } = await import(
    '../../audit/source-findings.js'
  );
  const { finds, owners, operations, thresholds, now, context } = run;
  const audited = new Set(sources.map(({ of }) => JSON.stringify([of.provider, of.place])));
  // Two profiles of one service have its operations in common.
  const underWay = new Set(sources.flatMap(({ of }) => operationsAt(of, operations)));
  const several = inSeveralPlaces(await run.ledger.inSeveralPlaces());
  const findings = [
    ...sources.flatMap(({ of }) => ownCredential(of) ?? []),
    ...unfinished([...underWay], thresholds, now, context.process.isAlive),
    ...several.filter(({ key, evidence }) =>
      (evidence['places'] as readonly string[]).some((place) =>
        audited.has(JSON.stringify([key?.provider, place])),
      ),
    ),
  ];
  if (finds === null) return findings;
  const { inEnvFiles, inRepository } = await import('../../audit/file-findings.js');
  return [
    ...findings,
    ...finds.inRepository.map((found) => inRepository(found, owners.ownerOf(found))),
    ...inEnvFiles(finds.inEnvFiles, owners.ownerOf),
  ];
}

async function rulesLookedAt(flags: AuditFlags): Promise<ReadonlySet<RuleId>> {
  const { RULE_IDS } = await import('../../audit/rule-table.js');
  const looked = new Set(RULE_IDS);
  if (repositoryOf(flags) === null) looked.delete('in-repository');
  if (!flags.ledger) looked.delete('unknown-owner');
  return looked;
}

function summaryOf(
  { tally, flags, now }: Run,
  sources: ReadonlyArray<AuditedSource & { readonly of?: AuditSource }>,
): AuditSummary {
  const root = repositoryOf(flags);
  return {
    generated_at: isoTime(now),
    keys: tally.keys,
    findings: tally.findings,
    by_rule: tally.byRule,
    ignored: tally.ignored,
    sources: sources.map(({ of: _, ...source }) => source),
    cannot_tell: tally.untold,
    repository:
      root === null ? null : { path: root, history: flags.history === true, skipped: tally.skipped },
  };
}

/** Exit 8 for what was found; what could not be audited is no pass either. */
function fail({ flags, tally, context }: Run, failures: readonly AuditedSource[]): void {
  for (const { profile, provider, error } of failures) {
    context.output.warn(
      `${profile ?? provider ?? 'a service'} could not be audited: ${error?.message ?? ''}`,
    );
  }
  const level = flags.failOn;
  const found = level === undefined ? 0 : tally.atLeast(level);
  if (found > 0) {
    throw new KeysError(
      'audit_found',
      `${found} ${found === 1 ? 'finding' : 'findings'} of severity ${level} or above`,
      {
        hint: 'each has the command that mends it; what is to stay goes into the ignores of keys-audit.json',
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
