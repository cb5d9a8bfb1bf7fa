import type { Connection } from '../connect/connection.js';
import type { Clock } from '../domain/clock.js';
import type { Key } from '../domain/key.js';
import type { ListKeys } from '../domain/key-service.js';
import { workingVersion } from '../domain/managed-key.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { accountOf } from './find/account-of.js';
import { mayBeLate, reachOf } from './find/gone-key.js';
import { isUnidentified } from './find/unidentified.js';
import { noteStatus } from './note-status.js';

interface Noting {
  readonly connection: Connection;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/**
 * The keys of a list. At its end the ledger notes what it has shown: which known keys are revoked. Where
 * the vendor's list has no revoked keys, those are missing in a whole list that shows another key of the
 * account. A list that is not read to its end notes nothing.
 */
export async function* notingList(
  keys: AsyncIterable<Key>,
  query: ListKeys,
  { connection, ledger, clock }: Noting,
): AsyncGenerator<Key> {
  const { provider, address } = accountOf(connection);
  const all = (await ledger.managed.all()).filter(
    ({ account }) => account.provider === provider && account.address === address,
  );
  const known = new Map(all.flatMap((managed) => managed.versions.map(({ id }) => [id, managed] as const)));
  const seen = new Map<string, Key>();
  for await (const key of keys) {
    if (known.has(key.id)) seen.set(key.id, key);
    yield key;
  }
  for (const key of seen.values()) await noteStatus(key, known.get(key.id) ?? null, ledger);
  const isWhole = connection.kind !== 'guided' && hasEveryWorking(query);
  if (!isWhole || seen.size === 0) return;
  const now = clock.now();
  const missing = all.filter((managed) => {
    const version = workingVersion(managed, now);
    return (
      version?.state === 'active' &&
      !seen.has(version.id) &&
      !isUnidentified(version.record, managed.account) &&
      !mayBeLate(version.record, { provider: connection.provider, clock })
    );
  });
  // A caller that manages the keys of one owner alone does not see the others.
  if (missing.length === 0 || (await reachOf(connection.service)) !== null) return;
  for (const managed of missing) {
    const id = workingVersion(managed, now)?.id ?? '';
    await noteStatus({ id, status: 'revoked' }, managed, ledger);
  }
}

/** Whether a list that is asked for like this has every key that works. */
function hasEveryWorking({ status, ...others }: ListKeys): boolean {
  const working = ['active', 'retiring', 'paused'] as const;
  return Object.keys(others).length === 0 && working.every((each) => status?.includes(each) ?? true);
}
