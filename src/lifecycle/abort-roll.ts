import { KeysError } from '../domain/errors.js';
import { type Operation, rolledInPlace } from '../storage/ledger/operation.js';
import type { LifecycleContext } from './lifecycle-context.js';

/** Undoes what is under way for a key: its successor is ended, and the old key's end is called off where it is ours. */
export async function abortRoll(reference: string, context: LifecycleContext): Promise<void> {
  const { reconnect } = await import('../connect/connect.js');
  const { openSavedSecrets } = await import('../storage/ledger/saved-secrets.js');
  const ledger = await context.ledger();
  const owned = (await ledger.operations()).filter(({ operation }) => concerns(operation, reference));
  const [found, ...others] = owned;
  if (found === undefined) {
    throw new KeysError('not_found', `nothing is under way for ${reference}`, {
      hint: 'keys pending shows what is',
    });
  }
  if (others.length > 0) {
    throw new KeysError('ambiguous_key', `${owned.length} operations are under way for ${reference}`, {
      hint: `name one: ${owned.map(({ operation }) => operation.id).join(', ')}`,
    });
  }
  const { operation, owner } = found;
  const inPlace = rolledInPlace(operation);
  if (inPlace !== null) {
    throw new KeysError(
      'unsupported',
      `${inPlace.name} has its new secret already: ending that would end the old one too`,
      { hint: 'keys resume hands it over; or roll it again' },
    );
  }
  const busy = owner !== null && context.process.isAlive(owner);
  if (busy || !(await ledger.claimOperation(operation.id, owner, context.process.pid))) {
    throw new KeysError('conflict', `another keys is working on it (process ${owner})`, {
      hint: 'wait until it is done',
    });
  }
  const output = context.output;
  const { service } = await reconnect(context, operation.target);
  if (operation.key !== null) {
    await service.revoke(operation.key.id);
    output.say(`the new key ${operation.key.id} has ended`);
  }
  if (operation.escrow?.startsWith('escrow:'))
    await (await openSavedSecrets(context)).remove(operation.escrow);
  if (operation.retire !== null) output.say(`the old key ${operation.retire.id} stays`);
  else if (operation.previous?.expires_at) {
    output.warn(
      `the old key ${operation.previous.id} ends at ${operation.previous.expires_at} all the same: the provider has rolled it`,
    );
  }
  await ledger.endOperation(operation.id);
}

function concerns({ id, request, key, retire, previous }: Operation, reference: string): boolean {
  const names = [
    id,
    key?.id,
    retire?.id,
    retire?.name,
    previous?.id,
    previous?.name,
    ...('roll' in request ? [request.roll, request.name] : [request.create.name]),
  ];
  return names.includes(reference);
}
