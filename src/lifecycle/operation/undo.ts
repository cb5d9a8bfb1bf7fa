import { KeysError } from '../../domain/errors.js';
import type { Means } from './means.js';
import type { Step } from './step.js';

/**
 * Revokes the new key of an operation and closes it. That it is undone is on the disk first: a program that
 * continues it after a kill delivers nothing. The old key gets its end from before the roll back where the
 * service can. Returns the ids that are revoked.
 */
export async function undo(step: Step, means: Means): Promise<string[]> {
  const { key } = step.operation;
  await step.save({ aborted: true });
  if (key !== null) {
    try {
      await means.service.revoke(key.id);
    } catch (error) {
      // It was revoked before the kill. The credential is the one that created it.
      if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
    }
    await step.revoked(key.id);
    await restoreOld(step, means);
  }
  await means.escrow.remove(step.operation);
  await step.end();
  return key === null ? [] : [key.id];
}

/**
 * The old key of a roll that its provider has made: its grace is taken back, or the ledger notes when it
 * ends.
 */
async function restoreOld(step: Step, { service, warn }: Means): Promise<void> {
  const { previous, previousEnd, request, retire, key } = step.operation;
  if (previous === null || previousEnd === undefined || !('roll' in request) || previous.id === key?.id)
    return;
  const old = await service.get(previous.id);
  if (old.status !== 'retiring' || !old.expires_at) return;
  if (retire?.settable) {
    try {
      return await step.restored(await service.update(previous.id, { expires_at: previousEnd }));
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      warn(`the grace of the old key ${previous.id} was not taken back: ${error.message}`);
    }
  }
  await step.retiring(previous.id, Date.parse(old.expires_at));
}
