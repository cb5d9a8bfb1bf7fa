import type { Connection } from '../connect/connection.js';
import type { ForceOptions } from '../domain/key-service.js';
import { requireAccountSeen } from './find/gone-key.js';
import { refuseKeysElsewhere } from './find/one-address.js';
import { refuseNamesake } from './find/refuse-namesake.js';
import type { ResolvedKey } from './find/resolved-key.js';
import { isUnidentified, unidentifiedError } from './find/unidentified.js';
import type { LifecycleContext } from './lifecycle-context.js';
import type { Means } from './operation/means.js';
import { refuseOwn } from './refuse-own.js';
import { idsMeant, revokeKey } from './revoke-key.js';

/** A key of which a command says that it is revoked. */
export interface RevokedKey {
  readonly id: string;
  readonly name: string;
  /** Whether it was revoked before. */
  readonly was_revoked: boolean;
}

/** A key that could not be revoked, and why. */
interface UnrevokedKey {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly error: unknown;
}

type Time = Pick<LifecycleContext, 'clock' | 'minutesAhead'>;

/** Every version that revoking these keys ends. */
export function toRevoke(found: readonly ResolvedKey[], time: Time): Array<{ id: string; name: string }> {
  return found.flatMap((one) => idsMeant(one, time).map((id) => ({ id, name: one.key.name })));
}

/**
 * Throws `refused` if one of the keys authenticates this call or has the name of a managed key, or is gone
 * and nothing shows that the credential is of its account; `conflict` if the ledger has one at another
 * address.
 */
export async function requireRevocable(
  found: readonly ResolvedKey[],
  connection: Connection,
  context: Time & Pick<LifecycleContext, 'ledger'>,
): Promise<void> {
  const ids = toRevoke(found, context).map(({ id }) => id);
  for (const { key, managed } of found) {
    if (managed !== null && isUnidentified(key, managed.account))
      throw unidentifiedError(managed, connection.provider);
  }
  await refuseOwn(ids, connection);
  const ledger = await context.ledger();
  await refuseKeysElsewhere(found, connection, ledger);
  for (const { managed, gone } of found) {
    if (managed !== null && gone) await requireAccountSeen(managed.account, connection.service, ledger);
  }
  for (const one of found) await refuseNamesake(one, connection, { ledger, clock: context.clock });
}

/**
 * Revokes each key with `revokeKey`; one that fails does not stop the others. `onRevoked` gets each at once.
 */
export async function revokeKeys(
  found: readonly ResolvedKey[],
  { onRevoked, ...options }: ForceOptions & { readonly onRevoked: (key: RevokedKey) => void },
  means: Means,
  context: LifecycleContext,
): Promise<{ readonly revoked: readonly RevokedKey[]; readonly failed: readonly UnrevokedKey[] }> {
  const revoked: RevokedKey[] = [];
  const failed: UnrevokedKey[] = [];
  for (const one of found) {
    const { id, name, status } = one.key;
    try {
      for (const ended of await revokeKey(one, options, means, context)) {
        const key = { id: ended, name, was_revoked: status === 'revoked' };
        revoked.push(key);
        onRevoked(key);
      }
    } catch (error) {
      failed.push({ id, name, message: error instanceof Error ? error.message : String(error), error });
    }
  }
  return { revoked, failed };
}
