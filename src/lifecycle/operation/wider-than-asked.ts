import { DAY_MS } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { CreateKey, KeyService, UpdateKey } from '../../domain/key-service.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { relativeTime } from '../../terminal/relative-time.js';
import { serviceTime } from '../service-time.js';
import { notAsAsked, ROUNDED_MS } from './as-asked.js';
import type { Means } from './means.js';

/**
 * Warns if the record of a new key says that it may do more than was asked for: the old key still works then.
 * A vendor may write a right otherwise than it was asked, so only what has everything that was asked, and
 * more, counts.
 */
export function warnOfWider({ request }: Pick<Operation, 'request'>, key: Key, { warn }: Means): void {
  if (!('create' in request)) return;
  const { expires_at } = request.create;
  for (const [what, asked, has] of listsOf(request.create, key)) {
    if (asked.length === 0 || has === undefined) continue;
    const isEvery = has.includes('*') && !asked.includes('*');
    if (!isEvery && (has.length <= asked.length || !asked.every((one) => has.includes(one)))) continue;
    warn(
      `${key.id} may do more than was asked: the ${what} ${has.join(', ')}, where ${asked.join(', ')} was asked`,
    );
  }
  if (!expires_at || !key.expires_at) return;
  if (Date.parse(key.expires_at) - Date.parse(expires_at) > ROUNDED_MS)
    warn(`${key.id} works longer than was asked: until ${key.expires_at}, where ${expires_at} was asked`);
}

/**
 * Warns if a roll of the service has made a successor that ends earlier than the old key would, had it been
 * made now: a vendor may give it the old key's own end, or even that of its grace.
 */
export function warnOfShorter(
  { request }: Pick<Operation, 'request'>,
  { rights }: Pick<ManagedKey, 'rights'>,
  { id, expires_at }: Key,
  { clock, minutesAhead, warn }: Pick<Means, 'clock' | 'minutesAhead' | 'warn'>,
): void {
  const lifetime = rights?.lifetime_ms;
  if (!('roll' in request) || request.expires_at !== undefined || !expires_at || lifetime === undefined)
    return;
  const end = Date.parse(expires_at);
  if (lifetime !== null && serviceTime({ clock, minutesAhead }) + lifetime - end <= ROUNDED_MS) return;
  const made = lifetime === null ? 'without an end' : `for ${Math.round(lifetime / DAY_MS)} days`;
  warn(`the new key ${id} works until ${expires_at} only, and the old key was made ${made}`);
}

/**
 * Says when a new key expires whose lifetime was counted by a clock that is wrong: only the response to the
 * create has told how far.
 */
export function warnOfClock(
  { request, counted_from }: Pick<Operation, 'request' | 'counted_from'>,
  { id, expires_at }: Key,
  { clock, minutesAhead, warn }: Pick<Means, 'clock' | 'minutesAhead' | 'warn'>,
): void {
  if (!('create' in request) || !request.create.expires_at || !expires_at) return;
  if (counted_from !== undefined || minutesAhead() === null) return;
  const lifetime = relativeTime(expires_at, serviceTime({ clock, minutesAhead }));
  warn(`${id} expires at ${expires_at}: ${lifetime} by the service's clock`);
}

/** What compares a record with what was asked. */
type Comparing = Pick<Means, 'provider' | 'warn'> & { readonly service: Pick<KeyService, 'get'> };

/**
 * Warns if the record of a new key is not what was asked for, although the definition reads it there. In a
 * file of the user's own it may be sent where the vendor does not read it: the key could do more than was
 * asked, or work for longer. Sends a request only where the response to the create is not so, too.
 */
export async function warnOfMissing(
  { request }: Pick<Operation, 'request'>,
  { key }: { readonly key: Key },
  means: Comparing,
): Promise<void> {
  if ('create' in request) await recordAsAsked(key, request.create, means, false);
}

/**
 * Warns if the record of a key that was updated is not what was asked for. Returns the record, as it was read
 * again where the response to the update did not show the change.
 */
export async function warnOfUnchanged(key: Key, changes: UpdateKey, means: Comparing): Promise<Key> {
  return await recordAsAsked(key, changes, means, true);
}

async function recordAsAsked(
  key: Key,
  asked: CreateKey | UpdateKey,
  { provider, service, warn }: Comparing,
  exact: boolean,
): Promise<Key> {
  if (provider.source === null || notAsAsked({ asked, key, provider, exact }).length === 0) return key;
  try {
    const found = await service.get(key.id);
    const other = notAsAsked({ asked, key: found, provider, exact });
    const said = other.map((each) => each.said).join('; ');
    const members = other.map(({ member }) => member).join(', ');
    if (other.length > 0)
      warn(
        `the record of ${key.id} does not have what was asked: ${said}; does the vendor read it where ${provider.source} sends it (${members})? writeOnly says that no record shows it`,
      );
    return found;
  } catch (error) {
    // A vendor may need a while to show a new key.
    if (!(error instanceof KeysError)) throw error;
    return key;
  }
}

type List = readonly [name: string, asked: readonly string[], has: readonly string[] | undefined];

/** What narrows a key: as it was asked, and as a record has it. */
function listsOf({ scopes = [], restrictions = {} }: CreateKey, key: Key): readonly List[] {
  return [
    ['scopes', scopes, key.scopes],
    ...(['ips', 'referrers', 'endpoints'] as const).map(
      (name): List => [name, restrictions[name] ?? [], key.restrictions?.[name]],
    ),
  ];
}
