import { randomBytes } from 'node:crypto';
import type { Asked, VendorResponse } from './gate.js';
import type { VendorKind } from './vendor-kinds.js';

/** A key as the vendor holds it. Times are epoch milliseconds of the walk's clock. */
interface VendorRecord {
  readonly id: string;
  name: string;
  readonly madeAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  lastUsed: number | null;
  paused: boolean;
  scopes: readonly string[] | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** The last one counts; an in-place roll adds one. */
  readonly secrets: string[];
}

/** A vendor in memory: what the program asks over HTTP, and what the stranger does in its dashboard. */
export interface FixtureVendor {
  readonly records: VendorRecord[];
  handle(asked: Asked): VendorResponse;
  /** A key that somebody else makes. */
  add(name: string): VendorRecord;
  roll(record: VendorRecord): VendorRecord;
  isLive(record: VendorRecord): boolean;
}

const iso = (at: number) => new Date(at).toISOString();
const refused = (status: number, message: string): VendorResponse => ({ status, body: { message } });

export function fixtureVendor(kind: VendorKind, admin: string, now: () => number): FixtureVendor {
  const records: VendorRecord[] = [];
  const repeats = new Map<string, VendorResponse>();
  const isLive = ({ revokedAt, expiresAt }: VendorRecord) =>
    revokedAt === null && (expiresAt === null || expiresAt > now());
  const named = (name: string) => (kind.names === 'normalised' ? name.toLowerCase() : name);
  const isTaken = (name: string) =>
    (kind.names === 'unique' || kind.names === 'normalised') &&
    records.some((record) => record.name === named(name) && isLive(record));
  const newSecret = () => `${kind.id}_${randomBytes(20).toString('hex')}`;

  const make = (about: Partial<VendorRecord> & { readonly name: string }): VendorRecord => {
    const record: VendorRecord = {
      madeAt: now(),
      expiresAt: null,
      revokedAt: null,
      lastUsed: null,
      paused: false,
      scopes: null,
      metadata: {},
      ...about,
      // Ids that begin alike: k1, k10, k11 …
      id: `k${records.length === 0 ? 1 : records.length + 9}`,
      name: named(about.name),
      secrets: [newSecret()],
    };
    records.push(record);
    return record;
  };

  const shown = (record: VendorRecord) => ({
    id: record.id,
    ...(kind.names === 'none' ? {} : { name: record.name }),
    created_at: iso(record.madeAt),
    status: statusOf(record),
    ...(kind.shows.includes('expires_at')
      ? { expires_at: record.expiresAt === null ? null : iso(record.expiresAt) }
      : {}),
    ...(kind.shows.includes('scopes') ? { scopes: record.scopes ?? [] } : {}),
    ...(kind.shows.includes('last_used')
      ? { last_used: record.lastUsed === null ? null : iso(record.lastUsed) }
      : {}),
    ...(kind.shows.includes('metadata') ? { metadata: record.metadata } : {}),
  });
  const superseded = new Set<string>();
  const statusOf = ({ id, paused, expiresAt }: VendorRecord) =>
    paused
      ? 'paused'
      : expiresAt !== null && kind.roll !== null && superseded.has(id)
        ? 'retiring'
        : 'active';
  const withSecret = (record: VendorRecord) => ({ ...shown(record), secret: record.secrets.at(-1) });

  const listed = ({ madeAt, revokedAt, expiresAt }: VendorRecord) => {
    const at = now() - kind.settles * 1_000;
    return madeAt <= at && (revokedAt === null || revokedAt > at) && (expiresAt === null || expiresAt > at);
  };

  function list(cursor: string | null): VendorResponse {
    const all = records.filter(listed);
    if (kind.order === 'newest') all.reverse();
    const from = cursor === null ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
    const page = all.slice(from, from + kind.pageSize);
    const more = from + kind.pageSize < all.length;
    return { status: 200, body: { keys: page.map(shown), next: more ? page.at(-1)?.id : null } };
  }

  function rollKey(record: VendorRecord, graceSeconds: number | undefined): VendorRecord {
    const { roll } = kind;
    if (roll === null || roll.inPlace) {
      record.secrets.push(newSecret());
      return record;
    }
    const seconds =
      roll.grace === 'none' ? 0 : typeof roll.grace === 'number' ? roll.grace : (graceSeconds ?? 43_200);
    const ends = now() + seconds * 1_000;
    const { name, scopes, metadata, expiresAt } = record;
    if (seconds === 0) record.revokedAt = now();
    else record.expiresAt = Math.min(ends, expiresAt ?? ends);
    superseded.add(record.id);
    return make({ name, scopes, metadata, expiresAt });
  }

  function create(body: Record<string, unknown>): VendorResponse {
    const name = String(body['name'] ?? '');
    if (isTaken(name)) return refused(409, 'a key of this name exists');
    const ends = kind.accepts.includes('expires_at') ? body['expires_at'] : undefined;
    const scopes = kind.accepts.includes('scopes') ? body['scopes'] : undefined;
    const record = make({
      name: kind.names === 'none' ? '' : name,
      expiresAt: typeof ends === 'string' ? Date.parse(ends) : null,
      scopes: Array.isArray(scopes) ? scopes.map(String) : null,
      metadata: kind.shows.includes('metadata') ? ((body['metadata'] ?? {}) as Record<string, string>) : {},
    });
    return { status: 201, body: withSecret(record) };
  }

  function change(record: VendorRecord, body: Record<string, unknown>): VendorResponse {
    if (typeof body['name'] === 'string') {
      if (named(body['name']) !== record.name && isTaken(body['name']))
        return refused(409, 'a key of this name exists');
      record.name = named(body['name']);
    }
    if (body['expires_at'] !== undefined)
      record.expiresAt = body['expires_at'] === null ? null : Date.parse(String(body['expires_at']));
    if (Array.isArray(body['scopes'])) record.scopes = body['scopes'].map(String);
    return { status: 200, body: shown(record) };
  }

  function once(asked: Asked, work: () => VendorResponse): VendorResponse {
    const key = kind.idempotent ? asked.headers['idempotency-key'] : undefined;
    if (key === undefined) return work();
    const before = repeats.get(String(key));
    if (before !== undefined) return before;
    const response = work();
    if (response.status < 400) repeats.set(String(key), response);
    return response;
  }

  function handle(asked: Asked): VendorResponse {
    const { method, path, query } = asked;
    const body = (asked.body ?? {}) as Record<string, unknown>;
    const bearer = String(asked.headers.authorization ?? '').replace(/^Bearer /, '');
    if (path === '/me') {
      const own = records.find(
        (record) => record.secrets.at(-1) === bearer && isLive(record) && !record.paused,
      );
      return own === undefined ? refused(401, 'unknown key') : { status: 200, body: { id: own.id } };
    }
    if (bearer !== admin) return refused(401, 'not an admin');
    if (path === '/keys' && method === 'GET') return list(query.get('cursor'));
    if (path === '/keys' && method === 'POST') return once(asked, () => create(body));
    const [, id = '', more] = /^\/keys\/([^/]+)(\/roll|\/pause|\/unpause)?$/.exec(path) ?? [];
    const record = records.find((candidate) => candidate.id === decodeURIComponent(id) && isLive(candidate));
    if (more === '/roll' && kind.roll !== null) {
      return once(asked, () => {
        if (record === undefined) return refused(404, 'no such key');
        const seconds = body['grace_seconds'];
        const made = rollKey(record, typeof seconds === 'number' ? seconds : undefined);
        return { status: 200, body: { ...withSecret(made), previous: shown(record) } };
      });
    }
    if (record === undefined) return refused(404, 'no such key');
    if (method === 'GET') return { status: 200, body: shown(record) };
    if (more === '/pause' || more === '/unpause') {
      record.paused = more === '/pause';
      return { status: 204 };
    }
    if (method === 'PATCH') return change(record, body);
    record.revokedAt = now();
    return { status: 204 };
  }

  return {
    records,
    handle,
    isLive,
    add: (name) => make({ name, scopes: ['read'] }),
    roll(record) {
      const successor = rollKey(record, undefined);
      if (kind.roll !== null) return successor;
      record.revokedAt = now();
      const { name, scopes } = record;
      return make({ name, scopes });
    },
  };
}
