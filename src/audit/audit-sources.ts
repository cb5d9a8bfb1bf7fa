import { allKeys } from '../domain/all-keys.js';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import { fitsEnvironment } from '../domain/filter-keys.js';
import type { Key } from '../domain/key.js';
import { keyIdentity } from '../domain/key-identity.js';
import { wholeSecond } from '../domain/whole-seconds.js';
import { type AuditedSource, type AuditState, add } from './audit-state.js';
import { type AuditSource, instant } from './key-rule.js';
import { readLiveActivity } from './live-activity.js';
import { createNameRegister } from './name-register.js';
import { type OpenedSource, openSources } from './open-sources.js';
import { judgeKeys } from './rules.js';
import { operationsAt, retirementsOf, retiringIn, rollsThatWaitOf } from './source-findings.js';
import type { SourceSummary } from './tally.js';

/**
 * Judges the keys of every service. With `allProfiles`, a service that fails is in `failures`; else its error
 * is thrown.
 */
export async function auditSources(
  run: AuditState,
): Promise<{ sources: AuditedSource[]; failures: SourceSummary[] }> {
  const sources: AuditedSource[] = [];
  const failures: SourceSummary[] = [];
  const all = run.request.allProfiles;
  for await (const opened of openSources(run.request, run.context)) {
    if ('error' in opened) {
      failures.push(failure(opened.target, opened.error, 0));
      continue;
    }
    const { source, connection } = opened;
    if (connection.kind !== 'remote' && sources.some(({ of }) => hasKeysOf(of, source))) continue;
    const before = run.tally.keys;
    const stored = wholeSecond(connection.credentialStoredAt);
    const about = {
      ...{ profile: source.profile, provider: source.provider, address: source.address },
      ...(stored == null ? {} : { credential_stored_at: stored }),
    };
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

/** Whether the keys of `later` are among those of a source that was audited before. */
function hasKeysOf(of: AuditSource, later: AuditSource): boolean {
  const isSame = of.provider === later.provider && of.address === later.address;
  return isSame && (of.environment === undefined || of.environment === later.environment);
}

function failure(
  { profile, provider, address }: { profile: string | null; provider: string; address?: string },
  { code, message }: KeysError,
  keys: number,
): SourceSummary {
  return { profile, provider, address: address ?? null, keys, error: { code, message } };
}

async function auditKeys(
  { connection, source }: Exclude<OpenedSource, { error: KeysError }>,
  run: AuditState,
): Promise<void> {
  const { ledger, request, tally } = run;
  const describe = await request.describer(source);
  const all = asKnownHere(allKeys(connection.service, {}), describe, {
    now: request.now,
    environment: source.environment,
  });
  const operations = operationsAt(source, run.operations);
  const rollsThatWait = rollsThatWaitOf(operations);
  const standing = retiringIn(request.allProfiles ? firstSeen(all, source, run.seen) : all, rollsThatWait);
  const judged = judgeKeys(standing, {
    now: request.now,
    thresholds: request.thresholds,
    source,
    retirements: retirementsOf(operations),
    rollsThatWait,
    ...(connection.isKeyService ? { isLastManager: request.lastManagers(connection.service) } : {}),
    names: createNameRegister(),
    readActivity: await readLiveActivity(connection.service, request.now),
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
    const inFiles = run.inFiles.of(result.key, source);
    await add(run, { ...result, findings: [...result.findings, ...inFiles] });
  }
}

/**
 * The keys of this environment as the ledger knows them: a vendor calls an old key active until its grace is
 * over. An end that has passed is left out where the service does not know it: the key still works.
 */
async function* asKnownHere(
  keys: AsyncIterable<Key>,
  describe: (key: Key) => Key,
  { now, environment }: { readonly now: number; readonly environment: string | undefined },
): AsyncGenerator<Key> {
  for await (const key of keys) {
    if (!fitsEnvironment(key, environment)) continue;
    const known = describe(key);
    const { expires_at, ...others } = known;
    const missed = (instant(expires_at) ?? now) < now;
    if (!missed || expires_at === key.expires_at) yield known;
    else yield { ...others, ...compact({ expires_at: key.expires_at }) };
  }
}

/**
 * The keys that no earlier profile led to. Ids of two accounts may be equal, so a key is known by more than
 * its id.
 */
async function* firstSeen(
  keys: AsyncIterable<Key>,
  source: AuditSource,
  seen: Set<string>,
): AsyncGenerator<Key> {
  for await (const key of keys) {
    const identity = keyIdentity(key, source);
    if (seen.has(identity)) continue;
    seen.add(identity);
    yield key;
  }
}
