import { compact } from '../../domain/compact.js';
import type { Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { Means } from '../operation/means.js';
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
  { service, successorRules, clock }: Pick<Means, 'service' | 'successorRules' | 'clock'>,
): Promise<Operation['request']> {
  if ('create' in request) return request;
  const found = await service.get(request.roll);
  const old = previous === null ? found : { ...found, ...compact({ expires_at: previous.expires_at }) };
  return { create: successorOf(old, rightsNow(old, managed), successorRules, {}, clock.now()) };
}
