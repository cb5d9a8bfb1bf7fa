import { CANNOT_TELL } from '../../domain/cannot-tell.js';
import { KeysError } from '../../domain/errors.js';
import type { KeyDay, KeyService } from '../../domain/key-service.js';

/** What a service says of a key's days; null where it does not count or does not say. */
export async function usageOf(service: KeyService, id: string): Promise<readonly KeyDay[] | null> {
  try {
    return (await service.usage?.(id)) ?? null;
  } catch (error) {
    const code = error instanceof KeysError ? error.code : null;
    if (code === 'not_found' || (code !== null && CANNOT_TELL.has(code))) return null;
    throw error;
  }
}

/** The sums of the last 30 days, and the last day on which the key was refused. */
export function usageFields(days: readonly KeyDay[]): Array<readonly [string, string]> {
  const sum = (count: 'uses' | 'refusals') => days.reduce((total, day) => total + day[count], 0);
  const last = days.find(({ refusals }) => refusals > 0);
  const since = last === undefined ? '' : `, last on ${last.day} (${last.refusals})`;
  return [
    ['uses in 30 days', String(sum('uses'))],
    ['refusals in 30 days', `${sum('refusals')}${since}`],
    ...newAddresses(days),
  ];
}

/**
 * How many addresses used the key for the first time, and on which day the last did. Nothing where the
 * service does not count them.
 */
function newAddresses(days: readonly KeyDay[]): Array<readonly [string, string]> {
  if (!days.some(({ new_addresses }) => new_addresses !== undefined)) return [];
  const total = days.reduce((sum, { new_addresses = 0 }) => sum + new_addresses, 0);
  const last = days.find(({ new_addresses = 0 }) => new_addresses > 0);
  return [['new addresses in 30 days', `${total}${last === undefined ? '' : `, last on ${last.day}`}`]];
}
