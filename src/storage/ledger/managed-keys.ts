import { randomBytes } from 'node:crypto';
import { KeysError } from '../../domain/errors.js';
import { groupBy } from '../../domain/group-by.js';
import type { Key } from '../../domain/key.js';
import {
  type Account,
  accountText,
  exactName,
  hasEndedAt,
  isCompatible,
  type KeptPlace,
  type KeyVersion,
  type ManagedKey,
  type Rights,
  type Schedule,
  type VersionState,
} from '../../domain/managed-key.js';
import type { SqlDatabase, SqlRow, SqlSession } from '../sql/sql-database.js';
import type { Operation } from './operation.js';
import { insertRows, jsonOf, type LedgerRows } from './rows.js';

/** The lease under which a key is written; `generation` as it was when the lease was taken. */
export interface HeldLease {
  readonly resource: string;
  readonly generation: number;
}

export interface ManagedKeys {
  /** Newest first. */
  all(): Promise<ManagedKey[]>;
  /** Whether it has a key of this provider at this address. */
  isAt(account: Pick<Account, 'provider' | 'address'>): Promise<boolean>;
  /** Null where there is none. */
  byId(id: string): Promise<ManagedKey | null>;
  /** The key of this exact name. What one context says and the other does not is no difference. */
  byName(account: Account, name: string): Promise<ManagedKey | null>;
  /** The keys of this exact name, at every address of the provider. */
  named(provider: string, name: string): Promise<ManagedKey[]>;
  /** The key that has a version with this vendor id. */
  byVersion(account: Pick<Account, 'provider' | 'address'>, id: string): Promise<ManagedKey | null>;
  /** The keys that remember this place, newest first. */
  byPlace(place: Omit<KeptPlace, 'delivered'>): Promise<ManagedKey[]>;
  /**
   * Adds or replaces, with the state of every version. Versions must be in `known_keys` already. Throws
   * `conflict` if another program holds the key's lease by now, or if the account has another key of this
   * name.
   */
  save(key: ManagedKey, lease: HeldLease | null): Promise<void>;
}

/** Members that are stored as JSON; nothing is searched by them. */
interface Body {
  readonly context: Readonly<Record<string, string>>;
  readonly rights: Rights | null;
  readonly schedule: Schedule;
  readonly places: readonly KeptPlace[];
  readonly variable: string | null;
}

export const NO_SCHEDULE: Schedule = { rotate_ms: null, grace_ms: null };

export function newManagedId(): string {
  return `mk_${randomBytes(12).toString('hex')}`;
}

export function createManagedKeys(database: SqlDatabase, rows: LedgerRows): ManagedKeys {
  const read = (where: string, params: readonly string[]) => readManaged(database, rows, where, params);
  const byId = async (id: string) => (await read('WHERE id = ?', [id]))[0] ?? null;
  return {
    all: () => read('', []),

    async isAt({ provider, address }) {
      const where = 'WHERE provider = ? AND address = ? LIMIT 1';
      return (await rows.read(database, 'managed_keys', where, [provider, rows.address(address)])).length > 0;
    },

    byId,

    async byName(account, name) {
      const named = await read('WHERE provider = ? AND address = ? AND name = ?', [
        account.provider,
        rows.address(account.address),
        exactName(name),
      ]);
      const fitting = named.filter((key) => isCompatible(key.account.context, account.context));
      const exact = fitting.find((key) => accountText(key.account) === accountText(account));
      return exact ?? (fitting.length === 1 ? (fitting[0] ?? null) : null);
    },

    named: (provider, name) => read('WHERE provider = ? AND name = ?', [provider, exactName(name)]),

    async byVersion({ provider, address }, id) {
      const where = 'WHERE provider = ? AND place = ? AND id = ?';
      const [row] = await rows.read(database, 'known_keys', where, [provider, rows.address(address), id]);
      const found = row?.['managed_key'];
      return typeof found === 'string' ? await byId(found) : null;
    },

    byPlace: (place) =>
      read('WHERE id IN (SELECT managed_key FROM managed_places WHERE place = ?)', [rows.placeId(place)]),

    save: (key, lease) => database.transaction((session) => saveManaged(session, rows, key, lease)),
  };
}

/** See `ManagedKeys.save`. */
export async function saveManaged(
  session: SqlSession,
  rows: LedgerRows,
  key: ManagedKey,
  lease: HeldLease | null,
): Promise<void> {
  await requireLease(session, lease);
  await write(session, rows, key);
}

/** Managed keys with their versions, in two statements however many there are. */
async function readManaged(
  session: Pick<SqlSession, 'all'>,
  rows: LedgerRows,
  where: string,
  params: readonly string[],
): Promise<ManagedKey[]> {
  const found = await rows.read(session, 'managed_keys', `${where} ORDER BY created_at DESC, id`, params);
  if (found.length === 0) return [];
  const of =
    where === '' ? 'managed_key IS NOT NULL' : `managed_key IN (SELECT id FROM managed_keys ${where})`;
  const versions = await rows.read(
    session,
    'known_keys',
    `WHERE ${of} ORDER BY position DESC, updated_at DESC`,
    params,
  );
  const byKey = groupBy(versions, (row) => String(row['managed_key']));
  return found.map((row) => complete(row, byKey.get(String(row['id'])) ?? []));
}

function complete(row: SqlRow, versions: readonly SqlRow[]): ManagedKey {
  const { context, ...body } = jsonOf<Body>('managed_keys', row);
  return {
    id: String(row['id']),
    account: { provider: String(row['provider']), address: String(row['address']), context },
    name: String(row['name']),
    ...body,
    versions: versions.map(versionOf),
    created_at: Number(row['created_at']),
  };
}

function versionOf(row: SqlRow): KeyVersion {
  return {
    id: String(row['id']),
    generation: Number(row['generation']),
    record: jsonOf<Key>('known_keys', row),
    state: (row['state'] ?? 'active') as VersionState,
    ends_at: row['ends_at'] === null || row['ends_at'] === undefined ? null : Number(row['ends_at']),
  };
}

/** Throws `conflict` where another program has taken the lease over. */
export async function requireLease(session: SqlSession, lease: HeldLease | null): Promise<void> {
  if (lease === null) return;
  const [row] = await session.all('SELECT generation FROM leases WHERE resource = ?', [lease.resource]);
  if (row !== undefined && Number(row['generation']) === lease.generation) return;
  throw new KeysError('conflict', 'another run of keys has taken over this key', {
    next: 'list_pending',
  });
}

async function write(session: SqlSession, rows: LedgerRows, key: ManagedKey): Promise<void> {
  const { id, account, name, rights, schedule, places, variable, created_at } = key;
  const { provider, address, context } = account;
  const body: Body = { context, rights, schedule, places, variable };
  const [other] = await session.all(
    'SELECT id FROM managed_keys WHERE account = ? AND name = ? AND id <> ?',
    [accountText({ ...account, address: rows.address(address) }), exactName(name), id],
  );
  if (other !== undefined) {
    throw new KeysError('conflict', `another key of this account is named ${name}`, {
      hint: 'names are unique in an account: take another name',
    });
  }
  await rows.put(session, 'managed_keys', {
    ...{ id, provider, address, account: accountText(account), name: exactName(name) },
    ...{ body: JSON.stringify(body), created_at },
  });
  await writePlaces(session, id, places.map(rows.placeId));
  await writeVersions(session, rows, key);
}

/** Keeps the index of places. `placeIds`: as the database has them. */
async function writePlaces(session: SqlSession, id: string, placeIds: readonly string[]): Promise<void> {
  const stored = await session.all('SELECT place FROM managed_places WHERE managed_key = ?', [id]);
  const before = new Set(stored.map(({ place }) => String(place)));
  const now = new Set(placeIds);
  for (const place of before)
    if (!now.has(place))
      await session.run('DELETE FROM managed_places WHERE managed_key = ? AND place = ?', [id, place]);
  for (const place of now)
    if (!before.has(place))
      await session.run('INSERT INTO managed_places (place, managed_key) VALUES (?, ?)', [place, id]);
}

/** Indexes the places of new rows that a move has brought. `moved`: as this machine sees them. */
export async function indexPlaces(
  session: SqlSession,
  rows: LedgerRows,
  moved: readonly SqlRow[],
): Promise<void> {
  const indexed = moved.flatMap((row) => {
    const { id = null } = row;
    const { places } = jsonOf<Body>('managed_keys', row);
    return [...new Set(places.map(rows.placeId))].map((place) => ({ place, managed_key: id }));
  });
  await insertRows(session, 'managed_places', indexed);
}

/** Writes the versions that have changed. */
async function writeVersions(
  session: SqlSession,
  rows: LedgerRows,
  { id, account, versions }: ManagedKey,
): Promise<void> {
  const stored = await rows.read(session, 'known_keys', 'WHERE managed_key = ?', [id]);
  for (const [index, version] of versions.entries()) {
    const row = {
      ...{ provider: account.provider, place: account.address, id: version.id },
      ...{ managed_key: id, generation: version.generation, state: version.state, ends_at: version.ends_at },
      ...{ position: versions.length - index, record: JSON.stringify(version.record) },
    };
    const before = stored.find((one) => one['id'] === version.id);
    const same = Object.entries(row).every(([column, value]) => before?.[column] === value);
    if (before === undefined || !same) await rows.change(session, 'known_keys', row);
  }
}

/**
 * Makes managed keys of versions that have none: those of a ledger of the version before. Versions of one
 * name are one key; the newest that works is active. Nothing is dropped. What an operation is creating is
 * left to that operation: it writes the version first and the managed key after it, perhaps in another
 * program at this moment.
 */
export async function takeInKnownKeys(database: SqlDatabase, rows: LedgerRows): Promise<void> {
  const loose = 'SELECT id FROM known_keys WHERE managed_key IS NULL';
  if ((await database.all(`${loose} LIMIT 1`)).length === 0) return;
  await database.transaction(async (session) => {
    // One program at a time: in PostgreSQL, the others wait for this row and find nothing left.
    await session.run("UPDATE ledger_facts SET value = value WHERE name = 'id'");
    const found = await rows.read(
      session,
      'known_keys',
      'WHERE managed_key IS NULL ORDER BY updated_at DESC, id',
      [],
    );
    const isUnfinished = await unfinished(session, rows);
    const groups = groupBy(
      found.filter((row) => !isUnfinished(jsonOf<Key>('known_keys', row))),
      (row) => {
        const { name } = jsonOf<Key>('known_keys', row);
        return JSON.stringify([row['provider'], row['place'], exactName(name)]);
      },
    );
    for (const group of groups.values()) await takeIn(session, rows, group);
  });
}

/**
 * Whether a key is, or may be, the new one of an operation that has not ended. Older operations know no
 * managed key: theirs is made here.
 */
async function unfinished(
  session: Pick<SqlSession, 'all'>,
  rows: LedgerRows,
): Promise<(key: Key) => boolean> {
  const operations = (await rows.read(session, 'operations', '', []))
    .map((row) => jsonOf<Partial<Operation>>('operations', row))
    .filter(({ managed }) => managed !== undefined);
  const ids = new Set(operations.map(({ key }) => key?.id));
  const names = new Set(
    operations.filter(({ kind }) => kind === 'create').map(({ name = '' }) => exactName(name)),
  );
  return ({ id, name }) => ids.has(id) || names.has(exactName(name));
}

async function takeIn(session: SqlSession, rows: LedgerRows, loose: readonly SqlRow[]): Promise<void> {
  const [first] = loose;
  if (first === undefined) return;
  const account = { provider: String(first['provider']), address: String(first['place']), context: {} };
  const { name } = jsonOf<Key>('known_keys', first);
  const [known = null] = await readManaged(session, rows, 'WHERE account = ? AND name = ?', [
    accountText({ ...account, address: rows.address(account.address) }),
    exactName(name),
  ]);
  const added = versionsOf(loose);
  const working = ({ state }: KeyVersion) => state === 'active';
  const before = known?.versions ?? [];
  const now = Number(first['updated_at']);
  // A key of the name of one that has ended is another key: what that one might do is not what this one may.
  const isSuccessor = before.length === 0 || before.some((version) => !hasEndedAt(version, now));
  const demoted = before.map(
    (version): KeyVersion =>
      working(version) && added.some(working) ? { ...version, state: 'retiring' } : version,
  );
  const versions = [...added, ...demoted];
  const active = versions.find(working);
  const item = loose.find(({ id }) => id === active?.id)?.['secret_item'];
  await write(session, rows, {
    id: known?.id ?? newManagedId(),
    account,
    name: exactName(name),
    rights: isSuccessor ? (known?.rights ?? null) : null,
    schedule: known?.schedule ?? NO_SCHEDULE,
    places: known?.places ?? [],
    variable: known?.variable ?? null,
    ...(typeof item === 'string' && active !== undefined
      ? { places: withKeychain(known?.places ?? [], item, active, now) }
      : {}),
    versions,
    created_at: known?.created_at ?? now,
  });
}

function withKeychain(
  places: readonly KeptPlace[],
  item: string,
  { id, generation }: KeyVersion,
  at: number,
): readonly KeptPlace[] {
  const others = places.filter((place) => place.id !== 'keychain');
  const spec = { kind: 'keychain', target: { item }, names: [], address: 'keychain' };
  return [...others, { id: 'keychain', label: 'keychain', spec, delivered: { id, generation, at } }];
}

/** Newest first; the newest that its record calls active is the active one, others may still be in use. */
function versionsOf(rows: readonly SqlRow[]): KeyVersion[] {
  let active = false;
  return rows.map((row) => {
    const record = jsonOf<Key>('known_keys', row);
    const version = { id: String(row['id']), generation: 1, record, ends_at: null };
    const { status = 'active', rolled_to } = record;
    if (status !== 'active' && status !== 'paused') return { ...version, state: status };
    if (active || rolled_to) return { ...version, state: 'retiring' as const };
    active = true;
    return { ...version, state: 'active' as const };
  });
}
