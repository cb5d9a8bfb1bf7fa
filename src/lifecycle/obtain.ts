import { allKeys } from '../domain/all-keys.js';
import { credentialDigests } from '../domain/credential-digests.js';
import { KeysError } from '../domain/errors.js';
import type { Credential, IssuedKey, Key } from '../domain/key.js';
import { type Operation, rolledInPlace } from '../storage/ledger/operation.js';
import { newSince, takeCensus } from './census.js';
import { outcomeOf } from './certainty.js';
import type { Means } from './means.js';
import { MARK, requestAnew } from './rights.js';
import type { Step } from './step.js';

/** The key of an operation with its secret, or what is known instead. */
export interface Obtained {
  readonly issued: IssuedKey | null;
  /** Keys that were revoked because their secret was lost. */
  readonly revoked: readonly string[];
  readonly anew: boolean;
  readonly unproven: readonly Key[];
  /** Why there is no secret; null where there is one. */
  readonly waiting: string | null;
  /** Why the operation is over without its key; null: it is not. */
  readonly dropped: string | null;
}

const NOTHING: Obtained = {
  issued: null,
  revoked: [],
  anew: false,
  unproven: [],
  waiting: null,
  dropped: null,
};

/**
 * The key with its secret: from escrow, from a place that has it, replayed by the service, or created now. Throws what the
 * service throws; the step says what may have been done.
 */
export async function obtain(step: Step, means: Means): Promise<Obtained> {
  const { operation } = step;
  if (operation.key !== null) return await obtainKnown(step, operation.key, means);
  if (operation.idempotent) return await request(step, means);
  if (operation.step === 'sent' && !operation.inPlace) return await afterLostResponse(step, means);
  return await request(step, means);
}

/** The key's id is known: only its secret has to be found. */
async function obtainKnown(step: Step, key: Key, means: Means): Promise<Obtained> {
  const { operation } = step;
  const kept = await means.escrow.read(operation);
  if (kept !== null) return { ...NOTHING, issued: { key, credential: kept } };
  if (operation.idempotent) {
    try {
      return await request(step, means);
    } catch (error) {
      if (goneKey(error) === null) throw error;
    }
  }
  const found = (await readAgain(key, means)) ?? (await fromPlaces(operation, key, means));
  if (found !== null) return { ...NOTHING, issued: { key, credential: found } };
  if (operation.deliveries.some(({ delivered }) => delivered)) {
    const all = operation.deliveries.every(({ delivered }) => delivered);
    return {
      ...NOTHING,
      waiting: all
        ? null
        : `its secret cannot be recovered: keys roll ${JSON.stringify(operation.name)} replaces it`,
    };
  }
  if (rolledInPlace(operation) !== null) return await request(step, means);
  if (await hasEnded(key.id, means)) return { ...NOTHING, dropped: `${key.id} was revoked meanwhile` };
  return await createAnew(step, key.id, means);
}

/** Nothing has its secret, so nothing can use it: it is revoked, and created again. */
async function createAnew(step: Step, lost: string, means: Means): Promise<Obtained> {
  await means.service.revoke(lost);
  await step.forget(lost);
  await step.save({
    idempotencyKey: means.newIdempotencyKey(),
    step: 'intended',
    key: null,
    request: await requestAnew(step.operation, step.managed.rights, means),
  });
  const { issued } = await request(step, means);
  return { ...NOTHING, issued, revoked: [lost], anew: true };
}

/** The secret as the provider tells it once more, where it does. */
async function readAgain({ id }: Key, { provider, service }: Means): Promise<Credential | null> {
  if (!provider.recovers || service.recover === undefined) return null;
  try {
    return await service.recover(id);
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return null;
    throw error;
  }
}

/** The secret as a place has it that can be read back. */
async function fromPlaces(operation: Operation, key: Key, means: Means): Promise<Credential | null> {
  const address = { provider: operation.target.policy ?? operation.target.provider, place: operation.place };
  const known = await means.ledger.find(address, key.id);
  for (const { place, delivered } of operation.deliveries) {
    if (!delivered) continue;
    const open = await means.open(place, { issued: { key, credential: { secret: '' } }, previous: null });
    const held = await open?.holds?.().catch(() => null);
    if (held && credentialDigests(held).every((digest) => known?.digests.includes(digest))) return held;
  }
  return null;
}

/** Sends the request. Whatever is received is in escrow before anything else happens. */
async function request(step: Step, means: Means): Promise<Obtained> {
  const { idempotent, inPlace, revokeFirst, previous } = step.operation;
  if (revokeFirst && previous !== null && previous.status !== 'revoked') {
    await means.service.revoke(previous.id);
    await step.revoked(previous.id);
    await step.save({ previous: { ...previous, status: 'revoked' } });
  }
  const census = idempotent || inPlace || means.embedded ? null : await takeCensus(means.service);
  await step.save({ step: 'sent', census, absent_since: null });
  let received: IssuedKey | null = null;
  const keep = async (issued: IssuedKey) => {
    await means.escrow.save(step.operation, issued.credential);
    await step.save({ step: 'created', key: issued.key });
    received = issued;
  };
  try {
    const issued = await send(step, keep, means);
    if (issued.incomplete !== undefined) await onIncomplete(step, issued.incomplete, means);
    return { ...NOTHING, issued: await identified(issued, means) };
  } catch (error) {
    const gone = goneKey(error);
    if (gone !== null && step.operation.key === null) return await afterGoneAnswer(step, gone, means);
    if (received === null) return await afterFailure(step, error, means);
    await onIncomplete(step, error instanceof Error ? error.message : String(error), means);
    return { ...NOTHING, issued: await identified(received, means) };
  }
}

/** The key is there, and a later request of the same operation failed: the old key's end may not be set at the vendor. */
async function onIncomplete(step: Step, reason: string, means: Means): Promise<void> {
  means.warn(`the new key is there, a later request of the same operation failed: ${reason}`);
  await step.endOldKeyOurselves();
}

async function send(
  step: Step,
  received: (issued: IssuedKey) => Promise<void>,
  means: Means,
): Promise<IssuedKey> {
  const { request: asked, idempotencyKey } = step.operation;
  const options = { idempotencyKey, received };
  let issued: IssuedKey;
  if ('create' in asked) issued = await means.service.create(asked.create, options);
  else {
    const { roll, grace_seconds } = asked;
    const rolled = await means.service.roll(
      roll,
      grace_seconds === undefined ? {} : { grace_seconds },
      options,
    );
    const { key, credential, incomplete } = rolled;
    issued = { key, credential, ...(incomplete === undefined ? {} : { incomplete }) };
    await step.save({ previous: rolled.previous });
  }
  await received(issued);
  return issued;
}

/**
 * Throws the failure; the step says whether the key may have been created. Where the server did respond, two full lists may
 * show at once that nothing was created.
 */
async function afterFailure(step: Step, error: unknown, means: Means): Promise<never> {
  const responded = error instanceof KeysError && error.outcome === 'unknown' && RESPONSES.has(error.code);
  const certain =
    outcomeOf(error, means.embedded) === 'not_done' ||
    (responded && !step.operation.idempotent && (await nothingCame(step, means)));
  if (certain) await step.save({ step: 'intended' });
  throw error;
}

/** What a server responds that has usually done nothing: 409 and 429. */
const RESPONSES: ReadonlySet<string> = new Set(['conflict', 'rate_limited']);

/** Whether two full lists, apart by the settling time, show no new key. */
async function nothingCame({ operation }: Step, means: Means): Promise<boolean> {
  const { census } = operation;
  const settles = settlingMs(means);
  if (census === null || settles > LONGEST_PAUSE_MS) return false;
  try {
    if ((await newSince(means.service, census)).length > 0) return false;
    await means.sleep(Math.max(settles, 1));
    return (await newSince(means.service, census)).length === 0;
  } catch {
    return false;
  }
}

async function hasEnded(id: string, { service }: Means): Promise<boolean> {
  try {
    const { status } = await service.get(id);
    return status === 'revoked' || status === 'expired';
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return true;
    throw error;
  }
}

function goneKey(error: unknown): string | null {
  if (!(error instanceof KeysError) || error.code !== 'answer_gone') return null;
  const id = error.details?.['key_id'];
  return typeof id === 'string' ? id : null;
}

/** The service keeps the response no longer. A key that was revoked since is not created again. */
async function afterGoneAnswer(step: Step, id: string, means: Means): Promise<Obtained> {
  if (await hasEnded(id, means)) return { ...NOTHING, dropped: `${id} was revoked meanwhile` };
  return await createAnew(step, id, means);
}

/**
 * The response of a request was lost at a vendor that repeats nothing. A key that bears our mark is ours: it is revoked and
 * created again. Any other new key is reported and never touched. Nothing was created if two full lists say so.
 */
async function afterLostResponse(step: Step, means: Means): Promise<Obtained> {
  const { operation } = step;
  const candidates =
    operation.census === null
      ? await namesakesSince(operation, means)
      : await newSince(means.service, operation.census);
  const ours = candidates.find((key) => key.metadata?.[MARK] === operation.id);
  if (ours !== undefined) return await createAnew(step, ours.id, means);
  const known = await Promise.all(
    candidates.map(({ id }) => means.ledger.managed.byVersion(step.managed.account, id)),
  );
  const unproven = candidates.filter((_, i) => known[i] === null || known[i] === undefined);
  if (unproven.length > 0) {
    await step.save({ absent_since: null });
    return { ...NOTHING, unproven, waiting: 'whether it was created is not known' };
  }
  if (operation.census === null) return { ...NOTHING, waiting: 'whether it was created is not known' };
  return await afterAbsence(step, means);
}

async function afterAbsence(step: Step, means: Means): Promise<Obtained> {
  const now = means.clock.now();
  const since = step.operation.absent_since;
  const settles = settlingMs(means);
  if (since === null && settles > LONGEST_PAUSE_MS) {
    await step.save({ absent_since: now });
    return { ...NOTHING, waiting: 'no new key is listed yet; keys resume looks again' };
  }
  if (since === null) await means.sleep(Math.max(settles, 1));
  else if (now - since < settles)
    return { ...NOTHING, waiting: 'no new key is listed yet; keys resume looks again' };
  const found = await newSince(means.service, step.operation.census ?? []);
  if (found.length > 0) {
    await step.save({ absent_since: null });
    return { ...NOTHING, unproven: found, waiting: 'whether it was created is not known' };
  }
  await step.save({ step: 'intended', idempotencyKey: means.newIdempotencyKey() });
  return { ...(await request(step, means)), anew: true };
}

/** The longest time for which a call waits between its two lists. */
const LONGEST_PAUSE_MS = 5_000;

/** Milliseconds after which the vendor's list shows a new key. */
function settlingMs({ provider }: Means): number {
  return provider.settling.listed * 1000;
}

/** Clocks of this machine and the vendor's may differ by so much. */
const CLOCKS_APART_MS = 10 * 60_000;

/** Where no census was taken: keys of the wanted name that are not older than the request. */
async function namesakesSince(operation: Operation, { service }: Means): Promise<Key[]> {
  const wanted = 'create' in operation.request ? operation.request.create.name : operation.request.name;
  const found: Key[] = [];
  for await (const key of allKeys(service, {})) {
    const recent = !key.created_at || Date.parse(key.created_at) >= operation.created_at - CLOCKS_APART_MS;
    if (key.name === wanted && recent && key.id !== operation.previous?.id) found.push(key);
  }
  return found;
}

/** Of a response without an id: the newest key of its name. Where none can be found, the name stands for it. */
async function identified(issued: IssuedKey, { service }: Means): Promise<IssuedKey> {
  if (issued.key.id) return issued;
  const { name } = issued.key;
  let newest: Key | null = null;
  try {
    for await (const key of allKeys(service, { name })) {
      if (newest === null || (key.created_at ?? '') > (newest.created_at ?? '')) newest = key;
    }
  } catch {
    // The secret is in hand: it is delivered whatever else fails.
  }
  return { ...issued, key: { ...issued.key, id: newest?.id ?? name } };
}
