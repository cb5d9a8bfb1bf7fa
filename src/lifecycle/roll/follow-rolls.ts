import { CANNOT_TELL } from '../../domain/cannot-tell.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import { inState, type KeyVersion, type ManagedKey } from '../../domain/managed-key.js';
import { withLinks } from '../../domain/succeeded.js';
import type { Lookup, ResolvedKey } from '../find/resolved-key.js';

/** Most keys of one chain that are read one by one: a chain of a broken service has no end. */
const MOST_READ = 100;

/**
 * Returns these keys and those that the service links to them by rolls, in either direction: `rolled_from`
 * and `rolled_to`, which only the service writes. A name alone proves nothing. `listed`: keys that need no
 * further request. What the service no longer has, or does not show, is left out. A key of `known` is not
 * read again.
 */
async function rollChain(
  from: readonly Key[],
  { listed, known }: { readonly listed: readonly Key[]; readonly known: ReadonlySet<string> },
  service: Pick<KeyService, 'get'>,
): Promise<readonly Key[]> {
  const at = new Map(listed.map((key) => [key.id, key]));
  const chain = new Map(from.map((key) => [key.id, key]));
  const seen = new Set(chain.keys());
  const todo = [...from];
  let reads = 0;
  for (let key = todo.pop(); key !== undefined; key = todo.pop()) {
    for (const id of [key.rolled_from, key.rolled_to]) {
      if (!id || seen.has(id)) continue;
      seen.add(id);
      const isRead = !at.has(id) && !known.has(id) && reads++ < MOST_READ;
      const next = at.get(id) ?? (isRead ? await keyOrNull(id, service) : null);
      // A record that does not point back is no proof.
      if (next === null || (next.rolled_to !== key.id && next.rolled_from !== key.id)) continue;
      chain.set(id, next);
      todo.push(next);
    }
  }
  return [...chain.values()];
}

async function keyOrNull(id: string, service: Pick<KeyService, 'get'>): Promise<Key | null> {
  try {
    return await service.get(id);
  } catch (error) {
    const code = error instanceof KeysError ? error.code : null;
    if (code === 'not_found' || (code !== null && CANNOT_TELL.has(code))) return null;
    throw error;
  }
}

/** Returns whether a key works, or will work again, as far as its record says. */
function stillWorks({ status }: Pick<Key, 'status'>): boolean {
  return !isEnded(status);
}

/**
 * The managed key and the keys of a name, with those versions that were rolled elsewhere: the service links
 * them to versions that the ledger knows.
 */
export async function withRolls(
  managed: ManagedKey | null,
  keys: readonly Key[],
  { service, account, ledger, takeIn }: Lookup,
): Promise<{ readonly managed: ManagedKey | null; readonly keys: readonly Key[] }> {
  if (managed === null || takeIn === undefined) return { managed, keys };
  const known = new Set(managed.versions.map(({ id }) => id));
  const own = keys.filter(({ id }) => known.has(id));
  const chain = await rollChain(own, { listed: keys, known }, service);
  const strays: Key[] = [];
  for (const key of chain) {
    if (!known.has(key.id) && (await ledger.managed.byVersion(account, key.id)) === null) strays.push(key);
  }
  if (!strays.some(stillWorks)) return { managed, keys };
  const taken = await takeIn(managed, [...own, ...strays]);
  return {
    managed: taken,
    keys: [...keys, ...strays.filter(({ id }) => !keys.some((key) => key.id === id))],
  };
}

/**
 * The key with the working keys that the service links to it, where no managed key says which versions it
 * has.
 */
export async function withLinked(
  found: ResolvedKey,
  listed: readonly Key[],
  { service, linked: wanted = false }: Lookup,
): Promise<ResolvedKey> {
  if (!wanted || found.managed !== null || found.by !== 'name') return found;
  const chain = await rollChain([found.key], { listed, known: new Set() }, service);
  const linked = chain.filter((key) => key.id !== found.key.id && stillWorks(key));
  return linked.length === 0 ? found : { ...found, linked };
}

/**
 * Returns the versions of a managed key with those of its roll chain that the ledger did not know. Newest
 * first: the successors before what was known, the predecessors after it. Only the newest that works is
 * active.
 */
export function versionsOfChain(
  { versions }: Pick<ManagedKey, 'versions'>,
  chain: readonly Key[],
): readonly KeyVersion[] {
  const records = new Map(chain.map((key) => [key.id, key]));
  const strays = chain.filter(({ id }) => !versions.some((version) => version.id === id));
  const newer: Key[] = [];
  for (const { id } of versions) {
    let next = records.get(records.get(id)?.rolled_to ?? '');
    while (next !== undefined && strays.includes(next) && !newer.includes(next)) {
      newer.unshift(next);
      next = records.get(next.rolled_to ?? '');
    }
  }
  const older = strays.filter((key) => !newer.includes(key));
  let active = false;
  const toldBy = (version: KeyVersion, key: Key): KeyVersion => {
    const { status = 'active' } = key;
    const end = key.expires_at ? Date.parse(key.expires_at) : null;
    const record = withLinks({ ...version.record, ...key }, version.record);
    if (isEnded(status)) return { ...version, record, state: status };
    const retires = active || status === 'retiring' || Boolean(key.rolled_to);
    if (!retires) active = true;
    return inState({ ...version, record }, retires ? 'retiring' : 'active', retires ? end : null);
  };
  const taken = (key: Key) =>
    toldBy({ id: key.id, generation: 1, record: key, state: 'active', ends_at: null }, key);
  return [
    ...newer.map(taken),
    ...versions.map((version) => {
      const key = records.get(version.id);
      const works = version.state === 'active' || version.state === 'pending';
      if (key !== undefined && works && newer.length > 0) return toldBy(version, key);
      active ||= works;
      return version;
    }),
    ...older.map(taken),
  ];
}
