import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { DEFAULT_GRACE_MS, graceSeconds } from '../../domain/grace.js';
import type { Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { titleInSentence } from '../../domain/systems.js';
import { clauses, option, words } from '../../domain/words.js';
import { endOf, type Operation, type Retirement } from '../../storage/ledger/operation.js';
import type { AccountConnection } from '../account-connection.js';
import { noGraceByHand, noOwnRoll, requireByHand } from '../create/by-hand-choices.js';
import { successorOf } from './rights.js';
import { rightsNow } from './rights-now.js';
import type { SuccessorChoices } from './successor-choices.js';
import { successorRules } from './successor-rules.js';
import { unsaidSetting } from './unknown-rights.js';

/** When the old key shall end, as the caller says it. */
export interface RollChoices extends SuccessorChoices {
  /**
   * Milliseconds for which the old key works on; 0: not at all. Absent: the key's schedule, else the
   * provider's window.
   */
  readonly grace_ms?: number;
  /** Epoch milliseconds to which `grace_ms` was counted, where the caller said a time. */
  readonly until?: number;
  readonly revokeFirst?: boolean;
  /** Roll at the provider even where that stops the old key at once. */
  readonly inPlace?: boolean;
}

/** What a roll of one key will do. */
export interface RollPlan {
  readonly old: Key;
  readonly request: Operation['request'];
  readonly retire: Retirement | null;
  /** Epoch milliseconds from which the successor's lifetime is counted, by the service's clock. */
  readonly counted_from: number;
  readonly inPlace: boolean;
  readonly revokeFirst: boolean;
  /** Epoch milliseconds at which the old key ends if all goes well; null: a person ends it. */
  readonly ends: number | null;
  /** Whether the old key stops before its successor is at every place. */
  readonly stopsAtOnce: boolean;
}

const DAY_MS = 24 * 3_600_000;

/**
 * How much longer than its grace a service is asked to keep the old key, because a delivery may fail and what
 * reads there must not stop meanwhile. After the delivery the end is set anew, where that can be done: there
 * is time for somebody to repair a place.
 */
function spareMs(settable: boolean): number {
  return settable ? 7 * DAY_MS : DAY_MS;
}

/**
 * Decides how a key is rolled. Throws `missing_answer` where neither the vendor nor the ledger knows what the
 * successor must have, and `unsupported` for a grace that this provider cannot keep.
 */
export function planRoll(
  old: Key,
  managed: Pick<ManagedKey, 'rights' | 'schedule' | 'name' | 'versions'> | null,
  choices: RollChoices,
  connection: AccountConnection,
  now: number,
): RollPlan {
  const asked = choices.grace_ms ?? managed?.schedule.grace_ms ?? undefined;
  if (connection.kind === 'guided') requireByHand(choices, connection.provider);
  const rules = successorRules(connection);
  const composed = () => {
    const create = successorOf(old, rightsNow(old, managed), rules, choices, now);
    return {
      create: {
        ...create,
        name: successorName(managed?.name ?? old.name, managed?.versions.length ?? 1, connection.provider),
      },
    };
  };
  const base = { old, counted_from: now, inPlace: false, revokeFirst: false, stopsAtOnce: false };
  if (choices.revokeFirst) {
    return { ...base, request: composed(), retire: null, ends: now, revokeFirst: true, stopsAtOnce: true };
  }
  const { roll: way, kind, provider } = connection;
  if (way.by === 'composed') {
    if (choices.inPlace === true) throw noOwnRoll(provider);
    if (kind === 'guided') return guidedPlan(base, composed(), asked, connection);
    return composedPlan(base, composed(), asked, connection, now);
  }
  // The provider's own roll gives the successor the rights of the old key.
  if (choices.rights !== undefined && kind !== 'guided') {
    return composedPlan(base, composed(), asked, connection, now);
  }
  // The provider's own roll gives the successor its own expiry.
  if (choices.expires_at !== undefined && kind !== 'guided' && way.inPlace !== true) {
    return composedPlan(base, composed(), asked, connection, now);
  }
  if (
    way.grace.kind === 'none' &&
    kind === 'remote' &&
    choices.inPlace !== true &&
    provider.operations.create === 'endpoint'
  ) {
    // Neither the record nor the ledger has this setting: a composed successor could do more than the old
    // key.
    const guessed = managed?.rights == null && unsaidSetting(connection.provider, choices) !== undefined;
    const exact = guessed ? null : tryComposed(composed);
    if (exact !== null) return composedPlan(base, exact, asked, connection, now);
  }
  const expires_at = kind === 'guided' ? choices.expires_at : undefined;
  return providerPlan(base, { asked, expires_at }, connection, now);
}

/** Throws `unsupported` for a grace, in milliseconds, that no roll of this connection can keep. */
export function requireGrace(asked: number, connection: AccountConnection): void {
  const { roll: way, kind, provider } = connection;
  if (way.by === 'composed') {
    if (kind === 'guided' && asked > 0) throw noGraceByHand(provider);
    return;
  }
  const composes = kind === 'remote' && provider.operations.create === 'endpoint';
  if (way.grace.kind === 'fixed') graceSeconds({ title: provider.title, grace: way.grace }, asked / 1000);
  if (way.grace.kind === 'none' && asked > 0 && !composes) throw noGrace(provider);
}

function noGrace({ title }: Provider): KeysError {
  return new KeysError(
    'unsupported',
    `${titleInSentence({ title })} has no grace: a roll stops the old key at once`,
    {
      hint: clauses(
        words`leave out ${option('grace')}`,
        'or create another key, deliver it, and revoke this one',
      ),
    },
  );
}

/**
 * If names must be unique, derives the successor's name from the managed name. The ledger knows which key it
 * is. `turn`: how many versions there are before it.
 */
export function successorName(name: string, turn: number, { names }: Pick<Provider, 'names'>): string {
  if (names.rule !== 'unique') return name;
  return names.successor?.(name, turn) ?? `${name} ${turn + 1}`;
}

function tryComposed(composed: () => Extract<Operation['request'], { create: unknown }>) {
  try {
    return composed();
  } catch (error) {
    if (error instanceof KeysError && error.code === 'missing_answer') return null;
    throw error;
  }
}

type Base = Pick<RollPlan, 'old' | 'counted_from' | 'inPlace' | 'revokeFirst' | 'stopsAtOnce'>;

function guidedPlan(
  base: Base,
  request: Operation['request'],
  asked: number | undefined,
  { provider }: AccountConnection,
): RollPlan {
  if (asked !== undefined && asked > 0) throw noGraceByHand(provider);
  const retire = asked === undefined ? null : retirementOf(base.old, 0, false);
  return { ...base, request, retire, ends: null };
}

function composedPlan(
  base: Base,
  request: Operation['request'],
  asked: number | undefined,
  { provider, kind, isKeyService }: AccountConnection,
  now: number,
): RollPlan {
  const grace = asked ?? DEFAULT_GRACE_MS;
  const retire = retirementOf(base.old, grace, kind === 'embedded' || isKeyService || provider.endsLater);
  return { ...base, request, retire, ends: Math.min(now + grace, endOf(base.old)) };
}

/**
 * The provider's own roll. Where its window can be chosen, it is asked for more and shortened after the
 * delivery.
 */
function providerPlan(
  base: Base,
  {
    asked,
    expires_at,
  }: { readonly asked: number | undefined; readonly expires_at: string | null | undefined },
  { roll: way, provider, kind, isKeyService }: AccountConnection,
  now: number,
): RollPlan {
  if (way.by !== 'provider') throw new TypeError('the provider has no roll');
  const { old } = base;
  const { grace } = way;
  const inPlace = way.inPlace === true;
  const request = { roll: old.id, name: old.name, ...compact({ expires_at }) };
  if (grace.kind === 'none' && asked !== undefined && asked > 0) throw noGrace(provider);
  if (grace.kind === 'any' && !inPlace) {
    const wanted = asked ?? grace.defaultSeconds * 1000;
    const settable = kind === 'embedded' || isKeyService || provider.endsLater;
    return {
      ...base,
      request: { ...request, grace_seconds: Math.ceil((wanted + spareMs(settable)) / 1000) },
      retire: retirementOf(old, wanted, settable),
      ends: Math.min(now + wanted, endOf(old)),
    };
  }
  // A grace that the provider would refuse is refused here, before anything is sent.
  const fixed = { title: provider.title, grace };
  const seconds =
    grace.kind === 'fixed' ? graceSeconds(fixed, asked === undefined ? undefined : asked / 1000) : 0;
  const stops = grace.kind === 'none' || asked === 0;
  return {
    ...base,
    request: asked === undefined ? request : { ...request, grace_seconds: Math.ceil(asked / 1000) },
    retire: null,
    inPlace,
    ends: kind === 'guided' && stops ? null : Math.min(now + seconds * 1000, endOf(old)),
    stopsAtOnce: stops && kind !== 'guided',
  };
}

function retirementOf({ id, name }: Key, grace_ms: number, settable: boolean): Retirement {
  return { id, name, grace_ms, at: null, since: null, settable };
}
