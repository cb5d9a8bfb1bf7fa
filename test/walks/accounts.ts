import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../src/connect/open-service.js';
import { allKeys } from '../../src/domain/all-keys.js';
import type { KeyService } from '../../src/domain/key-service.js';
import { hasDatabase, openEmbeddedService } from '../../src/service/embedded.js';
import { serveKeys } from '../../src/service/http/serve-keys.js';
import { fixtureVendor } from './fixture-vendor.js';
import { type Gate, openGate } from './gate.js';
import type { VendorKind } from './vendor-kinds.js';

/** A key as its service holds it, seen from outside the program. Times are epoch milliseconds. */
export interface SeenKey {
  readonly id: string;
  readonly name: string;
  /** It is neither revoked nor expired. */
  readonly live: boolean;
  readonly paused: boolean;
  readonly revoked: boolean;
  readonly madeAt: number;
  readonly expiresAt: number | null;
  readonly scopes: readonly string[] | null;
}

/** One account at one service: what the program may manage there, and what the service itself says of it. */
export interface Account {
  /** Also the name of the profile. */
  readonly id: string;
  readonly admin: string;
  readonly gate: Gate;
  /** What is particular about a fixture vendor; null: our own key service. */
  readonly kind: VendorKind | null;
  /** Every key that there is or was, of all pages. */
  keys(): Promise<SeenKey[]>;
  /** The key that accepts this secret now; null: none does. */
  holder(secret: string): Promise<string | null>;
  /** A program uses the key with this id, where the service tells when a key was last used. */
  use(id: string): void;
  /** What somebody else does in the same account. Returns the ids of the keys that came of it. */
  stranger(act: 'create' | 'roll' | 'revoke', name: string): Promise<readonly string[]>;
  /** A person revokes a key in the dashboard. */
  revoke(id: string): Promise<void>;
  /** A key that a person makes by hand, to be imported. */
  handmade(name: string): Promise<{ readonly id: string; readonly secret: string }>;
  /**
   * Where no gate sees the secrets that the service gives: finds them in what a command has printed and
   * delivered.
   */
  discover?(text: string, command: number): Promise<void>;
  /** Goes on with the database in this folder. Absent: it has no database that the walk may replace. */
  replaceData?(folder: string): Promise<void>;
  close(): Promise<void>;
}

export async function vendorAccount(kind: VendorKind, now: () => number): Promise<Account> {
  const admin = `adm_${kind.id}_fake_for_walks_only`;
  const vendor = fixtureVendor(kind, admin, now);
  const gate = await openGate((asked) => vendor.handle(asked), now);
  /** Keys that were made to be imported: the stranger leaves them alone. */
  const handmade = new Set<string>();
  return {
    id: kind.id,
    admin,
    gate,
    kind,
    keys: async () =>
      vendor.records.map((record) => ({
        ...record,
        live: vendor.isLive(record),
        revoked: record.revokedAt !== null,
      })),
    holder: async (secret) =>
      vendor.records.find(
        (record) => record.secrets.at(-1) === secret && vendor.isLive(record) && !record.paused,
      )?.id ?? null,
    use(id) {
      for (const record of vendor.records) if (record.id === id) record.lastUsed = now();
    },
    async stranger(act, name) {
      if (act === 'create') return [vendor.add(name).id];
      const own = vendor.records
        .filter(
          (record) => record.scopes?.[0] === 'read' && vendor.isLive(record) && !handmade.has(record.id),
        )
        .at(-1);
      if (own === undefined) return [];
      if (act === 'roll') return [vendor.roll(own).id];
      own.revokedAt = now();
      return [];
    },
    async revoke(id) {
      for (const record of vendor.records) if (record.id === id) record.revokedAt ??= now();
    },
    async handmade(name) {
      const { id, secrets } = vendor.add(name);
      handmade.add(id);
      return { id, secret: secrets[0] ?? '' };
    },
    close: () => gate.close(),
  };
}

/** `keys serve` behind a gate, over the walk's clock. */
export async function serviceAccount(folder: string, now: () => number): Promise<Account> {
  const dataDir = join(folder, 'served');
  const running = await serveKeys({
    host: '127.0.0.1',
    port: 0,
    clock: { now },
    version: '0.0.0',
    log: () => {},
    flushMs: 20,
    dataDir,
  });
  const admin = readFileSync(join(dataDir, 'management.key'), 'utf8').trim();
  const gate = await openGate(async ({ method, path, query, headers, raw }) => {
    const { authorization = '', 'idempotency-key': repeat } = headers;
    const response = await fetch(`${running.url}${path}${query.size > 0 ? `?${query}` : ''}`, {
      method,
      headers: {
        authorization,
        ...(raw === '' ? {} : { 'content-type': 'application/json' }),
        ...(repeat === undefined ? {} : { 'idempotency-key': String(repeat) }),
      },
      ...(raw === '' ? {} : { body: raw }),
    });
    const said = await response.text();
    return { status: response.status, ...(said === '' ? {} : { body: JSON.parse(said) as unknown }) };
  }, now);
  const service = await connect({ provider: 'keys', credential: admin, baseUrl: running.url });
  return {
    id: 'service',
    admin,
    gate,
    kind: null,
    ...ourKeys(async () => service),
    async close() {
      await service.close();
      await gate.close();
      await running.close();
    },
  };
}

/** Once more where a kept connection was closed meanwhile: a busy machine is late to notice. */
const again = <Result>(work: () => Promise<Result>): Promise<Result> => work().catch(work);

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What is seen of an account of our own service, and what is done in it beside the program. */
function ourKeys(open: () => Promise<KeyService>): Omit<Account, 'id' | 'admin' | 'gate' | 'kind' | 'close'> {
  const repeat = () => ({
    idempotencyKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  });
  const strangers: string[] = [];
  const time = (text: string | null | undefined) => (text ? Date.parse(text) : null);
  return {
    async keys() {
      const seen: SeenKey[] = [];
      for (const key of await again(async () => await collected(allKeys(await open(), {})))) {
        if (key.name.startsWith('management key')) continue;
        seen.push({
          id: key.id,
          name: key.name,
          live: key.status === 'active' || key.status === 'retiring' || key.status === 'paused',
          paused: key.status === 'paused',
          revoked: key.status === 'revoked',
          madeAt: time(key.created_at) ?? 0,
          expiresAt: time(key.expires_at),
          scopes: key.scopes ?? null,
        });
      }
      return seen;
    },
    async holder(secret) {
      const verdict = await again(async () => await (await open()).verify({ key: secret }));
      return verdict.valid ? verdict.key.id : null;
    },
    // The service writes down by itself when a key is used; nothing here uses one.
    use: () => undefined,
    async stranger(act, name) {
      const id = strangers.at(-1);
      if (act === 'create') {
        const made = await (await open()).create({ name, scopes: ['read'] }, repeat());
        strangers.push(made.key.id);
        return [made.key.id];
      }
      if (id === undefined) return [];
      if (act === 'revoke') {
        await (await open()).revoke(id);
        strangers.pop();
        return [];
      }
      const made = await (await open()).roll(id, {}, repeat()).catch(() => null);
      if (made === null) return [];
      strangers.push(made.key.id);
      return [made.key.id];
    },
    async revoke(id) {
      await (await open()).revoke(id);
    },
    async handmade(name) {
      const { key, credential } = await (await open()).create({ name, scopes: ['read'] }, repeat());
      return { id: key.id, secret: 'secret' in credential ? credential.secret : credential.secret_key };
    },
  };
}

/** The service inside the program: its keys are read from its database, and no request passes a gate. */
export function embeddedAccount(home: string, now: () => number): Account {
  const folder = join(home, '.local/share/keys');
  let opened: ReturnType<typeof openEmbeddedService> | undefined;
  const open = () => {
    opened ??= openEmbeddedService(folder, { now });
    return opened;
  };
  const given: Gate['given'] = [];
  const seen = ourKeys(async () => (await open()).service);
  return {
    ...seen,
    id: 'embedded',
    admin: 'no credential is needed here',
    kind: null,
    gate: {
      url: '',
      otherUrl: '',
      given,
      rolledBy: new Set(),
      credentials: [],
      count: () => 0,
      respond: () => undefined,
      expect: () => undefined,
      close: async () => undefined,
    },
    // Before its first use there is no database, and the program makes it.
    keys: async () => (hasDatabase(folder) ? await seen.keys() : []),
    holder: async (secret) => (hasDatabase(folder) ? await seen.holder(secret) : null),
    async discover(text, command) {
      for (const [secret] of text.matchAll(/sk_live_[0-9A-Za-z]{39}/g)) {
        if (given.some((one) => one.secret === secret) || !hasDatabase(folder)) continue;
        const id = await seen.holder(secret);
        if (id !== null) given.push({ id, secret, command });
      }
    },
    async replaceData(copy) {
      await (await opened)?.close();
      opened = undefined;
      for (const end of ['', '-wal', '-shm']) {
        rmSync(join(folder, `keys.db${end}`), { force: true });
        const path = join(copy, `keys.db${end}`);
        if (existsSync(path)) renameSync(path, join(folder, `keys.db${end}`));
      }
    },
    close: async () => await (await opened)?.close(),
  };
}
