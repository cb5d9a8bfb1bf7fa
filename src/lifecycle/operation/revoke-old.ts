import { CANNOT_TELL } from '../../domain/cannot-tell.js';
import { KeysError } from '../../domain/errors.js';
import { workingVersion } from '../../domain/managed-key.js';
import { titleInSentence } from '../../domain/systems.js';
import { boundedList } from '../find/bounded-list.js';
import { mayBeLate, requireAccountSeen } from '../find/gone-key.js';
import type { Means } from './means.js';
import type { Step } from './step.js';

/**
 * Revokes the old key of a roll. A 404 means "gone" only if the same credential sees another version of the
 * key that works, or another key of the account that the ledger knows: else it may belong to another account.
 * Returns the id of the working version if it is gone as well, as after somebody has revoked both.
 */
export async function revokeOld(
  id: string,
  { managed, operation }: Step,
  means: Means,
): Promise<string | null> {
  try {
    await means.service.revoke(id);
    return null;
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
  }
  const current = workingVersion(managed, means.clock.now());
  if (current === null || (await isThere(current.id, means))) return null;
  const knows = `${titleInSentence(means.provider)} knows neither the old key ${id} nor the new one ${current.id}`;
  const unproven = (reason: string) =>
    new KeysError('refused', `${knows}, and ${reason}`, {
      hint: 'both were revoked elsewhere, or this credential belongs to another account',
      next: 'resume_or_drop',
      details: { operation: operation.id },
    });
  if (mayBeLate(current.record, means)) throw unproven('it may not show new keys yet');
  try {
    await requireAccountSeen(managed.account, boundedList(means), means.ledger);
  } catch (error) {
    if (!(error instanceof KeysError) || !SHOWS_NO_ACCOUNT.has(error.code)) throw error;
    throw unproven(error.message);
  }
  return current.id;
}

/** Whether the service has this key; false also where it does not say. */
async function isThere(id: string, { service }: Means): Promise<boolean> {
  try {
    await service.get(id);
    return true;
  } catch (error) {
    if (error instanceof KeysError && (error.code === 'not_found' || CANNOT_TELL.has(error.code)))
      return false;
    throw error;
  }
}

/** Errors of a list that shows no key of the account, or of a service that has no list. */
const SHOWS_NO_ACCOUNT: ReadonlySet<string> = new Set(['refused', ...CANNOT_TELL]);
