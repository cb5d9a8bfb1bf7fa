import { credentialDigests } from '../../domain/credential-digests.js';
import { DEFAULT_GRACE_MS } from '../../domain/grace.js';
import type { CreatedKey, Key } from '../../domain/key.js';
import {
  inState,
  type KeptPlace,
  type KeyVersion,
  type ManagedKey,
  ROLL_AFTER_MS,
} from '../../domain/managed-key.js';
import { withRecord } from '../../domain/succeeded.js';
import type { Whose } from '../../places/place.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';
import type { HeldLease } from '../../storage/ledger/managed-keys.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { placeAt } from '../places/key-places.js';
import { rightsOf } from '../roll/rights.js';
import type { Means } from './means.js';
import { OPERATION_MARK } from './same-rights.js';

/**
 * A lease holds ten times as long (see `createLeases`), so steps that follow each other at once share one
 * renewal.
 */
const RENEW_AFTER_MS = 30_000;

/**
 * One operation and its managed key, under the key's lease. Every change is on the disk when its method
 * resolves. Methods throw `conflict` if another program has taken the key over.
 */
export class Step {
  #operation: Operation;
  #managed: ManagedKey;
  readonly #lease: HeldLease;
  readonly #means: Means;
  /** Epoch milliseconds. The lease has just been taken. */
  #renewedAt: number;

  constructor(operation: Operation, managed: ManagedKey, lease: HeldLease, means: Means) {
    this.#operation = operation;
    this.#managed = managed;
    this.#lease = lease;
    this.#means = means;
    this.#renewedAt = means.clock.now();
  }

  get operation(): Operation {
    return this.#operation;
  }

  get managed(): ManagedKey {
    return this.#managed;
  }

  async save(changes: Partial<Operation>): Promise<void> {
    const before = this.#operation;
    this.#operation = { ...before, ...changes };
    try {
      await this.#renew();
      await this.#means.ledger.saveOperation(this.#operation, this.#lease);
    } catch (error) {
      // Nothing is sent that could not be written down first.
      if (before.step === 'intended') this.#operation = before;
      throw error;
    }
  }

  /** Also renews where the clock was set back: the end of the lease is a time of that clock. */
  async #renew(): Promise<void> {
    const now = this.#means.clock.now();
    if (Math.abs(now - this.#renewedAt) < RENEW_AFTER_MS) return;
    await this.#means.leases.renew(this.#lease);
    this.#renewedAt = now;
  }

  async end(): Promise<void> {
    await this.#means.ledger.endOperation(this.#operation.id);
  }

  async #keep(changes: Partial<ManagedKey>): Promise<void> {
    this.#managed = { ...this.#managed, ...changes };
    await this.#renew();
    await this.#means.ledger.managed.save(this.#managed, this.#lease);
  }

  async #setState(id: string, state: KeyVersion['state'], ends_at: number | null = null): Promise<void> {
    const versions = this.#managed.versions.map((version) =>
      version.id === id ? inState(version, state, ends_at) : version,
    );
    await this.#keep({ versions });
  }

  /** A new version: known by its digests before its secret is anywhere. */
  async created({ key, credential }: CreatedKey): Promise<void> {
    const { account, versions, schedule } = this.#managed;
    const { rotate_ms } = schedule;
    const before = versions.find(({ id }) => id === key.id);
    const inPlace = this.#operation.previous?.id === key.id;
    const known = await this.#means.ledger.find(
      { provider: account.provider, address: account.address },
      key.id,
    );
    const now = this.#means.clock.now();
    const createdAt = key.created_at ? Date.parse(key.created_at) : now;
    const entry: LedgerKey = {
      provider: account.provider,
      address: account.address,
      key,
      digests: credentialDigests(credential),
      secret_item: known?.secret_item ?? null,
      base_url: this.#operation.target.baseUrl,
      roll_by: rotate_ms === null ? (known?.roll_by ?? now + ROLL_AFTER_MS) : createdAt + rotate_ms,
    };
    if (before !== undefined && before.state !== 'active' && !inPlace)
      return await this.#means.ledger.put(entry, now);
    const generation = inPlace ? this.#generationOf(before, credential, known?.digests ?? []) : 1;
    const { previous } = this.#operation;
    const version: KeyVersion = { id: key.id, generation, record: key, state: 'pending', ends_at: null };
    // The record of the old key has its successor and its end, as the response to the roll had them.
    const linked = previous === null ? versions : withRecord(versions, previous);
    const others = linked.filter(({ id }) => id !== key.id);
    this.#managed = { ...this.#managed, versions: [version, ...others], rights: this.#rightsOfNew() };
    await this.#renew();
    await this.#means.ledger.together(async (ledger) => {
      await ledger.put(entry, now);
      await ledger.managed.save(this.#managed, this.#lease);
    });
  }

  /**
   * The number of a secret that keeps the id of its key. `before`: what the ledger has of the key; `digests`:
   * of the secret that it knew last. A run that continues this operation has the same secret again.
   */
  #generationOf(
    before: KeyVersion | undefined,
    credential: CreatedKey['credential'],
    digests: readonly string[],
  ): number {
    const generation = before?.generation ?? 1;
    const same = credentialDigests(credential).every((digest) => digests.includes(digest));
    return before?.state === 'pending' && same ? generation : generation + 1;
  }

  /** What the new version was created with, such as another lifetime: its successor gets the same. */
  #rightsOfNew(): ManagedKey['rights'] {
    const { request, created_at, counted_from = created_at } = this.#operation;
    if (!('create' in request)) {
      const { rights } = this.#managed;
      if (rights === null || request.expires_at === undefined) return rights;
      const { expires_at } = request;
      return { ...rights, lifetime_ms: expires_at === null ? null : Date.parse(expires_at) - counted_from };
    }
    const { metadata: marked = {}, ...rights } = rightsOf(request.create, counted_from);
    const { [OPERATION_MARK]: _, ...metadata } = marked;
    return { ...rights, ...(Object.keys(metadata).length > 0 ? { metadata } : {}) };
  }

  /** The place has the secret of the new version. `whose`: where it is. */
  async delivered(index: number, id: string, whose?: Whose): Promise<void> {
    const { deliveries } = this.#operation;
    const delivery = deliveries[index];
    if (delivery === undefined) return;
    this.#operation = {
      ...this.#operation,
      deliveries: deliveries.with(index, { ...delivery, delivered: true }),
    };
    if (delivery.remembered) this.#remember(placeAt(delivery.place, whose), id);
    await this.#renew();
    await this.#means.ledger.together(async (ledger) => {
      if (delivery.remembered) await ledger.managed.save(this.#managed, this.#lease);
      await ledger.saveOperation(this.#operation, this.#lease);
    });
  }

  #remember(kept: Omit<KeptPlace, 'delivered'>, id: string): void {
    const generation = this.#managed.versions.find((version) => version.id === id)?.generation ?? 1;
    const place: KeptPlace = {
      ...kept,
      delivered: { id, generation, at: this.#means.clock.now() },
    };
    const { places } = this.#managed;
    const known = places.some((one) => one.id === place.id);
    this.#managed = {
      ...this.#managed,
      places: known ? places.map((one) => (one.id === place.id ? place : one)) : [...places, place],
    };
  }

  /** The new version is in use from here on; the previous one works until it is revoked. */
  async activated(id: string): Promise<void> {
    await this.#keep({ versions: this.#withActive(id) });
  }

  /** The new version is in use from here on, and the operation is over. */
  async finished(id: string): Promise<void> {
    this.#managed = { ...this.#managed, versions: this.#withActive(id) };
    await this.#renew();
    await this.#means.ledger.together(async (ledger) => {
      await ledger.managed.save(this.#managed, this.#lease);
      await ledger.endOperation(this.#operation.id);
    });
  }

  #withActive(id: string): KeyVersion[] {
    return this.#managed.versions.map((version): KeyVersion => {
      if (version.id === id) return { ...version, state: 'active' };
      return version.state === 'active' ? { ...version, state: 'retiring' } : version;
    });
  }

  /** The old version ends then; null: not known. */
  async retiring(id: string, endsAt: number | null): Promise<void> {
    await this.#setState(id, 'retiring', endsAt);
  }

  /** The provider ends the old version, as its record says. */
  async endsAtProvider(record: Key): Promise<void> {
    await this.#keep({ versions: withRecord(this.#managed.versions, record) });
  }

  /** The old version is in use again, as its record says: the roll was undone. */
  async restored(record: Key): Promise<void> {
    const versions = this.#managed.versions.map((version) =>
      version.id === record.id ? { ...inState(version, 'active', null), record } : version,
    );
    await this.#keep({ versions });
  }

  async revoked(id: string): Promise<void> {
    await this.#setState(id, 'revoked', this.#means.clock.now());
  }

  /** The provider's own end of the old key may not have been set: this ledger ends it. */
  async endOldKeyOurselves(): Promise<void> {
    const { previous, retire, request, inPlace } = this.#operation;
    if (retire !== null || previous === null || inPlace) return;
    const asked = 'roll' in request ? request.grace_seconds : undefined;
    const grace_ms = asked === undefined ? DEFAULT_GRACE_MS : asked * 1000;
    const { id, name } = previous;
    await this.save({ retire: { id, name, grace_ms, at: null, since: null, settable: false } });
  }
}
