import { allKeys } from '../../domain/all-keys.js';
import type { Key } from '../../domain/key.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { boundedList } from '../find/bounded-list.js';
import { storedName } from '../find/stored-name.js';
import { newSince, unknownOf } from './census.js';
import { whyNotKeepable } from './keepable.js';
import type { Means } from './means.js';
import { NOTHING, type Obtained } from './obtained.js';
import { OPERATION_MARK } from './same-rights.js';
import { createAnew, sendRequest } from './send-request.js';
import { settle, settlesAtOnce, settlingMs } from './settling.js';
import type { Step } from './step.js';
import { waitForRequest } from './wait-for-request.js';

const UNKNOWN = 'whether it was created is not known';

/**
 * Continues an operation whose response was lost at a vendor without idempotency. A key with our mark is
 * ours: it is revoked and created again. Any other new key is reported and never touched. Two full lists
 * without a new key, both after the request's longest time, prove that nothing was created.
 */
export async function afterLostResponse(step: Step, means: Means): Promise<Obtained> {
  const { operation } = step;
  const inFlight = await waitForRequest(step, means);
  const candidates =
    operation.census === null
      ? await namesakesSince(operation, means)
      : await newSince(means, operation.census);
  const judged = await judge(candidates, step, means);
  if (judged !== null) return judged;
  if (operation.census === null) return { ...NOTHING, waiting: UNKNOWN };
  if (inFlight !== null) return { ...NOTHING, waiting: inFlight };
  return await afterFirstList(step, operation.census, means);
}

/** Decides by the keys that may be this operation's; null: there are none. */
async function judge(keys: readonly Key[], step: Step, means: Means): Promise<Obtained | null> {
  const ours = keys.find((key) => key.metadata?.[OPERATION_MARK] === step.operation.id);
  if (ours !== undefined) return await createAnew(step, ours.id, means);
  const unknown = await unknownOf(keys, means, step.managed.account);
  const unproven = unknown.filter((key) => mayBeAsked(key, step.operation, means));
  if (unproven.length === 0) return null;
  await step.save({ absent_since: null });
  return { ...NOTHING, unproven, waiting: UNKNOWN };
}

/**
 * Whether a key may be the one that was asked for, by its name. A vendor may shorten a name or put something
 * beside it; any other name says that somebody else has made the key.
 */
function mayBeAsked({ name }: Key, { request }: Operation, { provider }: Pick<Means, 'provider'>): boolean {
  if (!('create' in request) || provider.names.rule === 'none') return true;
  const comparable = (text: string) => storedName(text, provider).toLowerCase();
  const [wanted, has] = [comparable(request.create.name), comparable(name)];
  return has.includes(wanted) || wanted.startsWith(has);
}

/** The first list shows no new key. If the second one does not either, the request is sent again. */
async function afterFirstList(step: Step, census: readonly string[], means: Means): Promise<Obtained> {
  const now = means.clock.now();
  const since = step.operation.absent_since;
  if (since === null && !settlesAtOnce(means)) {
    await step.save({ absent_since: now });
    return notYet(now, means);
  }
  if (since === null) await settle(means);
  else if (now - since < settlingMs(means)) return notYet(since, means);
  const judged = await judge(await newSince(means, census), step, means);
  if (judged !== null) return judged;
  const notKept = await whyNotKeepable(step, means);
  if (notKept !== null) return { ...NOTHING, waiting: notKept };
  await step.save({ step: 'intended', idempotencyKey: means.newIdempotencyKey() });
  return { ...(await sendRequest(step, means)), anew: true };
}

function notYet(since: number, means: Means): Obtained {
  const again = shownTime(since + settlingMs(means));
  return { ...NOTHING, waiting: `no new key is listed yet; try again after ${again}` };
}

/** How far the clocks of this machine and of the vendor may differ, in milliseconds. */
const CLOCKS_APART_MS = 10 * 60_000;

/** Without a census: keys of the wanted name that are not older than the request. */
async function namesakesSince(operation: Operation, means: Means): Promise<Key[]> {
  const wanted = 'create' in operation.request ? operation.request.create.name : operation.request.name;
  const found: Key[] = [];
  for await (const key of allKeys(boundedList(means), {})) {
    const recent = !key.created_at || Date.parse(key.created_at) >= operation.created_at - CLOCKS_APART_MS;
    if (key.name === wanted && recent && key.id !== operation.previous?.id) found.push(key);
  }
  return found;
}
