import { createNameCache } from '../storage/name-cache.js';
import type { ConnectContext } from './connection.js';
import { namesOf } from './seen-names.js';

/**
 * The names of the keys of the service in use, for completion: from a cache that lasts a minute, else from
 * this machine alone.
 */
export async function keyNames(context: ConnectContext): Promise<readonly string[]> {
  const names = createNameCache(context.directories().config, context.clock);
  const service = namesOf(context);
  const kept = names.read(service);
  if (kept !== null) return kept;
  const { localNames } = await import('./local-names.js');
  const found = await localNames(context, names.remembered(service));
  names.write(service, found);
  return found;
}
