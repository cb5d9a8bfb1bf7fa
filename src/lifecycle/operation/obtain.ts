import { KeysError } from '../../domain/errors.js';
import type { Credential, Key } from '../../domain/key.js';
import { rolledInPlace } from '../../storage/ledger/operation.js';
import { readBack } from '../places/read-back.js';
import { whyNotKeepable } from './keepable.js';
import { afterLostResponse } from './lost-response.js';
import type { Means } from './means.js';
import { NOTHING, type Obtained } from './obtained.js';
import { createAnew, hasEndedAtService, keyOfLostResponse, sendRequest } from './send-request.js';
import type { Step } from './step.js';
import { waitForRequest } from './wait-for-request.js';

/**
 * Returns the key with its secret: from escrow, from a place that has it, replayed by the service, or created
 * now. Throws what the service throws; the step records what the request may have done.
 */
export async function obtain(step: Step, means: Means): Promise<Obtained> {
  const { operation } = step;
  if (operation.key !== null) return await secretOf(step, operation.key, means);
  if (operation.inPlace) return await rollInPlace(step, means);
  const unknown = operation.step === 'sent' && !operation.idempotent;
  return unknown ? await afterLostResponse(step, means) : await sendRequest(step, means);
}

/**
 * Rolls in place. The last of two such rolls counts, so no earlier request may still be on its way.
 */
async function rollInPlace(step: Step, means: Means): Promise<Obtained> {
  const unknown = step.operation.step === 'sent' && !step.operation.idempotent;
  const again = step.operation.step !== 'intended';
  const waiting =
    (again ? await whyNotKeepable(step, means) : null) ??
    (unknown ? await waitForRequest(step, means) : null);
  return waiting === null ? await sendRequest(step, means) : { ...NOTHING, waiting };
}

/** The key's id is known, so only its secret is missing. */
async function secretOf(step: Step, key: Key, means: Means): Promise<Obtained> {
  const { operation } = step;
  const kept = await means.escrow.read(operation);
  if (kept !== null) return { ...NOTHING, created: { key, credential: kept } };
  if (operation.idempotent) {
    try {
      return await sendRequest(step, means);
    } catch (error) {
      if (keyOfLostResponse(error) === null) throw error;
    }
  }
  const found = (await recover(key, means)) ?? (await fromPlaces(step, key, means));
  if (found !== null) return { ...NOTHING, created: { key, credential: found } };
  const delivered = operation.deliveries.filter((one) => one.delivered).length;
  // A program may use the key already, so it stays.
  if (delivered > 0) {
    const all = delivered === operation.deliveries.length;
    return {
      ...NOTHING,
      waiting: all ? null : 'its secret cannot be recovered: roll the key for a new one',
    };
  }
  if (rolledInPlace(operation) !== null) return await rollInPlace(step, means);
  if (await hasEndedAtService(key.id, means))
    return { ...NOTHING, dropped: `${key.id} was revoked meanwhile` };
  return await createAnew(step, key.id, means);
}

/** The secret from a provider that shows it again; null where the provider does not. */
async function recover({ id }: Key, { provider, service }: Means): Promise<Credential | null> {
  if (!provider.recovers || service.recover === undefined) return null;
  try {
    return await service.recover(id);
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return null;
    throw error;
  }
}

async function fromPlaces({ operation, managed }: Step, key: Key, means: Means): Promise<Credential | null> {
  const { provider, address } = managed.account;
  const delivered = operation.deliveries.filter((one) => one.delivered).map((one) => one.place);
  return await readBack(key, delivered, await means.ledger.find({ provider, address }, key.id), means);
}
