import { allKeys } from '../domain/all-keys.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { type AuditedSource, type AuditState, add } from './audit-state.js';
import type { AuditSource } from './key-rule.js';
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
    const again = sources.some(
      ({ of }) =>
        of.provider === source.provider && of.address === source.address && connection.kind !== 'remote',
    );
    if (again) continue;
    const before = run.tally.keys;
    const about = { profile: source.profile, provider: source.provider, address: source.address };
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
  const listed = allKeys(connection.service, {});
  const all = source.listedByLedger ? withSuccessors(listed, source, ledger.managed) : listed;
  const operations = operationsAt(source, run.operations);
  const rollsThatWait = rollsThatWaitOf(operations);
  const standing = retiringIn(request.allProfiles ? firstSeen(all, source, run.seen) : all, rollsThatWait);
  const judged = judgeKeys(standing, {
    now: request.now,
    thresholds: request.thresholds,
    source,
    retirements: retirementsOf(operations),
    rollsThatWait,
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
    await add(run, result);
  }
}

/**
 * The keys of a dashboard with the successors that the ledger has of them. The vendor does not link the two,
 * and ends no old key: it works until a person deletes it.
 */
async function* withSuccessors(
  keys: AsyncIterable<Key>,
  { provider, address }: AuditSource,
  managed: Pick<Ledger['managed'], 'byVersion'>,
): AsyncGenerator<Key> {
  for await (const key of keys) {
    const known =
      key.rolled_to || key.status === 'revoked'
        ? null
        : await managed.byVersion({ provider, address }, key.id);
    const isOld = known?.versions.some(({ id, state }) => id === key.id && state === 'retiring');
    const successor = known?.versions.find(({ state }) => state === 'active');
    if (!isOld || successor === undefined) yield key;
    else yield { ...key, status: 'retiring', rolled_to: successor.id, expires_at: null };
  }
}

/**
 * The keys that no earlier profile led to. Ids of two accounts may be equal, so a key is known by more than
 * its id.
 */
async function* firstSeen(
  keys: AsyncIterable<Key>,
  { provider, address }: AuditSource,
  seen: Set<string>,
): AsyncGenerator<Key> {
  for await (const key of keys) {
    const { id, name, created_at, prefix, hint } = key;
    const identity = JSON.stringify([provider, address, id, name, created_at, prefix, hint]);
    if (seen.has(identity)) continue;
    seen.add(identity);
    yield key;
  }
}
