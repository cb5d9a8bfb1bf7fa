import type { Key } from '../../domain/key.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { Means } from './means.js';

/** How much later than asked a key may end, in milliseconds: vendors round to whole days. */
const ROUNDED_MS = 24 * 3_600_000;

/**
 * Warns if the record of a new key says that it may do more than was asked for: the old key still works then.
 * A vendor may write a right otherwise than it was asked, so only what has everything that was asked, and
 * more, counts.
 */
export function warnOfWider({ request }: Pick<Operation, 'request'>, key: Key, { warn }: Means): void {
  if (!('create' in request)) return;
  const { scopes, restrictions = {}, expires_at } = request.create;
  const lists: ReadonlyArray<
    readonly [string, readonly string[] | undefined, readonly string[] | undefined]
  > = [
    ['the scopes', scopes, key.scopes],
    ...(['ips', 'referrers', 'endpoints'] as const).map(
      (name) => [`the ${name}`, restrictions[name], key.restrictions?.[name]] as const,
    ),
  ];
  for (const [what, asked, has] of lists) {
    if (asked === undefined || asked.length === 0 || has === undefined) continue;
    const isEvery = has.includes('*') && !asked.includes('*');
    if (!isEvery && (has.length <= asked.length || !asked.every((one) => has.includes(one)))) continue;
    warn(
      `${key.id} may do more than was asked: ${what} ${has.join(', ')}, where ${asked.join(', ')} was asked`,
    );
  }
  if (!expires_at || !key.expires_at) return;
  if (Date.parse(key.expires_at) - Date.parse(expires_at) > ROUNDED_MS)
    warn(`${key.id} works longer than was asked: until ${key.expires_at}, where ${expires_at} was asked`);
}
