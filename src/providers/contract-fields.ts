import { isoTime } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import type { Key } from '../domain/key.js';
import type { CreateKey } from '../domain/key-service.js';
import type { ShownField } from '../domain/provider.js';
import type { ProviderDefinition } from './define-provider.js';
import { askedFields } from './sent-fields.js';

interface Asking {
  readonly provider: ProviderDefinition;
  readonly clock: { now(): number };
}

/** Lifetime of the keys of a test, where the vendor has no shorter limit. */
const LIFETIME_MS = 2 * 24 * 3_600_000;
/** How far from what was asked an end may be: requests take time, and some vendors round to the day. */
const TOLERANCE_MS = 24 * 3_600_000;

/**
 * The request with an end, where keys can have one: a test's key ends by itself, and the end is tried as
 * well.
 */
export function withExpiry(request: CreateKey, { provider, clock }: Asking): CreateKey {
  const { expires_at: option } = provider.accepts;
  if (option === undefined || request.expires_at !== undefined) return request;
  const most = typeof option === 'object' ? option.atMostSeconds : undefined;
  const lifetime = most === undefined ? LIFETIME_MS : Math.min(LIFETIME_MS, (most * 1000) / 2);
  return { ...request, expires_at: isoTime(clock.now() + lifetime) };
}

/**
 * The request with one of the vendor's own settings, of those that a record shows and whose values are known:
 * so it is seen whether the setting is sent to where the vendor reads it.
 */
export function withSetting(request: CreateKey, { options }: ProviderDefinition): CreateKey {
  const option = options.find(
    ({ name, kind, values, shownBy, required }) =>
      shownBy !== null &&
      !required &&
      request.options?.[name] === undefined &&
      (kind === 'flag' || (kind === 'text' && values !== undefined)),
  );
  if (option === undefined) return request;
  const { name, kind, values = [], default: usual } = option;
  const value = kind === 'flag' ? usual !== true : values.find((each) => each !== usual);
  return value === undefined ? request : { ...request, options: { ...request.options, [name]: value } };
}

/** The fields that the definition reads and that a record does not have. */
export function unseen(found: Key, { shows, endpoints }: ProviderDefinition): string[] {
  const read = endpoints?.get === undefined ? shows.list : shows.get;
  return read.filter((field) => {
    const [name = '', option] = field.split('.');
    const value = found[name as keyof Key];
    return option === undefined ? value === undefined : found.options?.[option] === undefined;
  });
}

const MEMBERS = ['type', 'environment', 'service', 'scopes', 'limits', 'owner', 'metadata'] as const;
const RESTRICTIONS = ['ips', 'referrers', 'endpoints'] as const;

/** The names of what a request asks for, as `differences` has them. */
export function fieldsOf(request: CreateKey): readonly string[] {
  return askedFields(request);
}

/** What was asked for, is shown by this provider, and is in no such record: nothing can be said of it. */
export function untold(asked: CreateKey, found: Key, provider: ProviderDefinition): string[] {
  const shown: readonly string[] = [...provider.shows.list, ...provider.shows.get];
  const members = new Map<string, unknown>([
    ...Object.entries(found),
    ...Object.entries(found.restrictions ?? {}),
    ...Object.entries(found.options ?? {}).map(([name, value]) => [`options.${name}`, value] as const),
  ]);
  return fieldsOf(asked).filter((field) => {
    const member = RESTRICTIONS.some((name) => name === field) ? 'restrictions' : field;
    return members.get(field) === undefined && shown.includes(member);
  });
}

/**
 * The fields in which a record is not what was asked for, or not like its predecessor's. Only what the
 * definition says that the record tells is compared; absent, null and empty are alike.
 */
export function differences(
  wanted: Partial<Key> | CreateKey,
  found: Key,
  { shows, endpoints }: ProviderDefinition,
): string[] {
  const shown = new Set<ShownField>(endpoints?.get === undefined ? shows.list : shows.get);
  const lacks = (value: unknown, has: unknown) => value !== undefined && !covers(has, value);
  const members = MEMBERS.filter((name) => shown.has(name) && lacks(wanted[name], found[name]));
  const restrictions = RESTRICTIONS.filter(
    (name) => shown.has('restrictions') && lacks(wanted.restrictions?.[name], found.restrictions?.[name]),
  );
  const options = Object.entries(wanted.options ?? {})
    .filter(([name, value]) => lacks(value, found.options?.[name]))
    .map(([name]) => `options.${name}`);
  const ends = wanted.expires_at && shown.has('expires_at') && !isNear(wanted.expires_at, found.expires_at);
  return [...members, ...restrictions, ...options, ...(ends ? ['expires_at'] : [])];
}

function isNear(wanted: string, found: string | null | undefined): boolean {
  return Boolean(found) && Math.abs(Date.parse(wanted) - Date.parse(found ?? '')) <= TOLERANCE_MS;
}

/** Whether a found value has everything of the wanted one: a vendor may add members of its own. */
function covers(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      wanted.length === 0 ||
      (Array.isArray(found) && wanted.every((item) => found.some((it) => covers(it, item))))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return wanted === found || wanted === null;
  const has = typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
  return Object.entries(wanted).every(([name, value]) => value === undefined || covers(has[name], value));
}

/**
 * What a composed roll asks for: what the record tells and the vendor accepts, and for the rest what the
 * test's keys have.
 */
export function successorRequest(old: Key, request: CreateKey, { provider }: Asking): CreateKey {
  const { accepts, names, options, keepsMetadata } = provider;
  const { scopes, restrictions = {}, metadata, type } = old;
  const allowed = Object.entries(restrictions).filter(([name]) => name in accepts);
  const successor = names.successor ?? ((name: string, turn: number) => `${name}-${turn + 1}`);
  const settings = Object.entries(old.options ?? {}).filter(([name]) =>
    options.some((option) => option.name === name),
  );
  return {
    ...request,
    name: names.rule === 'unique' ? successor(request.name, 1) : request.name,
    ...compact({ type }),
    ...(scopes?.length && accepts.scopes !== undefined ? { scopes } : {}),
    ...(allowed.length > 0 ? { restrictions: Object.fromEntries(allowed) } : {}),
    ...(keepsMetadata && metadata !== undefined ? { metadata } : {}),
    ...(settings.length > 0 ? { options: Object.fromEntries(settings) } : {}),
  };
}
