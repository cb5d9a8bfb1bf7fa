import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Provider } from '../../domain/provider.js';
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
 * Warns if the record of a new key lacks what was asked for, although the definition reads it there. In a
 * file of the user's own it may be sent where the vendor does not read it: the key could do more than was
 * asked, or work for longer. Sends a request only where the response to the create lacks it, too.
 */
export async function warnOfMissing(
  { request }: Pick<Operation, 'request'>,
  { key }: { readonly key: Key },
  { provider, service, warn }: Pick<Means, 'provider' | 'service' | 'warn'>,
): Promise<void> {
  if (provider.source === null || !('create' in request)) return;
  if (missingIn(key, request.create, provider).length === 0) return;
  try {
    const missing = missingIn(await service.get(key.id), request.create, provider);
    if (missing.length === 0) return;
    warn(
      `the record of ${key.id} does not have what was asked: ${missing.join('; ')}; does the vendor read it where ${provider.source} sends it? writeOnly says that no record shows it`,
    );
  } catch (error) {
    // A vendor may need a while to show a new key.
    if (!(error instanceof KeysError)) throw error;
  }
}

/** What was asked for, is shown by this provider, and is not in a record. */
function missingIn(key: Key, asked: CreateKey, { shows }: Pick<Provider, 'shows'>): string[] {
  const shown = new Set<string>([...shows.list, ...shows.get]);
  const isShown = (name: string) => shown.has(name === 'scopes' ? name : 'restrictions');
  const options = Object.entries(asked.options ?? {}).filter(
    ([name]) => shown.has(`options.${name}`) && key.options?.[name] === undefined,
  );
  const never = asked.expires_at && shown.has('expires_at') && !key.expires_at;
  return [
    ...listsOf(asked, key).flatMap(([name, wanted, has = []]) =>
      wanted.length > 0 && has.length === 0 && isShown(name) ? [`${name} ${wanted.join(', ')}`] : [],
    ),
    ...(never ? [`the end ${asked.expires_at}`] : []),
    ...options.map(([name, value]) => `${name} ${JSON.stringify(value)}`),
  ];
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
