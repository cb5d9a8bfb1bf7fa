import { type KeyVersion, type ManagedKey, stateAt } from '../domain/managed-key.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { Operation } from '../storage/ledger/operation.js';

/** An old key of a dashboard that works until a person revokes it. */
export interface LeftKey {
  readonly managed: ManagedKey;
  readonly old: KeyVersion;
}

/**
 * Returns the old keys of dashboards that were rolled and have no end, as audit reports them. Those that an operation revokes are
 * left out.
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
      .map((old) => ({ managed, old })),
  );
}

/** Whether a version of a dashboard's key was replaced and has no end. */
function isLeft(version: KeyVersion, now: number): boolean {
  return stateAt(version, now) === 'retiring' && version.ends_at === null && !version.record.expires_at;
}
