import { allKeys } from '../domain/all-keys.js';
import { type Clock, isoTime } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { Credential, IssuedKey, Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import type { LiveAnswer } from '../domain/live-answer.js';
import type { Destination, DestinationPlan } from '../places/destination.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { type Operation, rolledInPlace } from '../storage/ledger/operation.js';
import type { SavedSecrets } from '../storage/ledger/saved-secrets.js';

/** Where a minted key is on its way to. */
export interface IssueMeans {
  readonly ledger: Ledger;
  readonly service: KeyService;
  readonly secrets: SavedSecrets;
  readonly clock: Clock;
  readonly pid: number;
  readonly newIdempotencyKey: () => string;
  /** Makes the destination of a plan, for this key. Null: it cannot be reached from here, and stays owed. */
  readonly destination: (
    plan: DestinationPlan,
    issued: IssuedKey,
    previous: Key | null,
  ) => Destination | null;
  /** Tries the new secret. */
  readonly check: (credential: Credential) => Promise<LiveAnswer>;
  readonly warn: (message: string) => void;
}

/** Failures after which it is sure that nothing was made. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...[
    'invalid_request',
    'usage',
    'missing_answer',
    'payload_too_large',
    'unsupported_media_type',
    'not_found',
  ],
  ...[
    'unauthenticated',
    'payment_required',
    'forbidden',
    'not_logged_in',
    'conflict',
    'unsupported',
    'refused',
  ],
  ...['origin_mismatch', 'insecure_transport', 'declined', 'interrupted', 'method_not_allowed'],
]);

/** Begins an operation: it is on the disk before its request is sent, and gone again where it was refused. */
export async function begin(operation: Operation, means: IssueMeans): Promise<Outcome> {
  await means.ledger.saveOperation(operation, means.pid);
  try {
    return await advance(operation, means);
  } catch (error) {
    const refused =
      error instanceof KeysError && (REFUSALS.has(error.code) || error.details?.['sent'] === false);
    if (refused) await means.ledger.endOperation(operation.id);
    else await means.ledger.releaseOperation(operation.id);
    throw refused ? error : unfinished(error);
  }
}

function unfinished(error: unknown): unknown {
  if (!(error instanceof KeysError)) return error;
  return new KeysError(error.code, error.message, {
    hint: 'whether it was done is not known: keys resume finishes it, keys pending shows it',
    ...compact({ details: error.details, retryAfterSeconds: error.retryAfterSeconds }),
    cause: error,
  });
}

/** By which time a key should be rolled. */
const ROLL_AFTER_MS = 90 * 24 * 3_600_000;

/** How an operation stands after as much of it was done as could be. */
export interface Outcome {
  readonly issued: IssuedKey | null;
  readonly previous: Key | null;
  /** Deliveries that are still to be made, each with why. */
  readonly owed: ReadonlyArray<{ readonly label: string; readonly reason: string }>;
  /** The old key's end that lies ahead. */
  readonly retiresAt: number | null;
  readonly retired: boolean;
  /** A key that was ended because its secret could not be had again. */
  readonly revoked: string | null;
}

/**
 * Takes an operation from wherever it stands to its end: mints or has the answer again, delivers what is owed, tries the
 * new secret, ends the old key when its time has come. Each step is on the disk before the next begins, and each may be done
 * twice. What fails before anything was minted throws; later failures are told in the outcome, and the operation stays.
 */
export async function advance(operation: Operation, means: IssueMeans): Promise<Outcome> {
  const { ledger, pid } = means;
  let current = operation;
  const save = async (changes: Partial<Operation>) => {
    current = { ...current, ...changes };
    await ledger.saveOperation(current, pid);
  };
  if (current.step === 'retiring') return await retire(current, null, means);
  if (current.step === 'delivered') return await conclude(current, null, means, save);

  const obtained = await obtain(current, means, save);
  if (obtained.issued === null) {
    await ledger.endOperation(current.id);
    return { ...NOTHING, revoked: obtained.revoked };
  }
  const { issued, revoked } = obtained;
  await remember(current, issued, means);
  const owed = await deliverAll(current, issued, means, save);
  if (owed.length > 0) {
    await ledger.releaseOperation(current.id);
    return { ...NOTHING, issued, previous: current.previous, owed, revoked };
  }
  const problem = await tryNew(current, issued, means);
  if (problem !== null) {
    await ledger.releaseOperation(current.id);
    return {
      ...NOTHING,
      issued,
      previous: current.previous,
      owed: [{ label: 'the end of the old key', reason: problem }],
      revoked,
    };
  }
  // From here on the secret is not needed any more, wherever this is taken up.
  await save({ step: 'delivered' });
  return { ...(await conclude(current, issued, means, save)), revoked };
}

/** Drops what was kept for a repeat, and ends the old key or waits for its time. */
async function conclude(
  operation: Operation,
  issued: IssuedKey | null,
  means: IssueMeans,
  save: Save,
): Promise<Outcome> {
  await letGo(operation, means);
  if (operation.retire === null) {
    await means.ledger.endOperation(operation.id);
    return { ...NOTHING, issued, previous: operation.previous };
  }
  await save({ step: 'retiring', escrow: null });
  return await retire(operation, issued, means);
}

const NOTHING: Outcome = {
  issued: null,
  previous: null,
  owed: [],
  retiresAt: null,
  retired: false,
  revoked: null,
};

type Save = (changes: Partial<Operation>) => Promise<void>;

interface Obtained {
  readonly issued: IssuedKey | null;
  readonly revoked: string | null;
}

/** The issued key with its secret: from escrow, from the service's kept answer, or minted now. */
async function obtain(operation: Operation, means: IssueMeans, save: Save): Promise<Obtained> {
  const { secrets } = means;
  if (operation.key !== null && operation.escrow !== null) {
    return {
      issued: { key: operation.key, credential: await secrets.read(operation.escrow) },
      revoked: null,
    };
  }
  if (operation.idempotent) return await mintIdempotently(operation, means, save);
  const inPlace = rolledInPlace(operation);
  if (inPlace !== null) {
    means.warn(`the new secret of ${inPlace.name} is lost; roll it again`);
    return { issued: null, revoked: null };
  }
  if (operation.key !== null) {
    // Its id is known and its secret is nowhere: that is what --no-escrow has risked.
    await means.service.revoke(operation.key.id);
    return { issued: null, revoked: operation.key.id };
  }
  if (operation.step !== 'intended') return await afterLostAnswer(operation, means);
  return await mintIntoEscrow(operation, means, save);
}

async function send(
  operation: Operation,
  { service }: IssueMeans,
): Promise<{ issued: IssuedKey; previous: Key | null }> {
  const { request, idempotencyKey } = operation;
  if ('create' in request) {
    return { issued: await service.create(request.create, { idempotencyKey }), previous: operation.previous };
  }
  const { roll, grace_seconds } = request;
  const rolled = await service.roll(roll, grace_seconds === undefined ? {} : { grace_seconds }, {
    idempotencyKey,
  });
  return { issued: { key: rolled.key, credential: rolled.credential }, previous: rolled.previous };
}

/** The same request under the same key has the same answer for a day, whoever was killed in between. */
async function mintIdempotently(operation: Operation, means: IssueMeans, save: Save): Promise<Obtained> {
  try {
    const { issued, previous } = await send(operation, means);
    await save({ step: 'minted', key: issued.key, previous });
    return { issued, revoked: null };
  } catch (error) {
    const gone = keyOfGoneAnswer(error);
    if (gone === null) throw error;
    // Too late: its secret is nowhere any more. It is ended, and made anew.
    await means.service.revoke(gone);
    const anew = {
      idempotencyKey: means.newIdempotencyKey(),
      step: 'intended',
      key: null,
      request: await again(operation, means),
    } as const;
    await save(anew);
    const { issued } = await mintIdempotently({ ...operation, ...anew }, means, save);
    return { issued, revoked: gone };
  }
}

function keyOfGoneAnswer(error: unknown): string | null {
  if (!(error instanceof KeysError) || error.code !== 'answer_gone') return null;
  const id = error.details?.['key_id'];
  return typeof id === 'string' ? id : null;
}

/** A rolled key cannot be rolled again: its successor is made like it. */
async function again(operation: Operation, { service }: IssueMeans): Promise<Operation['request']> {
  if ('create' in operation.request) return operation.request;
  return { create: successorOf(await service.get(operation.request.roll)) };
}

/** Where a repeat is not recognised, the answer is in the keychain before anything else is done with it. */
async function mintIntoEscrow(operation: Operation, means: IssueMeans, save: Save): Promise<Obtained> {
  await save({ step: 'sent' });
  const { issued: told, previous } = await send(operation, means);
  if (operation.escrow !== null) await means.secrets.save(operation.escrow, told.credential);
  const issued = told.key.id === '' ? await identified(told, means) : told;
  await save({ step: 'minted', key: issued.key, previous });
  return { issued, revoked: null };
}

/** Of a create whose answer has no id: the newest key of its name. Where none can be found, the name stands for it. */
async function identified(issued: IssuedKey, { service }: IssueMeans): Promise<IssuedKey> {
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

/** The answer of a request that was sent is lost: what it made is looked for, and ended only by a mark of ours. */
async function afterLostAnswer(operation: Operation, { service, warn }: IssueMeans): Promise<Obtained> {
  const wanted = 'create' in operation.request ? operation.request.create.name : operation.request.name;
  if ('roll' in operation.request) {
    warn(`maybe rolled: ${operation.request.roll}; if its secret is another one now, roll it again`);
  }
  const { keys } = await service.list({});
  const made = keys.filter(
    (key) =>
      key.name === wanted &&
      (!key.created_at || Date.parse(key.created_at) >= operation.created_at - CLOCKS_APART_MS),
  );
  const marked = made.find((key) => key.metadata?.[MARK] === operation.id);
  if (marked !== undefined) {
    await service.revoke(marked.id);
    return { issued: null, revoked: marked.id };
  }
  for (const key of made)
    warn(`maybe minted: ${key.id} (${key.name}); if nobody uses it: keys revoke ${key.id}`);
  return { issued: null, revoked: null };
}

/** Member of a key's metadata by which one of ours is known again. */
export const MARK = 'keys_operation';
const CLOCKS_APART_MS = 10 * 60_000;

/** The ledger knows the key, by its digests, before its secret is anywhere. */
async function remember(
  operation: Operation,
  issued: IssuedKey,
  { ledger, clock }: IssueMeans,
): Promise<void> {
  const { credentialDigests } = await import('../domain/credential-digests.js');
  const place = { provider: operation.target.policy ?? operation.target.provider, place: operation.place };
  const known = await ledger.find(place, issued.key.id);
  const now = clock.now();
  await ledger.put(
    {
      ...place,
      key: issued.key,
      digests: credentialDigests(issued.credential),
      secret_item: known?.secret_item ?? savedItem(operation),
      base_url: operation.target.baseUrl,
      roll_by: known?.roll_by ?? now + ROLL_AFTER_MS,
    },
    now,
  );
}

function savedItem(operation: Operation): string | null {
  const plan = operation.deliveries.find(({ plan: { kind } }) => kind === 'save')?.plan;
  return plan === undefined ? null : String(plan['item']);
}

async function deliverAll(
  operation: Operation,
  issued: IssuedKey,
  means: IssueMeans,
  save: Save,
): Promise<Array<{ label: string; reason: string }>> {
  const owed: Array<{ label: string; reason: string }> = [];
  let deliveries = operation.deliveries;
  for (const [i, delivery] of operation.deliveries.entries()) {
    if (delivery.delivered) continue;
    try {
      const plan = delivery.plan as unknown as DestinationPlan;
      const destination = means.destination(
        plan,
        issued,
        previousAsPlanned(operation, issued.key, means.clock.now()),
      );
      if (destination === null) throw new KeysError('delivery_owed', 'nobody is here to read it');
      await destination.deliver(issued.credential);
      deliveries = deliveries.with(i, { ...delivery, delivered: true });
      await save({ deliveries });
    } catch (error) {
      owed.push({ label: delivery.label, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return owed;
}

/** The old key as it will be when this operation is done. */
function previousAsPlanned({ previous, retire }: Operation, successor: Key, now: number): Key | null {
  if (previous === null || retire === null) return previous;
  return {
    ...previous,
    status: retire.at <= now ? 'revoked' : 'retiring',
    expires_at: isoTime(retire.at),
    rolled_to: successor.id,
  };
}

/** Why the old key must not end yet; null where the new one works, or nothing can be told. */
async function tryNew(operation: Operation, issued: IssuedKey, means: IssueMeans): Promise<string | null> {
  if (!operation.verify) return null;
  const answer = await means.check(issued.credential);
  if (answer.outcome === 'accepted') return null;
  if (answer.outcome === 'not_asked') return null;
  return `the new key was not accepted: ${answer.message}`;
}

/** What was kept for a repeat is dropped, at the service and here. It would go by itself: not worth a failure. */
async function letGo(operation: Operation, { service, secrets }: IssueMeans): Promise<void> {
  if (operation.idempotent && operation.key !== null) {
    await service
      .acknowledge(operation.key.id, { idempotencyKey: operation.idempotencyKey })
      .catch(() => undefined);
  }
  const ours = operation.escrow?.startsWith('escrow:') === true;
  if (ours && operation.escrow !== null) await secrets.remove(operation.escrow);
}

/** Ends the old key where its time has come. */
async function retire(operation: Operation, issued: IssuedKey | null, means: IssueMeans): Promise<Outcome> {
  const { ledger, service, clock } = means;
  const outcome = { ...NOTHING, issued, previous: operation.previous };
  const due = operation.retire;
  // A key that was rolled in place is its own successor: it must not end.
  if (due === null || due.id === operation.key?.id) {
    await ledger.endOperation(operation.id);
    return outcome;
  }
  if (due.at > clock.now()) {
    await ledger.releaseOperation(operation.id);
    return { ...outcome, retiresAt: due.at };
  }
  try {
    await service.revoke(due.id);
  } catch (error) {
    // Ended by someone else: what was to be done is done.
    if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
  }
  await ledger.endOperation(operation.id);
  return { ...outcome, retired: true };
}

/** A key made like another, for who has no roll. */
export function successorOf(old: Key) {
  const { name, type, environment, service, scopes, restrictions, metadata, options } = old;
  return {
    name,
    ...compact({ type }),
    ...(environment ? { environment } : {}),
    ...(service ? { service } : {}),
    ...(scopes?.length ? { scopes } : {}),
    ...(restrictions && Object.keys(restrictions).length > 0 ? { restrictions } : {}),
    ...(metadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(options && Object.keys(options).length > 0 ? { options } : {}),
  };
}
