/**
 * Finds keys that are risky: the rules, the search of repositories, and the reports.
 * The command line imports `runAudit`, the reports and the hook; nothing else imports this room.
 */

import type { ConnectContext } from '../connect/connection.js';
import { allKeys } from '../domain/all-keys.js';
import { isoTime } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { Operation } from '../storage/ledger/operation.js';
import type { Ignore } from './config.js';
import { inEnvFiles, inRepository } from './file-findings.js';
import type { Finding } from './finding.js';
import { createIgnores, type Ignores } from './ignores.js';
import type { AuditSource } from './key-rule.js';
import { createNameRegister } from './name-register.js';
import { createOwners, type Owners } from './owners.js';
import type { Audited, Report } from './reports/report.js';
import { RULE_IDS, type RuleId } from './rule-table.js';
import { judgeKeys } from './rules.js';
import { type FileFinds, searchFiles } from './search-files.js';
import {
  inSeveralPlaces,
  operationsAt,
  ownCredential,
  retirementsOf,
  unfinished,
} from './source-findings.js';
import { type OpenedSource, openSources } from './sources.js';
import { type AuditedSource, type AuditSummary, Tally } from './tally.js';
import type { Thresholds } from './thresholds.js';

/** What this room needs of a call of the program. `cli/context.ts` has all of it. */
export type AuditContext = ConnectContext;

/** What an audit looks at. */
export interface AuditRequest {
  /** Every service that is known on this machine, instead of the one in use. */
  readonly allProfiles: boolean;
  /** Also keys that the ledger does not know. */
  readonly ledger: boolean;
  /** The folder whose files are searched; null: none. */
  readonly repository: string | null;
  /** Whether everything that was ever committed is searched, too. */
  readonly history: boolean;
  readonly thresholds: Thresholds;
  readonly ignore: readonly Ignore[];
  /** The config's path, for the location of a stale ignore. */
  readonly configPath: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface AuditResult {
  readonly tally: Tally;
  /** Services that could not be audited. */
  readonly failures: readonly AuditedSource[];
}

/** The state of one audit. */
interface Run {
  readonly request: AuditRequest;
  readonly context: AuditContext;
  readonly report: Report;
  readonly ledger: Ledger;
  readonly operations: readonly Operation[];
  readonly tally: Tally;
  readonly ignores: Ignores;
  readonly finds: FileFinds | null;
  readonly owners: Owners;
  readonly progress: Progress;
  /** What identifies each key so far, where several profiles may lead to one. */
  readonly seen: Set<string>;
}

/** A service that was audited. */
type Audit = AuditedSource & { readonly of: AuditSource };

/**
 * Audits keys and files, and writes every finding to the report as it comes. Throws what a service or a search throws; with
 * `allProfiles`, a service that fails is in `failures` and the others are audited.
 */
export async function runAudit(
  request: AuditRequest,
  report: Report,
  context: AuditContext,
): Promise<AuditResult> {
  const run = await prepare(request, report, context);
  const { sources, failures } = await auditSources(run);
  await add(run, { key: null, source: null, findings: looseFindings(run, sources, await sharedKeys(run)) });
  const stale = run.ignores.stale({
    // If a service could not be reached, an ignore may match one of its keys.
    rules: failures.length > 0 ? new Set() : rulesLookedAt(request),
    profiles: new Set(sources.map(({ profile }) => profile)),
  });
  await add(run, { key: null, source: null, findings: stale });
  run.progress.finish();
  await report.end(summaryOf(run, [...sources.map(({ of: _, ...source }) => source), ...failures]));
  return { tally: run.tally, failures };
}

async function prepare(request: AuditRequest, report: Report, context: AuditContext): Promise<Run> {
  const { repository, history, ignore, configPath, now } = request;
  const ledger = await context.ledger();
  const tally = new Tally();
  const progress = progressOf(context, now);
  const known = repository === null ? [] : await ledger.keys();
  let files = 0;
  const finds =
    repository === null
      ? null
      : await searchFiles({
          root: repository,
          history,
          env: context.env,
          known,
          onFile: () => progress.show(++files),
          onSkipped: ({ reason }) => tally.addSkipped(reason),
        });
  return {
    request,
    context,
    report,
    ledger,
    operations: await ledger.operations(),
    tally,
    ignores: createIgnores(ignore, configPath, now),
    finds,
    owners: createOwners([...(finds?.inRepository ?? []), ...(finds?.inEnvFiles ?? [])], known, now),
    progress,
    seen: new Set(),
  };
}

interface Progress {
  readonly show: (done: number) => void;
  /** Ends the line of progress, if one was begun. */
  readonly finish: () => void;
}

/** Shows progress once the audit takes longer than a second, and then four times a second. */
function progressOf({ clock, output }: Pick<AuditContext, 'clock' | 'output'>, startedAt: number): Progress {
  let next = startedAt + 1_000;
  let last = 0;
  return {
    show(done) {
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

async function auditSources(run: Run): Promise<{ sources: Audit[]; failures: AuditedSource[] }> {
  const sources: Audit[] = [];
  const failures: AuditedSource[] = [];
  const all = run.request.allProfiles;
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
  const { ledger, request, tally } = run;
  const all = allKeys(connection.service, {});
  const judged = judgeKeys(request.allProfiles ? firstSeen(all, source, run.seen) : all, {
    now: request.now,
    thresholds: request.thresholds,
    source,
    retirements: retirementsOf(operationsAt(source, run.operations)),
    names: createNameRegister(),
    async findInLedger(key) {
      if (!request.ledger && key.created_at) return undefined;
      const known = await ledger.find(source, key.id);
      return request.ledger ? known : (known ?? undefined);
    },
  });
  for await (const result of judged) {
    run.owners.see(result.key, source);
    tally.keys += 1;
    run.progress.show(tally.keys);
    for (const rule of result.cannotTell) tally.addUntold(rule, source);
    await add(run, result);
  }
}

/** The keys that no earlier profile led to. Ids of two accounts may be equal, so a key is known by more than its id. */
async function* firstSeen(
  keys: AsyncIterable<Key>,
  { provider, place }: AuditSource,
  seen: Set<string>,
): AsyncGenerator<Key> {
  for await (const key of keys) {
    const { id, name, created_at, prefix, hint } = key;
    const identity = JSON.stringify([provider, place, id, name, created_at, prefix, hint]);
    if (seen.has(identity)) continue;
    seen.add(identity);
    yield key;
  }
}

/** Reports and counts what is not ignored. */
async function add({ ignores, tally, report }: Run, { key, source, findings }: Audited): Promise<void> {
  const reported = findings.filter((finding) => !ignores.covers(finding));
  tally.ignored += findings.length - reported.length;
  for (const finding of reported) tally.add(finding);
  await report.add({ key, source, findings: reported });
}

async function sharedKeys({ ledger }: Run): Promise<readonly Finding[]> {
  return inSeveralPlaces(await ledger.inSeveralPlaces());
}

/** Findings that belong to no listed key: credentials, operations, places, files. */
function looseFindings(run: Run, sources: readonly Audit[], shared: readonly Finding[]): Finding[] {
  const { finds, owners, operations, request } = run;
  const audited = new Set(sources.map(({ of }) => JSON.stringify([of.provider, of.place])));
  // Two profiles of one service have the same operations.
  const underWay = new Set(sources.flatMap(({ of }) => operationsAt(of, operations)));
  const atAudited = ({ key, evidence }: Finding) =>
    (evidence['places'] as readonly string[]).some((place) =>
      audited.has(JSON.stringify([key?.provider, place])),
    );
  return [
    ...sources.flatMap(({ of }) => ownCredential(of) ?? []),
    ...unfinished([...underWay], request.thresholds, request.now),
    ...shared.filter(atAudited),
    ...(finds?.inRepository ?? []).map((found) => inRepository(found, owners.ownerOf(found))),
    ...(finds === null ? [] : inEnvFiles(finds.inEnvFiles, owners.ownerOf)),
  ];
}

function rulesLookedAt({ repository, ledger }: AuditRequest): ReadonlySet<RuleId> {
  const looked = new Set(RULE_IDS);
  if (repository === null) looked.delete('in-repository');
  if (!ledger) looked.delete('unknown-owner');
  return looked;
}

function summaryOf({ tally, request }: Run, sources: readonly AuditedSource[]): AuditSummary {
  const { repository, history, now } = request;
  return {
    generated_at: isoTime(now),
    keys: tally.keys,
    findings: tally.findings,
    by_rule: tally.byRule,
    ignored: tally.ignored,
    sources,
    cannot_tell: tally.untold,
    repository: repository === null ? null : { path: repository, history, skipped: tally.skipped },
  };
}
