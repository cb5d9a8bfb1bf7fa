import { IMPORTED_AT } from '../../connect/guided/take-in-key.js';
import { currentVersion, type KeyVersion, type ManagedKey, stateAt } from '../../domain/managed-key.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { Operation } from '../../storage/ledger/operation.js';

/** An old key of a dashboard that works until a person revokes it. */
export interface LeftKey {
  readonly managed: ManagedKey;
  readonly old: KeyVersion;
  readonly successor: KeyVersion | null;
  /** Epoch milliseconds at which the successor was created or imported. */
  readonly since: number;
}

/**
 * Returns the old keys of dashboards that were rolled and have no end, as audit reports them. Those that an
 * operation revokes are left out.
 */
export async function leftByHand(
  ledger: Ledger,
  operations: readonly Operation[],
  now: number,
): Promise<LeftKey[]> {
  const planned = new Set(operations.map(({ retire }) => retire?.id));
  const known = (await ledger.managed.all()).filter(({ account }) => account.address === 'dashboard');
  return known.flatMap((managed) =>
    managed.versions
      .filter((version) => isLeft(version, now) && !planned.has(version.id))
      .map((old) => leftKey(managed, old)),
  );
}

function leftKey(managed: ManagedKey, old: KeyVersion): LeftKey {
  const successor = currentVersion(managed);
  // Later rolls do not move the time at which this version was replaced.
  const next = managed.versions.find(({ record }) => record.rolled_from === old.id) ?? successor;
  // An imported successor has no time of its creation.
  const { created_at, metadata } = next?.record ?? {};
  const since = Date.parse(created_at ?? metadata?.[IMPORTED_AT] ?? '') || managed.created_at;
  return { managed, old, successor, since };
}

/** Whether a version of a dashboard's key was replaced and has no end. */
function isLeft(version: KeyVersion, now: number): boolean {
  return stateAt(version, now) === 'retiring' && version.ends_at === null && !version.record.expires_at;
}
