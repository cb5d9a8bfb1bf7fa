import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../src/connect/open-service.js';
import { allKeys } from '../../src/domain/all-keys.js';
import { serveKeys } from '../../src/service/http/serve-keys.js';
import { fixtureVendor } from './fixture-vendor.js';
import { type Gate, openGate } from './gate.js';
import type { VendorKind } from './vendor-kinds.js';

/** A key as its service holds it, seen from outside the program. Times are epoch milliseconds. */
export interface SeenKey {
  readonly id: string;
  readonly name: string;
  readonly live: boolean;
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
  /** What somebody else does in the same account. Returns the ids of the keys that came of it. */
  stranger(act: 'create' | 'roll' | 'revoke', name: string): Promise<readonly string[]>;
  /** A key that a person makes by hand, to be imported. */
  handmade(name: string): Promise<{ readonly id: string; readonly secret: string }>;
  close(): Promise<void>;
}

export async function vendorAccount(kind: VendorKind, now: () => number): Promise<Account> {
  const admin = `adm_${kind.id}_fake_for_walks_only`;
  const vendor = fixtureVendor(kind, admin, now);
  const gate = await openGate((asked) => vendor.handle(asked), now);
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
      vendor.records.find((record) => record.secrets.at(-1) === secret && vendor.isLive(record))?.id ?? null,
    async stranger(act, name) {
      if (act === 'create') return [vendor.add(name).id];
      const own = vendor.records
        .filter((record) => record.scopes?.[0] === 'read' && vendor.isLive(record))
        .at(-1);
      if (own === undefined) return [];
      if (act === 'roll') return [vendor.roll(own).id];
      own.revokedAt = now();
      return [];
    },
    async handmade(name) {
      const { id, secrets } = vendor.add(name);
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
    const answer = await fetch(`${running.url}${path}${query.size > 0 ? `?${query}` : ''}`, {
      method,
      headers: {
        authorization,
        ...(raw === '' ? {} : { 'content-type': 'application/json' }),
        ...(repeat === undefined ? {} : { 'idempotency-key': String(repeat) }),
      },
      ...(raw === '' ? {} : { body: raw }),
    });
    const said = await answer.text();
    return { status: answer.status, ...(said === '' ? {} : { body: JSON.parse(said) as unknown }) };
  }, now);
  const service = await connect({ provider: 'keys', credential: admin, baseUrl: running.url });
  const repeat = () => ({
    idempotencyKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  });
  const strangers: string[] = [];
  const time = (text: string | null | undefined) => (text ? Date.parse(text) : null);
  return {
    id: 'service',
    admin,
    gate,
    kind: null,
    async keys() {
      const seen: SeenKey[] = [];
      for await (const key of allKeys(service, {})) {
        if (key.name === 'management key') continue;
        seen.push({
          id: key.id,
          name: key.name,
          live: key.status === 'active' || key.status === 'retiring',
          revoked: key.status === 'revoked',
          madeAt: time(key.created_at) ?? 0,
          expiresAt: time(key.expires_at),
          scopes: key.scopes ?? null,
        });
      }
      return seen;
    },
    async holder(secret) {
      const verdict = await service.verify({ key: secret });
      return verdict.valid ? verdict.key.id : null;
    },
    async stranger(act, name) {
      const id = strangers.at(-1);
      if (act === 'create') {
        const made = await service.create({ name, scopes: ['read'] }, repeat());
        strangers.push(made.key.id);
        return [made.key.id];
      }
      if (id === undefined) return [];
      if (act === 'revoke') {
        await service.revoke(id);
        strangers.pop();
        return [];
      }
      const made = await service.roll(id, {}, repeat()).catch(() => null);
      if (made === null) return [];
      strangers.push(made.key.id);
      return [made.key.id];
    },
    async handmade(name) {
      const { key, credential } = await service.create({ name, scopes: ['read'] }, repeat());
      return { id: key.id, secret: 'secret' in credential ? credential.secret : credential.secret_key };
    },
    async close() {
      await service.close();
      await gate.close();
      await running.close();
    },
  };
}
