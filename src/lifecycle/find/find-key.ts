import type { Connection } from '../../connect/connection.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { accountOf } from './account-of.js';
import { resolveKey } from './resolve-key.js';
import type { Lookup, ResolvedKey } from './resolved-key.js';

type FindOptions = Pick<Lookup, 'choose' | 'gone' | 'linked' | 'prefixes'>;

/**
 * The key that a reference names at this connection; see `resolveKey`. `prefixes`: whether the beginning of a
 * name or id is enough, as for what changes nothing.
 */
export async function findKey(
  reference: string,
  connection: Connection,
  context: LifecycleContext,
  options: FindOptions,
): Promise<ResolvedKey> {
  const { takeInRolls } = await import('../roll/take-in-rolls.js');
  return await resolveKey(reference, {
    service: connection.service,
    provider: connection.provider,
    account: accountOf(connection),
    ledger: await context.ledger(),
    clock: context.clock,
    takeIn: (managed, chain) => takeInRolls(managed, chain, connection, context),
    ...options,
  });
}

/** The keys that these references name, each once; see `findKey`. */
export async function findKeys(
  references: readonly string[],
  connection: Connection,
  context: LifecycleContext,
  options: FindOptions,
): Promise<ResolvedKey[]> {
  const found: ResolvedKey[] = [];
  for (const reference of references) {
    const one = await findKey(reference, connection, context, options);
    if (!found.some(({ key }) => key.id === one.key.id)) found.push(one);
  }
  return found;
}
