import { allKeys } from '../../domain/all-keys.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';

/** Ids of every key that the service lists, over all pages; null where this credential may not list. */
export async function takeCensus(service: KeyService): Promise<string[] | null> {
  try {
    const ids: string[] = [];
    for await (const { id } of allKeys(service, {})) ids.push(id);
    return ids;
  } catch (error) {
    if (error instanceof KeysError && (error.code === 'forbidden' || error.code === 'unsupported'))
      return null;
    throw error;
  }
}

/** Keys that have come since the census, over all pages. */
export async function newSince(service: KeyService, census: readonly string[]): Promise<Key[]> {
  const before = new Set(census);
  const found: Key[] = [];
  for await (const key of allKeys(service, {})) if (!before.has(key.id)) found.push(key);
  return found;
}
