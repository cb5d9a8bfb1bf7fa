import { allKeys } from '../../domain/all-keys.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import {
  currentVersion,
  exactName,
  type ManagedKey,
  stateAt,
  workingVersion,
} from '../../domain/managed-key.js';
import { nearest } from '../../domain/nearest.js';
import { withLinked, withRolls } from '../roll/follow-rolls.js';
import { boundedList } from './bounded-list.js';
import { goneError, keyOutsideList } from './gone-key.js';
import { namesakeError } from './refuse-namesake.js';
import type { Lookup, ResolvedKey } from './resolved-key.js';
import { managedNamed } from './stored-name.js';
import { isUnidentified, unidentifiedError } from './unidentified.js';

/** Most candidates that an ambiguous name lists. */
const MOST_CANDIDATES = 10;

/**
 * The key that a reference names: its exact id, or its exact name, looked for in every page of the list. Of
 * one name, the key in use comes before a retiring one, and both before those that have ended. Throws
 * `not_found`, `ambiguous_key` with the candidates, or `refused` for a key of the ledger that the vendor no
 * longer has.
 */
export async function resolveKey(reference: string, lookup: Lookup): Promise<ResolvedKey> {
  if (reference === '') throw new KeysError('usage', 'the name of the key is empty');
  const byId = await exactId(reference, lookup);
  if (byId !== null) return byId;
  const before = await managedNamed(reference, lookup);
  const names = new Set<string>();
  const listed = await candidates(reference, before, lookup, names);
  const { managed, keys } = await withRolls(before, listed, lookup);
  const now = lookup.clock.now();
  const all = (await Promise.all(keys.map((key) => withManaged(key, reference, lookup)))).filter(
    ({ by }) => by !== 'prefix' || lookup.prefixes,
  );
  const found = withoutNamesakes(all, managed, now);
  // The whole name of a managed key means that key, although the list has only others that begin with it.
  const ways = isWorking(before, now) ? (['id', 'name'] as const) : (['id', 'name', 'prefix'] as const);
  for (const by of ways) {
    const group = found.filter((one) => one.by === by);
    const best = bestOf(group, managed, now);
    const [only, ...others] = best;
    if (only !== undefined && others.length === 0)
      return await withLinked(await whole(only, lookup), keys, lookup);
    if (only !== undefined && by === 'name' && before !== null && isWithoutId(before))
      throw unidentifiedError(before, lookup.provider);
    if (only !== undefined && by === 'prefix' && lookup.choose !== undefined) {
      const chosen = await lookup.choose(best.map(({ key }) => key));
      const picked = best.find(({ key }) => key.id === chosen) ?? only;
      return await withLinked({ ...(await whole(picked, lookup)), by: 'id' }, keys, lookup);
    }
    if (only !== undefined) throw severalError(reference, best, before, now);
  }
  const known = await keyOutsideList(reference, lookup);
  const hasEnded = before !== null && before.versions.length > 0 && !isWorking(before, now);
  if (known === null && (all.length > 0 ? !isWorking(before, now) : hasEnded))
    throw wasRevoked(reference, all);
  if (known === null) {
    await refuseEndedVersion(reference, lookup);
    const near = nearest(exactName(reference), [...names]);
    throw new KeysError('not_found', `no such key: ${reference}`, {
      ...(near === null ? {} : { hint: `did you mean ${near}?` }),
      next: 'list_keys',
      details: { reference },
    });
  }
  if (known.gone && !lookup.gone) {
    await lookup.onGone?.(known);
    throw goneError(known, lookup);
  }
  return known;
}

/** Whether a managed key has a version that works. */
function isWorking(managed: ManagedKey | null, now: number): boolean {
  return managed?.versions.some((version) => !isEnded(stateAt(version, now))) === true;
}

/** Whether the vendor's id of a managed key is not known. */
function isWithoutId(managed: ManagedKey): boolean {
  const version = currentVersion(managed);
  return version !== null && isUnidentified(version.record, managed.account);
}

/**
 * Returns what was found, without the namesakes of a managed key that was revoked or has expired: the name
 * still means the managed key, and a key that the ledger does not know is named by its id.
 */
function withoutNamesakes(
  found: readonly ResolvedKey[],
  managed: ManagedKey | null,
  now: number,
): readonly ResolvedKey[] {
  if (managed === null || managed.versions.length === 0 || found.some(({ by }) => by === 'id')) return found;
  if (!managed.versions.every((version) => isEnded(stateAt(version, now)))) return found;
  const own = found.filter((one) => one.managed?.id === managed.id);
  return managed.versions.flatMap(({ id }) => own.filter(({ key }) => key.id === id)).slice(0, 1);
}

/**
 * Returns the keys of the best rank, and those of the managed key beside them: a namesake in use does not
 * hide one that is paused.
 */
function bestOf(
  group: readonly ResolvedKey[],
  managed: ManagedKey | null,
  now: number,
): readonly ResolvedKey[] {
  const best = RANKS.map((rank) => withoutOlder(group.filter((one) => rank(one, now)))).find(
    ({ length }) => length > 0,
  );
  const isOwn = (one: ResolvedKey) => managed !== null && one.managed?.id === managed.id;
  if (best === undefined || best.some(isOwn)) return best ?? [];
  return [...best, ...group.filter((one) => isOwn(one) && !isEnded(standing(one, now)))];
}

/** Returns what was found, of each managed key only its newest version: two may be paused at once. */
function withoutOlder(found: readonly ResolvedKey[]): readonly ResolvedKey[] {
  const age = ({ key, managed }: ResolvedKey) => managed?.versions.findIndex(({ id }) => id === key.id) ?? 0;
  return found.filter(
    (one) =>
      one.managed === null ||
      !found.some((other) => other.managed?.id === one.managed?.id && age(other) < age(one)),
  );
}

/**
 * The error for the name of a managed key that has ended, where the list has no key of this name, or others
 * only.
 */
function wasRevoked(reference: string, found: readonly ResolvedKey[]): KeysError {
  const shown = found.slice(0, MOST_CANDIDATES).map(({ key }) => `${key.id} (${key.name})`);
  if (found.length === 0)
    return new KeysError('not_found', `${reference} was revoked or has expired`, {
      next: 'create_again',
      details: { name: reference },
    });
  return new KeysError('not_found', `${reference} was revoked or has expired`, {
    hint: `name another key by its id: ${shown.join(', ')}`,
  });
}

/** Throws `not_found` for the id of a version that this ledger has as ended, and its vendor not at all. */
async function refuseEndedVersion(reference: string, { account, ledger, clock }: Lookup): Promise<void> {
  const managed = await ledger.managed.byVersion(account, reference);
  const version = managed?.versions.find(({ id }) => id === reference);
  if (managed === null || version === undefined || !isEnded(stateAt(version, clock.now()))) return;
  const current = workingVersion(managed, clock.now());
  throw new KeysError('not_found', `${reference} of ${managed.name} was revoked or has expired`, {
    ...(current === null
      ? { next: 'create_again' as const, details: { name: managed.name } }
      : { hint: `${managed.name} is ${current.id} now` }),
  });
}

/** The key with the fields that its vendor returns for a single key only. */
async function whole(found: ResolvedKey, { provider: { shows }, service }: Lookup): Promise<ResolvedKey> {
  if (shows.get.every((field) => shows.list.includes(field))) return found;
  return { ...found, key: await service.get(found.key.id) };
}

/** What the ledger knows comes first: a vendor calls a key active until its grace is over. */
const RANKS: ReadonlyArray<(found: ResolvedKey, now: number) => boolean> = [
  (found, now) => standing(found, now) === 'active',
  (found, now) => standing(found, now) === 'pending',
  (found, now) => standing(found, now) === 'paused',
  (found, now) => standing(found, now) === 'retiring',
  () => true,
];

function standing({ key, managed }: ResolvedKey, now: number): string {
  const told = key.status ?? 'active';
  const version = managed?.versions.find(({ id }) => id === key.id);
  return told === 'active' && version !== undefined ? stateAt(version, now) : told;
}

async function withManaged(key: Key, reference: string, lookup: Lookup): Promise<ResolvedKey> {
  const managed = await lookup.ledger.managed.byVersion(lookup.account, key.id);
  const named = isNamed(key, reference, lookup) || (managed !== null && isNamed(managed, reference, lookup));
  return { key, managed, by: key.id === reference ? 'id' : named ? 'name' : 'prefix' };
}

/** Whether this is the key's name, as it was written or as the vendor stores it. */
function isNamed({ name }: Pick<Key, 'name'>, reference: string, { provider }: Lookup): boolean {
  const stored = provider.names.stored?.(reference);
  return exactName(name) === exactName(reference) || (stored !== undefined && name === stored);
}

/**
 * Every key whose id or name is the reference, or begins with it, and the versions of the managed key of that
 * name. `names` takes the names of other keys, of which one may be meant.
 */
async function candidates(
  reference: string,
  managed: ManagedKey | null,
  lookup: Lookup,
  names: Set<string>,
): Promise<Key[]> {
  const { provider, prefixes } = lookup;
  const versions = new Set(managed?.versions.map(({ id }) => id));
  const wanted = exactName(reference);
  // An asterisk would be read as a pattern; a successor may have another name than its managed key.
  const filtered = provider.lists.exactName && provider.names.rule === 'free' && !reference.includes('*');
  if (filtered) {
    const isFirst = atMost(MOST_KEPT);
    const named = await gather(
      lookup,
      { name: reference },
      (key) => isNamed(key, reference, lookup) && isFirst(key.status ?? 'active'),
    );
    if (named.length > 0) return named;
  }
  const isFirst = atMost(MOST_KEPT);
  return await gather(lookup, {}, (key) => {
    if (names.size < MOST_NAMES && !isEnded(key.status)) names.add(exactName(key.name));
    if (key.id === reference || versions.has(key.id)) return true;
    if (isNamed(key, reference, lookup)) return isFirst(key.status ?? 'active');
    const begins = exactName(key.name).startsWith(wanted) || key.id.startsWith(reference);
    return prefixes && begins && isFirst('prefix');
  });
}

/**
 * Most keys that are kept of those with the name in one state, and of those that begin with it: two are
 * ambiguous already.
 */
const MOST_KEPT = 100;

/** Most names that a mistyped one is compared with. */
const MOST_NAMES = 5_000;

/** Whether a group is asked for no more than so many times. */
function atMost(most: number): (group: string) => boolean {
  const counts = new Map<string, number>();
  return (group) => {
    const count = (counts.get(group) ?? 0) + 1;
    counts.set(group, count);
    return count <= most;
  };
}

async function gather(lookup: Lookup, query: { name?: string }, fits: (key: Key) => boolean): Promise<Key[]> {
  const found: Key[] = [];
  const list = boundedList(lookup, 'a key that keys created is found by its id without the list');
  for await (const key of allKeys(list, query)) if (fits(key)) found.push(key);
  return found;
}

/** An id that the ledger knows, or that looks like one of our service's, needs no list. */
async function exactId(reference: string, { service, account, ledger }: Lookup): Promise<ResolvedKey | null> {
  const managed = await ledger.managed.byVersion(account, reference);
  if (managed === null && !/^key_\w+$/.test(reference)) return null;
  const known = managed?.versions.find(({ id }) => id === reference)?.record ?? null;
  try {
    return { key: await service.get(reference), managed, by: 'id' };
  } catch (error) {
    const code = error instanceof KeysError ? error.code : null;
    // A credential that may not list is enough to revoke a key by its id.
    if (known !== null && code === 'forbidden') return { key: known, managed, by: 'id' };
    if (code === 'not_found' || code === 'unsupported' || code === 'method_not_allowed') return null;
    throw error;
  }
}

/** Several keys of the name of a managed key are none of it where the ledger is an older copy, say. */
function severalError(
  reference: string,
  found: readonly ResolvedKey[],
  named: ManagedKey | null,
  now: number,
): KeysError {
  const version = named === null ? null : workingVersion(named, now);
  const areOthers = found.every(({ by, managed }) => by === 'name' && managed === null);
  if (named === null || version === null || !areOthers) return ambiguous(reference, found);
  return namesakeError(
    found.map(({ key }) => key),
    { name: named.name, version: version.id },
  );
}

function ambiguous(reference: string, found: readonly ResolvedKey[]): KeysError {
  const shown = found.slice(0, MOST_CANDIDATES);
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : '';
  const how = found.every(({ by }) => by === 'prefix') ? 'begin with' : 'are named';
  return new KeysError('ambiguous_key', `${found.length} keys ${how} ${reference}`, {
    hint: `use an id: ${shown.map(({ key }) => `${key.id} (${key.name})`).join(', ')}${more}`,
    details: { candidates: shown.map(({ key: { id, name } }) => ({ id, name })) },
  });
}
