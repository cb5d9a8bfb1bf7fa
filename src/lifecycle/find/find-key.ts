import type { Connection } from '../../connect/connection.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { noteGone, noteStatus } from '../note-status.js';
import { accountOf } from './account-of.js';
import { resolveKey } from './resolve-key.js';
import type { Lookup, ResolvedKey } from './resolved-key.js';
import { isUnidentified } from './unidentified.js';

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
  const ledger = await context.ledger();
  const found = await resolveKey(reference, {
    service: connection.service,
    provider: connection.provider,
    account: accountOf(connection),
    ledger,
    clock: context.clock,
    takeIn: (managed, chain) => takeInRolls(managed, chain, connection, context),
    onGone: async ({ key, managed }) => {
      if (managed !== null && !isUnidentified(key, managed.account))
        await noteGone(key.id, managed, connection.service, ledger);
    },
    ...options,
  });
  if (!found.gone) await noteStatus(found.key, found.managed, ledger);
  return found;
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
