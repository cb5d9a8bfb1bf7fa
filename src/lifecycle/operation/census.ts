import { allKeys } from '../../domain/all-keys.js';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import type { Account } from '../../domain/managed-key.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { boundedList } from '../find/bounded-list.js';

type Listed = { readonly service: Pick<KeyService, 'list'>; readonly clock: Clock };

/** The ids that an account had when the first create or roll of this run needed to know, and ours since. */
export interface Census {
  /** Null where this credential may not list. Throws what the service throws; the next call asks it again. */
  ids(): Promise<readonly string[] | null>;
  /** A key that this run has created or revoked is not an unknown one. */
  add(id: string): void;
}

/** A census that is taken once, however many keys one run creates: a list of all pages takes a while. */
export function createCensus(means: Listed): Census {
  const known = new Set<string>();
  let taken = false;
  return {
    async ids() {
      if (!taken) {
        const ids = await takeCensus(means);
        if (ids === null) return null;
        for (const id of ids) known.add(id);
        taken = true;
      }
      return [...known];
    },
    add: (id) => void known.add(id),
  };
}

/** Ids of every key that the service lists, over all pages; null where this credential may not list. */
async function takeCensus(means: Listed): Promise<string[] | null> {
  try {
    const ids: string[] = [];
    for await (const { id } of allKeys(boundedList(means), {})) ids.push(id);
    return ids;
  } catch (error) {
    if (error instanceof KeysError && (error.code === 'forbidden' || error.code === 'unsupported'))
      return null;
    throw error;
  }
}

/** Those of these keys that no managed key of the ledger has: another program may have created the others. */
export async function unknownOf(
  keys: readonly Key[],
  { ledger }: { readonly ledger: Pick<Ledger, 'managed'> },
  account: Account,
): Promise<Key[]> {
  const managed = await Promise.all(keys.map(({ id }) => ledger.managed.byVersion(account, id)));
  return keys.filter((_, i) => managed[i] === null);
}

/** Keys that have come since the census, over all pages. */
export async function newSince(means: Listed, census: readonly string[]): Promise<Key[]> {
  const before = new Set(census);
  const found: Key[] = [];
  for await (const key of allKeys(boundedList(means), {})) if (!before.has(key.id)) found.push(key);
  return found;
}
