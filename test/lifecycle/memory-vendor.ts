import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Connection } from '../../src/connect/connection.js';
import { KeysError } from '../../src/domain/errors.js';
import type { CreatedKey, Credential, Key } from '../../src/domain/key.js';
import type { CreateKey, KeyService } from '../../src/domain/key-service.js';
import type { LiveCheckResult } from '../../src/domain/live-check-result.js';
import type { ManagedKey } from '../../src/domain/managed-key.js';
import { createCensus } from '../../src/lifecycle/operation/census.js';
import type { Means } from '../../src/lifecycle/operation/means.js';
import type { Order } from '../../src/lifecycle/operation/start-operation.js';
import { loadProvider } from '../../src/providers/registry.js';
import { openLedger } from '../../src/storage/ledger/ledger.js';
import { NO_SCHEDULE, newManagedId } from '../../src/storage/ledger/managed-keys.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/**
 * What a create does instead of what it should. `listed late`: its response is lost, and the next list lacks
 * the key. `429 lost`: a 429 although the key was created.
 */
type Fault = 'lost' | 'listed late' | 'never arrives' | 409 | 422 | 429 | '429 lost';

/** A vendor without idempotency: its keys, and the fault of its next create. */
function memoryVendor(now: () => number) {
  const keys: Key[] = [];
  const secrets = new Map<string, string>();
  const late = new Set<string>();
  let fault: Fault | null = null;
  let count = 0;
  const add = (request: CreateKey): CreatedKey => {
    const key: Key = {
      ...{ id: `id-${++count}`, name: request.name, status: 'active', last_used: null, expires_at: null },
      created_at: new Date(now()).toISOString(),
      ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
    };
    keys.unshift(key);
    const secret = `not_a_real_secret_${randomBytes(6).toString('hex')}`;
    secrets.set(key.id, secret);
    return { key, credential: { secret } };
  };
  const find = (id: string) => {
    const key = keys.find((one) => one.id === id);
    if (key === undefined) throw new KeysError('not_found', `no such key: ${id}`);
    return key;
  };
  const unsupported = async (): Promise<never> => {
    throw new KeysError('unsupported', 'this vendor cannot');
  };
  const service: KeyService = {
    async create(request: CreateKey) {
      const now = fault;
      fault = null;
      if (now === 'never arrives') throw new KeysError('timeout', 'no response');
      if (now === 409) throw new KeysError('conflict', 'busy', { outcome: 'unknown' });
      if (now === 422) throw new KeysError('invalid_request', 'no', { outcome: 'not_done' });
      const limit = { outcome: 'unknown', retryAfterSeconds: 7 } as const;
      if (now === 429) throw new KeysError('rate_limited', 'slow down', limit);
      const created = add(request);
      if (now === '429 lost') throw new KeysError('rate_limited', 'slow down', limit);
      if (now === 'listed late') late.add(created.key.id);
      if (now === 'lost' || now === 'listed late') throw new KeysError('unreachable', 'cut');
      return created;
    },
    list: async () => ({ keys: keys.filter(({ id }) => !late.has(id)), next_cursor: null }),
    get: async (id: string) => find(id),
    async revoke(id: string) {
      keys.splice(keys.indexOf(find(id)), 1);
    },
    whoami: async () => null,
    acknowledge: async () => undefined,
    update: unsupported,
    roll: unsupported,
    verify: unsupported,
    events: unsupported,
  };
  return {
    service,
    keys,
    add,
    fail: (next: Fault) => {
      fault = next;
    },
    /** Changes what the vendor tells of a key. */
    change: (id: string, changes: Partial<Key>) => {
      keys[keys.indexOf(find(id))] = { ...find(id), ...changes };
    },
    /** From now on the list shows every key. */
    settle: () => late.clear(),
    secretOf: (id: string) => secrets.get(id),
  };
}

/** A managed key at a memory vendor, with one place that may refuse, over a real ledger. */
export async function managedAtVendor(rules: { readonly marks?: boolean } = {}) {
  const clock = settableClock();
  const vendor = memoryVendor(() => clock.now());
  const ledger = await openLedger(temporaryFolder());
  onTestFinished(() => ledger.close());
  /** `refuses`: a delivery fails; `full`: so does the trial before it. */
  const place = { held: null as Credential | null, refuses: false, full: false };
  const kept = new Map<string, Credential>();
  const state = {
    verdict: { outcome: 'accepted' } as LiveCheckResult,
    fingerprint: 'a',
    minutesAhead: null as number | null,
    /** Whether the escrow can be neither reserved nor written to. */
    keychainFull: false,
    /** Whether a call reaches the place. */
    reached: true,
    /** What the holder of a lease does every minute. */
    renew: async (): Promise<unknown> => undefined,
  };
  const provider = await loadProvider('resend');
  const means: Means = {
    ledger,
    leases: ledger.leases(clock),
    holder: { machine: 'here', pid: 1 },
    isGone: () => false,
    service: vendor.service,
    provider: { ...provider, keepsMetadata: true, ...rules },
    successorRules: provider,
    embedded: false,
    get fingerprint() {
      return state.fingerprint;
    },
    escrow: {
      async reserve(id) {
        if (state.keychainFull) throw new KeysError('keychain_unavailable', 'the keychain is full');
        return `escrow:${id}`;
      },
      hold: (id, credential) => void kept.set(id, credential),
      async save({ escrow }, credential) {
        if (state.keychainFull) throw new KeysError('keychain_unavailable', 'the keychain is full');
        if (escrow !== null) kept.set(escrow, credential);
      },
      read: async ({ id, escrow }) => kept.get(escrow ?? id) ?? null,
      remove: async ({ escrow }) => void kept.delete(escrow ?? ''),
    },
    clock,
    async sleep(ms) {
      clock.advance(ms);
      vendor.settle();
    },
    every: (_, work) => {
      state.renew = work;
      return () => undefined;
    },
    // One scene is many runs, and each has a census of its own.
    census: { ids: () => createCensus({ service: vendor.service, clock }).ids(), add: () => undefined },
    minutesAhead: () => state.minutesAhead,
    newIdempotencyKey: () => randomBytes(32).toString('base64url'),
    open: async () => ({
      label: 'the place',
      async deliver(credential) {
        if (place.refuses || place.full) throw new KeysError('delivery_failed', 'it is full');
        place.held = credential;
      },
      holds: async () => place.held,
    }),
    async probe() {
      if (place.full) throw new KeysError('refused', 'the place is full');
      return state.reached;
    },
    check: async () => state.verdict,
    warn: () => undefined,
  };
  const account = { provider: 'resend', address: 'https://vendor.example', context: {} };
  const target = {
    provider: 'resend',
    profile: null,
    baseUrl: account.address,
    set: {},
    useEnvironmentKey: false,
  };
  const connection: Connection = {
    kind: 'remote',
    address: account.address,
    provider: means.provider,
    providerNamed: true,
    isKeyService: false,
    target,
    roll: { by: 'composed' },
    service: vendor.service,
    refuseInexpressible: () => undefined,
    refuseUnchangeable: () => undefined,
    tryOut: async () => state.verdict,
    ...{ profile: null, baseUrl: account.address, credentialSource: null, credentialStoredAt: null },
    credentialHasOurFormat: async () => false,
    fingerprint: async () => state.fingerprint,
    policy: async () => null,
    ownKeyId: null,
    ownKeyIds: async () => [],
    isOwnCredential: async () => false,
    keyOfSecret: async () => null,
    idsInSecret: async () => [],
  };
  const draft: ManagedKey = {
    ...{ id: newManagedId(), account, name: 'web', rights: null, schedule: NO_SCHEDULE, places: [] },
    ...{ variable: null, versions: [], created_at: clock.now() },
  };
  const spec = { kind: 'memory', target: {}, names: ['WEB'], address: 'file:/x#WEB' };
  const places = [{ place: { id: 'file:/x#WEB', label: 'the place', spec }, remembered: true }];
  const order = (changes: Partial<Order> = {}): Order => ({
    ...{ managed: draft, known: false, request: { create: { name: 'web' } }, name: 'web', previous: null },
    ...{ retire: null, inPlace: false, revokeFirst: false, places, escrow: true },
    ...changes,
  });
  return { clock, vendor, ledger, means, connection, order, place, kept, state, draft };
}
