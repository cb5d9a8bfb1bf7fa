/**
 * Finds keys that are risky: the rules, the search of repositories, and the reports. Only the command line
 * imports it: `audit` runs `runAudit`, the rules and the reports; `guard` uses the search and the hook.
 */

import { resolve } from 'node:path';
import { type UnreadAccount, unreadAccounts } from '../connect/unread-accounts.js';
import { shownTime } from '../domain/whole-seconds.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { auditSources } from './audit-sources.js';
import {
  type AuditContext,
  type AuditedSource,
  type AuditRequest,
  type AuditState,
  add,
} from './audit-state.js';
import { createTrend } from './baseline.js';
import type { SearchedFolder } from './file-findings.js';
import type { Finding, KeyReference } from './finding.js';
import { foundByKey } from './found-by-key.js';
import { createIgnores } from './ignores.js';
import { createOwners } from './owners.js';
import { progressOf } from './progress.js';
import type { Report } from './reports/report.js';
import { inWorkTree } from './repository/git.js';
import { RULE_IDS, type RuleId } from './rule-table.js';
import { searchFiles } from './search-files.js';
import { atSeveralAddresses, isInFile, operationsAt, ownCredential, unfinished } from './source-findings.js';
import { type AuditSummary, type SourceSummary, Tally } from './tally.js';

export interface AuditResult {
  readonly tally: Tally;
  /** Services that could not be audited. */
  readonly failures: readonly SourceSummary[];
  /** Accounts of the ledger that were not audited. */
  readonly unread: readonly UnreadAccount[];
}

/**
 * Audits keys and files, and writes every finding to the report as it comes. Throws what a service or a
 * search throws; with `allProfiles`, a service that fails is in `failures` and the others are audited.
 */
export async function runAudit(
  request: AuditRequest,
  report: Report,
  context: AuditContext,
): Promise<AuditResult> {
  const run = await prepare(request, report, context);
  const { sources, failures } = await auditSources(run);
  await add(run, { key: null, source: null, findings: await looseFindings(run, sources) });
  const stale = run.ignores.stale({
    // If a service could not be reached, an ignore may match one of its keys.
    rules: failures.length > 0 ? new Set() : rulesLookedAt(request),
    profiles: new Set(sources.map(({ profile }) => profile)),
  });
  await add(run, { key: null, source: null, findings: stale });
  run.progress.finish();
  const unread = await unreadOf(run, sources, failures);
  const summary = summaryOf(run, [...sources.map(({ of: _, ...source }) => source), ...failures]);
  await report.end({ ...summary, unread }, run.trend?.gone(rulesLookedAt(request)) ?? []);
  return { tally: run.tally, failures, unread };
}

/**
 * The accounts of the ledger that this audit should have read: all of them with `allProfiles`, and where the
 * one service has no key at all. One that failed is reported as that.
 */
async function unreadOf(
  { request, tally, ledger }: AuditState,
  sources: readonly AuditedSource[],
  failures: readonly SourceSummary[],
): Promise<UnreadAccount[]> {
  if (!request.allProfiles && tally.keys > 0) return [];
  const has = ({ provider, address }: SourceSummary, account: { provider: string; address: string }) =>
    provider === account.provider && (address ?? account.address) === account.address;
  const read = [...sources.map(({ of, ...source }) => ({ ...source, provider: of.provider })), ...failures];
  return await unreadAccounts(ledger, (account) => read.some((one) => has(one, account)), request.now);
}

async function prepare(request: AuditRequest, report: Report, context: AuditContext): Promise<AuditState> {
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
  if (repository !== null && !(await inWorkTree(repository, context.env)))
    context.output.warn(`${repository} is in no git repository: its files were searched as they are`);
  const found = [...(finds?.inRepository ?? []), ...(finds?.inEnvFiles ?? [])];
  const owners = createOwners(found, known, now);
  return {
    request,
    context,
    report,
    ledger,
    operations: await ledger.operations(),
    tally,
    trend: request.baseline === null ? null : createTrend(request.baseline, await formerIdsIn(ledger)),
    ignores: createIgnores(ignore, configPath, now),
    owners,
    inFiles: foundByKey(finds, owners.ownerOf, await searchedFolder(repository ?? '.', ledger)),
    progress,
    seen: new Set(),
  };
}

/** What gives the ids of the other versions of a managed key. */
async function formerIdsIn({
  managed,
}: Pick<Ledger, 'managed'>): Promise<(key: KeyReference) => readonly string[]> {
  const known = new Map<string, readonly string[]>();
  for (const { account, versions } of await managed.all()) {
    const ids = versions.flatMap(({ id }) => id ?? []);
    for (const id of ids) known.set(JSON.stringify([account.provider, account.address, id]), ids);
  }
  return ({ provider, address, id }) =>
    (known.get(JSON.stringify([provider, address, id])) ?? []).filter((other) => other !== id);
}

/** The folder, and which of its files are places of keys. */
async function searchedFolder(root: string, { managed }: Pick<Ledger, 'managed'>): Promise<SearchedFolder> {
  const labels = (await managed.all()).flatMap(({ places }) => places.map(({ label }) => label));
  return {
    root,
    isPlace: (file) => labels.some((label) => label.startsWith(`file:${resolve(root, file)}#`)),
  };
}

async function sharedKeys({ ledger }: AuditState): Promise<readonly Finding[]> {
  return atSeveralAddresses(await ledger.atSeveralAddresses());
}

/** Findings that belong to no listed key: credentials, operations, places, and what is left of the files. */
async function looseFindings(run: AuditState, sources: readonly AuditedSource[]): Promise<Finding[]> {
  const { inFiles, operations, request } = run;
  const audited = new Set(sources.map(({ of }) => JSON.stringify([of.provider, of.address])));
  // Two profiles of one service have the same operations.
  const underWay = new Set(sources.flatMap(({ of }) => operationsAt(of, operations)));
  const atAudited = ({ key, evidence }: Finding) =>
    (evidence['addresses'] as readonly string[]).some((address) =>
      audited.has(JSON.stringify([key?.provider, address])),
    );
  const shared = await sharedKeys(run);
  const keychain = sources.some(({ of }) => isInFile(of)) && (await hasKeychain(run));
  return [
    ...sources.flatMap(({ of }) => ownCredential(of, request.thresholds, request.now, keychain)),
    ...unfinished([...underWay], request.thresholds, request.now),
    ...shared.filter(atAudited),
    ...inFiles.rest(),
  ];
}

async function hasKeychain({ context }: AuditState): Promise<boolean> {
  const credentials = await context.credentials();
  return (await credentials.backend()).usable;
}

function rulesLookedAt({ repository, ledger }: AuditRequest): ReadonlySet<RuleId> {
  const looked = new Set(RULE_IDS);
  if (repository === null) looked.delete('in-repository');
  if (!ledger) looked.delete('unknown-owner');
  return looked;
}

function summaryOf(
  { tally, trend, request }: AuditState,
  sources: readonly SourceSummary[],
): Omit<AuditSummary, 'unread'> {
  const { repository, history, now } = request;
  return {
    generated_at: shownTime(now),
    keys: tally.keys,
    revoked: tally.revoked,
    findings: tally.findings,
    keys_by_worst: tally.keysByWorst,
    oldest: tally.oldest,
    trend: trend?.result(rulesLookedAt(request)) ?? null,
    by_rule: tally.byRule,
    ignored: tally.ignored,
    ignored_findings: tally.ignoredFindings,
    sources,
    cannot_tell: tally.untold,
    repository: repository === null ? null : { path: repository, history, skipped: tally.skipped },
  };
}
