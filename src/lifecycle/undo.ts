import { KeysError } from '../domain/errors.js';
import type { Means } from './means.js';
import type { Step } from './step.js';

/**
 * Revokes the new key of an operation and closes it. That it is undone is on the disk first: a program that continues it after a
 * kill delivers nothing. Returns the ids that are revoked.
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
  }
  await means.escrow.remove(step.operation);
  await step.end();
  return key === null ? [] : [key.id];
}
