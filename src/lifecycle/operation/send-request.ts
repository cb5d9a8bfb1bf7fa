import { allKeys } from '../../domain/all-keys.js';
import { compact } from '../../domain/compact.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { CreatedKey, Key } from '../../domain/key.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { secretItem } from '../../storage/ledger/saved-secrets.js';
import { requestAnew } from '../roll/rights-now.js';
import { outcomeOf } from './certainty.js';
import { whyNotKeepable } from './keepable.js';
import type { Means } from './means.js';
import { NOTHING, type Obtained } from './obtained.js';
import { isAbsentAtOnce } from './settling.js';
import type { Step } from './step.js';
import { ledgerNow } from './wait-for-request.js';

/**
 * Sends the request. Saves the received secret in escrow before any further step. Throws what the service
 * throws.
 */
export async function sendRequest(step: Step, means: Means): Promise<Obtained> {
  await revokePrevious(step, means);
  const census = needsCensus(step.operation, means) ? await means.census.ids() : null;
  await step.save({ step: 'sent', sent_at: ledgerNow(means), census, absent_since: null });
  let received: CreatedKey | null = null;
  const keep = async (created: CreatedKey) => {
    const kept = await keepSecret(step, created, means);
    means.census.add(created.key.id);
    await step.save({ step: 'created', key: created.key, ...kept, ...savedByHand(step, created.key) });
    received = created;
  };
  try {
    const created = await sendPatiently(step, keep, means);
    if (created.incomplete !== undefined) await onIncomplete(step, created.incomplete, means);
    return { ...NOTHING, created: await withId(created, step.operation, means) };
  } catch (error) {
    const lost = keyOfLostResponse(error);
    if (lost !== null && step.operation.key === null) return await replaceLost(step, lost, means);
    if (received === null) return await afterFailure(step, error, means);
    await onIncomplete(step, error instanceof Error ? error.message : String(error), means);
    return { ...NOTHING, created: await withId(received, step.operation, means) };
  }
}

/**
 * Saves the secret in escrow. Where that fails, as in a keychain whose disk is full by now, the secret is
 * still here, and its places may take it: the key is written down without an escrow. If they do not, `resume`
 * replaces the key.
 */
async function keepSecret(
  { operation }: Step,
  { key, credential }: CreatedKey,
  { escrow, warn }: Means,
): Promise<Partial<Operation>> {
  try {
    await escrow.save(operation, credential);
    return {};
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    warn(`the secret of ${key.id || key.name} could not be kept for a later run: ${error.message}`);
    return { escrow: null };
  }
}

/** Whether a lost response leaves a key that only a list shows. */
export function needsCensus(
  { idempotent, inPlace }: Pick<Operation, 'idempotent' | 'inPlace'>,
  { embedded }: Pick<Means, 'embedded'>,
): boolean {
  return !idempotent && !inPlace && !embedded;
}

/** Where the secret of a key of a dashboard is: it was saved when it was pasted. Nothing for other keys. */
function savedByHand({ managed: { account } }: Step, { id }: Key): Partial<Operation> {
  const { provider, address } = account;
  return address === 'dashboard' ? { escrow: secretItem({ provider, address }, id) } : {};
}

/** With `--revoke-first`, the old key is revoked before the new one is created. */
export async function revokePrevious(step: Step, means: Means): Promise<void> {
  const { revokeFirst, previous } = step.operation;
  if (!revokeFirst || previous === null || previous.status === 'revoked') return;
  try {
    await means.service.revoke(previous.id);
  } catch (error) {
    // A program that was killed after this request has revoked it already. The credential is the one that saw
    // the key.
    if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
  }
  await step.revoked(previous.id);
  await step.save({ previous: { ...previous, status: 'revoked' } });
}

/**
 * The key exists, but a later request of the same operation failed: the provider may not know when the old
 * key expires.
 */
async function onIncomplete(step: Step, reason: string, means: Means): Promise<void> {
  means.warn(`the new key was created, but a later request failed: ${reason}`);
  await step.endOldKeyOurselves();
}

/**
 * How often a request that the service has refused for its rate is sent again, and the longest wait for that,
 * in seconds.
 */
const MOST_REPEATS = 3;
const LONGEST_WAIT_SECONDS = 60;

/**
 * Sends the request again after the wait that a 429 asks for, where two full lists show that nothing was
 * created.
 */
async function sendPatiently(
  step: Step,
  received: (created: CreatedKey) => Promise<void>,
  means: Means,
): Promise<CreatedKey> {
  for (let repeats = 0; ; repeats++) {
    try {
      return await send(step, received, means);
    } catch (error) {
      const { census, idempotent } = step.operation;
      const seconds =
        error instanceof KeysError && error.code === 'rate_limited' ? error.retryAfterSeconds : undefined;
      const waits = seconds !== undefined && seconds <= LONGEST_WAIT_SECONDS && repeats < MOST_REPEATS;
      // The transport repeats what is idempotent.
      if (!waits || idempotent || census === null || !(await isAbsentAtOnce(step, census, means)))
        throw error;
      await means.sleep(seconds * 1000);
    }
  }
}

async function send(
  step: Step,
  received: (created: CreatedKey) => Promise<void>,
  means: Means,
): Promise<CreatedKey> {
  const { request, idempotencyKey } = step.operation;
  const options = { idempotencyKey, received };
  let created: CreatedKey;
  if ('create' in request) created = await means.service.create(request.create, options);
  else {
    const { roll, grace_seconds } = request;
    const rolled = await means.service.roll(roll, compact({ grace_seconds }), options);
    const { key, credential, incomplete } = rolled;
    created = { key, credential, ...compact({ incomplete }) };
    await step.save({ previous: rolled.previous });
  }
  await received(created);
  return created;
}

/** Failures after which the server has usually done nothing: 409 and 429. */
const USUALLY_NOT_DONE: ReadonlySet<string> = new Set(['conflict', 'rate_limited']);

/**
 * Throws the failure. The step records whether the key may have been created: where the server did respond,
 * two full lists may show at once that it was not.
 */
async function afterFailure(step: Step, error: unknown, means: Means): Promise<never> {
  const { idempotent, census } = step.operation;
  const responded =
    error instanceof KeysError && error.outcome === 'unknown' && USUALLY_NOT_DONE.has(error.code);
  const certain =
    outcomeOf(error, means.embedded) === 'not_done' ||
    (responded && !idempotent && census !== null && (await isAbsentAtOnce(step, census, means)));
  if (certain) await step.save({ step: 'intended' });
  throw error;
}

/** The id of the key whose response the service no longer replays; null for any other failure. */
export function keyOfLostResponse(error: unknown): string | null {
  if (!(error instanceof KeysError) || error.code !== 'response_gone') return null;
  const id = error.details?.['key_id'];
  return typeof id === 'string' ? id : null;
}

/** A key that was revoked since is not created again. */
async function replaceLost(step: Step, id: string, means: Means): Promise<Obtained> {
  if (await hasEndedAtService(id, means)) return { ...NOTHING, dropped: `${id} was revoked meanwhile` };
  return await createAnew(step, id, means);
}

/** Whether the service has the key as revoked or expired, or does not have it. */
export async function hasEndedAtService(id: string, { service }: Means): Promise<boolean> {
  try {
    const { status } = await service.get(id);
    return isEnded(status);
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return true;
    throw error;
  }
}

/**
 * Revokes a key whose secret is lost, and creates it again. No place has the lost secret, so nothing uses it.
 * Waits, with nothing sent, while the new secret would be lost too.
 */
export async function createAnew(step: Step, lost: string, means: Means): Promise<Obtained> {
  const waiting = await whyNotKeepable(step, means);
  if (waiting !== null) return { ...NOTHING, waiting };
  await means.service.revoke(lost);
  means.census.add(lost);
  await step.revoked(lost);
  await step.save({
    idempotencyKey: means.newIdempotencyKey(),
    step: 'intended',
    key: null,
    ...(await requestAnew(step.operation, step.managed, means)),
  });
  const { created } = await sendRequest(step, means);
  return { ...NOTHING, created, revoked: [lost], anew: true };
}

/**
 * Completes a response that has no id: the newest key of its name that was not there before, else the name
 * itself stands for the id.
 */
async function withId(
  created: CreatedKey,
  { previous, census }: Operation,
  { service }: Means,
): Promise<CreatedKey> {
  if (created.key.id) return created;
  const { name } = created.key;
  const before = new Set([previous?.id, ...(census ?? [])]);
  let newest: Key | null = null;
  try {
    for await (const key of allKeys(service, { name })) {
      if (before.has(key.id)) continue;
      if (newest === null || (key.created_at ?? '') > (newest.created_at ?? '')) newest = key;
    }
  } catch {
    // The secret was received, so it is delivered even if the id stays unknown.
  }
  return { ...created, key: { ...created.key, id: newest?.id ?? name } };
}
