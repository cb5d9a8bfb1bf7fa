import { KeysError } from '../../domain/errors.js';
import { type Operation, rolledInPlace } from '../../storage/ledger/operation.js';
import { managedOf } from '../find/managed-of.js';
import { withLease } from '../operation/lease.js';
import type { Means } from '../operation/means.js';
import { hasEndedAtService } from '../operation/send-request.js';
import { Step } from '../operation/step.js';
import { undo } from '../operation/undo.js';

/**
 * The one pending operation of a key, by its own id or by the name or id of a key. Throws `not_found`,
 * `ambiguous_key`.
 */
export function pendingOf(reference: string, operations: readonly Operation[]): Operation {
  const found = operations.filter(({ id, name, key, previous, retire }) =>
    [id, name, key?.id, previous?.id, retire?.id].includes(reference),
  );
  const [only, ...others] = found;
  if (only === undefined) {
    throw new KeysError('not_found', `nothing is pending for ${reference}`, {
      next: 'list_pending',
    });
  }
  if (others.length === 0) return only;
  throw new KeysError('ambiguous_key', `${found.length} operations are pending for ${reference}`, {
    hint: `use an id: ${found.map(({ id }) => id).join(', ')}`,
  });
}

/**
 * Undoes a create or roll that no place has the new secret of: its key is revoked, the old one stays. Throws
 * `unsupported` once a place has the new secret, or the old key has ended. Returns what was done, a sentence
 * each.
 */
export async function abortRoll({ id, managed, name }: Operation, means: Means): Promise<string[]> {
  return await withLease(managed, means, async (lease) => {
    // Another program may have delivered or finished it since it was looked up.
    const operation = await means.ledger.operation(id);
    if (operation === null) {
      throw new KeysError('conflict', `the operation of ${name} has ended meanwhile`);
    }
    refuseUsed(operation);
    await refuseOnlyKey(operation, means);
    const step = new Step(operation, await managedOf(operation, means), lease, means);
    const told: string[] = [];
    if (operation.key === null && operation.step === 'sent') {
      throw new KeysError('unsupported', 'whether the new key was created is not known', {
        next: 'resume_or_drop',
        details: { operation: operation.id },
      });
    }
    for (const revoked of await undo(step, means)) told.push(`revoked the new key ${revoked}`);
    const { previous } = operation;
    if (previous !== null) told.push(...(await endOfOld(previous.id, name, means)));
    return told;
  });
}

/** Throws `unsupported` once a place has the new secret, or the old one has stopped. */
function refuseUsed(operation: Operation): void {
  const inPlace = rolledInPlace(operation);
  if (inPlace !== null) {
    throw new KeysError('unsupported', `${inPlace.name} has its new secret already: the old one is gone`, {
      next: 'resume',
    });
  }
  const delivered = operation.deliveries.filter((one) => one.delivered);
  if (delivered.length === 0) return;
  throw new KeysError(
    'unsupported',
    `the new secret is in use already: ${delivered.map(({ place }) => place.label).join(', ')}`,
    { next: 'resume' },
  );
}

/** Throws `unsupported` where the old key has ended: no other key would be left. */
async function refuseOnlyKey({ previous, revokeFirst, name }: Operation, means: Means): Promise<void> {
  if (previous === null) return;
  const revoked = revokeFirst && previous.status === 'revoked';
  if (!revoked && !(await hasEndedAtService(previous.id, means))) return;
  throw new KeysError(
    'unsupported',
    `the old key ${previous.id} has ended: without this roll, ${name} has no key that works`,
    { hint: 'nothing was changed', next: 'resume' },
  );
}

async function endOfOld(id: string, name: string, { service }: Means): Promise<string[]> {
  const { expires_at, status } = await service.get(id);
  if (status !== 'retiring' || !expires_at) return [`the old key ${id} stays`];
  return [
    `the old key ${id} ends at ${expires_at} all the same: the provider has rolled it, and cannot take that back`,
    `nothing replaces it: create another key before then, and deliver it to the places of ${name}`,
  ];
}
