import { KeysError } from '../domain/errors.js';
import { clauses, type Wording } from '../domain/words.js';
import type { OpenPlace, Place, PlaceContext, Whose } from './place.js';

/**
 * The place, refused where it is reached in another account or cluster than the one that has its secret: the
 * old key that is used there would end, and somebody else would get the new one.
 */
export function withSameOwner(
  opened: OpenPlace,
  place: Place,
  { env }: Pick<PlaceContext, 'env'>,
): OpenPlace {
  const { whose } = opened;
  const { whose: known } = place;
  if (whose === undefined || known === undefined) return opened;
  const { probe, reserve, current, deliver, readBack, erase } = opened;
  const check = (now: Whose) => refuseOther(place.address, known, now, whose.hint);
  /** The same, after a look at where the place is: at each write anew. */
  const read = <Params extends unknown[], Result>(run: (...params: Params) => Promise<Result>) =>
    guarded(async () => check(await readOnce(whose, env)), run);
  const write = <Params extends unknown[], Result>(run: (...params: Params) => Promise<Result>) =>
    guarded(async () => check(await whose.read()), run);
  return {
    ...opened,
    probe: read(probe),
    deliver: write(deliver),
    ...(reserve === undefined ? {} : { reserve: read(reserve) }),
    ...(current === undefined ? {} : { current: read(current) }),
    ...(readBack === undefined ? {} : { readBack: read(readBack) }),
    ...(erase === undefined ? {} : { erase: write(erase) }),
  };
}

function guarded<Params extends unknown[], Result>(
  check: () => Promise<void>,
  run: (...params: Params) => Promise<Result>,
): (...params: Params) => Promise<Result> {
  return async (...params) => {
    await check();
    return await run(...params);
  };
}

function refuseOther(address: string, known: Whose, now: Whose, hint: Wording): void {
  const other = Object.keys(known).find((name) => now[name] !== known[name]);
  if (other === undefined) return;
  throw new KeysError('refused', `${address} is of ${other} ${known[other]}, and this is ${now[other]}`, {
    hint: clauses(hint, 'if it has moved for good, remove the place from the key and add it again'),
  });
}

/** By the environment of a call: a plan reads every place, and each would start a program for it. */
const known = new WeakMap<PlaceContext['env'], Map<string, Promise<Whose>>>();

async function readOnce(whose: NonNullable<OpenPlace['whose']>, env: PlaceContext['env']): Promise<Whose> {
  const ofCall = known.get(env) ?? new Map<string, Promise<Whose>>();
  known.set(env, ofCall);
  const found = ofCall.get(whose.login) ?? whose.read();
  ofCall.set(whose.login, found);
  return await found;
}
