import { isoTime } from '../../domain/clock.js';
import type { Key } from '../../domain/key.js';
import type { UpdateKey } from '../../domain/key-service.js';
import type { Rights } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { isSameRight } from '../operation/same-rights.js';
import type { FileRights } from './keys-file.js';

/** A right that the file names, as the file, the vendor and the ledger have it. Undefined: not known. */
interface Compared {
  /** Such as `scopes` or `options.indexes`. */
  readonly field: string;
  readonly wanted: unknown;
  readonly told: unknown;
  /** As the vendor returned it when the version was created or last changed. */
  readonly before: unknown;
  readonly remembered: unknown;
}

export interface RightsDifference {
  /** Fields that differ from what was asked for: the file was edited. */
  readonly edited: readonly string[];
  /** Fields that somebody else changed at the vendor. */
  readonly drifted: readonly string[];
  /** Fields that neither the vendor nor the ledger knows. */
  readonly unknown: readonly string[];
}

/**
 * Compares what the file names with the vendor's record and with what was asked for. A field is as the file
 * says if one of them is: vendors write values in their own way, and a key must not be rolled for that.
 */
export function compareRights(
  wanted: FileRights,
  record: Key,
  stored: Key,
  remembered: Rights | null,
): RightsDifference {
  const all = comparedFields(wanted, record, stored, remembered);
  const known = all.filter(({ told, remembered: asked }) => told !== undefined || asked !== undefined);
  const same = (one: Compared) => one.told !== undefined && isSame(one, one.told, one.wanted);
  const asked = (one: Compared) => one.remembered !== undefined && isSame(one, one.remembered, one.wanted);
  const others = known.filter((one) => !same(one));
  return {
    edited: others.filter((one) => !asked(one)).map(({ field }) => field),
    drifted: others
      .filter(
        (one) =>
          asked(one) &&
          one.told !== undefined &&
          one.before !== undefined &&
          !isSame(one, one.told, one.before),
      )
      .map(({ field }) => field),
    unknown: all.filter((one) => !known.includes(one)).map(({ field }) => field),
  };
}

function comparedFields(wanted: FileRights, record: Key, stored: Key, remembered: Rights | null): Compared[] {
  const { lifetime_ms, options = {}, ...plain } = wanted;
  const fields = (Object.keys(plain) as Array<keyof typeof plain>).map((field) => ({
    ...{ field, wanted: plain[field], told: record[field], before: stored[field] },
    remembered: remembered === null ? undefined : (remembered[field] ?? null),
  }));
  const own = Object.entries(options).map(([name, value]) => ({
    ...{
      field: `options.${name}`,
      wanted: value,
      told: record.options?.[name],
      before: stored.options?.[name],
    },
    remembered: remembered === null ? undefined : (remembered.options?.[name] ?? null),
  }));
  if (lifetime_ms === undefined) return [...fields, ...own];
  const expiry = {
    ...{ field: 'expires', wanted: lifetime_ms, told: lifetimeOf(record), before: lifetimeOf(stored) },
    remembered: remembered?.lifetime_ms,
  };
  return [...fields, ...own, expiry];
}

/** Milliseconds; null: it never expires; undefined: not known. */
function lifetimeOf({ created_at, expires_at }: Key): number | null | undefined {
  if (expires_at === undefined || expires_at === null) return expires_at;
  return created_at ? Date.parse(expires_at) - Date.parse(created_at) : undefined;
}

/** Only durations may differ: vendors round times, and no other number. */
function isSame({ field }: Compared, a: unknown, b: unknown): boolean {
  if (field === 'expires' && typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= Math.max(60_000, Math.abs(b) / 100);
  }
  return isSameRight(a, b);
}

/**
 * The change at the vendor that makes these fields as the file says; null if the vendor cannot change one of
 * them. A new lifetime counts from the creation of the key.
 */
export function changesFor(
  fields: readonly string[],
  wanted: FileRights,
  record: Key,
  provider: Pick<Provider, 'updates' | 'options'>,
  earliest: number,
): UpdateKey | null {
  let changes: UpdateKey = {};
  for (const field of fields) {
    const change = changeOf(field, wanted, record, provider, earliest);
    if (change === null) return null;
    changes = { ...changes, ...change, ...mergedOptions(changes, change) };
  }
  return changes;
}

function mergedOptions(a: UpdateKey, b: UpdateKey): UpdateKey {
  return a.options === undefined && b.options === undefined
    ? {}
    : { options: { ...a.options, ...b.options } };
}

function changeOf(
  field: string,
  wanted: FileRights,
  record: Key,
  { updates, options }: Pick<Provider, 'updates' | 'options'>,
  earliest: number,
): UpdateKey | null {
  if (field.startsWith('options.')) {
    const name = field.slice('options.'.length);
    const changeable = options.find((option) => option.name === name)?.changeable === true;
    return changeable ? { options: { [name]: wanted.options?.[name] ?? null } } : null;
  }
  if (field === 'expires') {
    if (!updates.includes('expires_at')) return null;
    const { lifetime_ms } = wanted;
    if (lifetime_ms === null || lifetime_ms === undefined) return { expires_at: null };
    const end = record.created_at ? Date.parse(record.created_at) + lifetime_ms : 0;
    return end > earliest ? { expires_at: isoTime(end) } : null;
  }
  const { service, scopes, restrictions, metadata } = wanted;
  if (field === 'service' && updates.includes('service')) return { service: service ?? null };
  if (field === 'scopes' && updates.includes('scopes')) return { scopes: scopes ?? [] };
  if (field === 'restrictions' && updates.includes('restrictions'))
    return { restrictions: restrictions ?? {} };
  if (field === 'metadata' && updates.includes('metadata')) return { metadata: metadata ?? {} };
  return null;
}
