import { compact } from '../../domain/compact.js';
import { changed, KeysError } from '../../domain/errors.js';
import type { RolledKey } from '../../domain/key.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { secretItem } from '../../storage/ledger/saved-secrets.js';
import type { AccountConnection } from '../account-connection.js';
import { isRevokedFirst, unfinished } from '../operation/begin.js';
import type { Means } from '../operation/means.js';
import { readPlan } from '../places/read-plan.js';

interface Saving {
  /** Whether the secret is saved before it is delivered. */
  readonly escrow: boolean;
}

/**
 * Returns the operation after a person has created the key in the dashboard and pasted it. Throws `pending`
 * if the old key was revoked first and nothing was pasted: `keys resume` asks for it again.
 */
export async function createByHand(
  operation: Operation,
  saving: Saving,
  connection: AccountConnection,
  means: Means,
): Promise<Operation> {
  try {
    return await guidedOrImport(operation, saving, connection, means);
  } catch (error) {
    throw isRevokedFirst(operation) ? unfinished(error, operation) : error;
  }
}

/**
 * Does what `createdByHand` does. If a paste is refused, the error also says how an import finishes the
 * operation.
 */
async function guidedOrImport(
  operation: Operation,
  { escrow }: Saving,
  connection: AccountConnection,
  means: Means,
): Promise<Operation> {
  try {
    const { credential, ...created } = await createdByHand(operation, connection);
    // The service has saved the secret before it returned the key.
    const item = secretItem(
      { provider: connection.provider.id, address: connection.address },
      created.key.id,
    );
    if (!escrow) means.escrow.hold(operation.id, credential);
    return { ...operation, ...created, step: 'created', escrow: escrow ? item : null };
  } catch (error) {
    if (!(error instanceof KeysError) || error.next !== 'import_pasted') throw error;
    const plans = operation.deliveries.map(({ place }) => readPlan(place));
    const to = plans.flatMap((plan) => ('address' in plan ? [plan.address] : []));
    const revoke = operation.retire?.grace_ms === 0 ? operation.retire.id : undefined;
    throw changed(error, {
      details: { ...error.details, to, ...compact({ revoke }) },
      cause: error,
    });
  }
}

/** A person creates it in the dashboard: there is nothing to repeat. */
async function createdByHand(
  { request, idempotencyKey }: Operation,
  { service }: AccountConnection,
): Promise<Pick<RolledKey, 'key' | 'credential'> & Partial<Pick<Operation, 'previous'>>> {
  const options = { idempotencyKey };
  if ('create' in request) {
    const { key, credential } = await service.create(request.create, options);
    return { key, credential };
  }
  const { roll, grace_seconds, expires_at } = request;
  const { key, credential, previous } = await service.roll(roll, compact({ grace_seconds }), {
    ...options,
    ...compact({ expires_at }),
  });
  return { key, credential, previous };
}
