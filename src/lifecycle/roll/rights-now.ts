import { compact } from '../../domain/compact.js';
import type { Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { Means } from '../operation/means.js';
import { serviceTime } from '../service-time.js';
import { successorOf } from './rights.js';

/** Vendors round the times of their records; what differs by more was changed. */
const ROUNDED_MS = 60_000;

/**
 * What the ledger remembers of the rights. Of the lifetime it remembers nothing if somebody else has changed
 * the end of the key since the vendor told it: then the record counts, so that no successor lives longer.
 */
export function rightsNow(
  old: Key,
  managed: Pick<ManagedKey, 'rights' | 'versions'> | null,
): ManagedKey['rights'] {
  const rights = managed?.rights ?? null;
  const version = managed?.versions.find(({ id }) => id === old.id);
  const [told, before] = [old.expires_at, version?.record.expires_at];
  if (rights === null || !told || !before || version?.state !== 'active') return rights;
  if (Math.abs(Date.parse(told) - Date.parse(before)) <= ROUNDED_MS) return rights;
  const { lifetime_ms: _, ...others } = rights;
  return others;
}

/**
 * The request with which an operation's key is created once more: a key that was rolled cannot be rolled
 * again. The end of the old key is now that of its grace, so its lifetime comes from its record before the
 * roll.
 */
export async function requestAnew(
  { request, previous }: Pick<Operation, 'request' | 'previous'>,
  managed: Pick<ManagedKey, 'rights' | 'versions'> | null,
  means: Pick<Means, 'service' | 'successorRules' | 'clock' | 'minutesAhead'>,
): Promise<Pick<Operation, 'request' | 'counted_from'>> {
  if ('create' in request) return { request };
  const { service, successorRules } = means;
  const found = await service.get(request.roll);
  const counted_from = serviceTime(means);
  const old = previous === null ? found : { ...found, ...compact({ expires_at: previous.expires_at }) };
  const create = successorOf(old, rightsNow(old, managed), successorRules, {}, counted_from);
  return { request: { create }, counted_from };
}
