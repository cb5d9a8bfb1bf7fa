import { type ManagedKey, type Model, secretsIn, storedAt } from './model.js';
import { isInLedger } from './perform.js';
import type { PlaceName } from './places.js';
import type { Pair, Step } from './steps.js';
import type { Taken, Walk } from './walk.js';
import type { Ran } from './world.js';

/** Exit codes that say that nothing was done. */
export const REFUSED: ReadonlySet<number | null> = new Set<number | null>([2, 3, 4, 6]);

/** Steps whose output may name what is live and unknown. */
const REPORTING: ReadonlyArray<Step['do']> = [
  ...(['resume', 'wrong clock', 'pending', 'drop', 'two', 'two dues', 'import to'] as const),
];

/** Whether it takes in a key that exists already. */
export const isImport = (step: Step): step is Extract<Step, { do: `import${string}` }> =>
  step.do === 'import' || step.do === 'import from' || step.do === 'import to';

/** Brings the model up to date with what was done. */
export function note(walk: Walk, { step, key, named, ran, before, after }: Taken): void {
  const { world, model } = walk;
  for (const account of world.accounts) {
    for (const { id, secret } of account.gate.given) model.secrets.set(secret, { account, id });
    for (const [id, seen] of after.get(account.id) ?? []) {
      const known = `${account.id}/${id}`;
      if (before.get(account.id)?.has(id) || model.owners.has(known)) continue;
      const owner =
        step.do === 'ephemeral'
          ? null
          : key?.account === account
            ? key
            : byName(model, account.id, seen.name);
      if (step.do === 'ephemeral') model.ephemeral.add(known);
      model.owners.set(known, owner ?? 'stranger');
      if (owner !== null) owner.naturalEnds.set(id, seen.expiresAt);
    }
  }
  if (ran === null) return;
  if (REPORTING.includes(step.do) || ran.code !== 0) model.reports += `${ran.stdout}\n${ran.stderr}\n`;
  for (const { uses } of model.keys.values())
    for (const id of uses.keys()) if (isNoticed(ran, id)) uses.set(id, true);
  if (step.do === 'several' && step.what === 'revoke') for (const one of named) one.ended = true;
  if (key === null) return;
  if (step.do === 'revoke') key.ended = true;
  notePause(step, key, ran, before);
  if (isImport(step) && ran.code === 0) {
    leaveOld(walk, key, ran, true);
    promise(key, step.do === 'import to' ? step.to : ['keychain']);
    key.ended = false;
  }
  // It is in the ledger with its places, and the secret is not at each of them.
  if (step.do === 'import to' && isInLedger(ran)) for (const place of step.to) key.places.add(place);
  if (step.do === 'drop' && ran.code === 0) {
    key.dropped = true;
    key.mayStop = true;
  }
  if (step.do === 'places add' && ran.code === 0) for (const place of step.to) key.added.add(place);
  if (step.do === 'places remove' && ran.code === 0) release(key, step.place);
  if (step.do === 'deliver') asked(key, step.to, ran);
  if (step.do === 'two' && ran.parts !== undefined) noteOther(step.pair, key, ran.parts[1]);
  if (step.do === 'create' || step.do === 'roll' || step.do === 'two')
    noteCreated(walk, step, key, ran, before);
  // An update by the id of an old version names that version, and not the key.
  if (step.do === 'update' && step.what === 'name' && !isOldVersion(model, key, step.name, before))
    noteName(model, key, newName(step.name), { ran, before, after });
  if (step.do === 'update' && step.what === 'expires') {
    for (const [id, { expiresAt }] of after.get(key.account.id) ?? [])
      if (expiresAt !== before.get(key.account.id)?.get(id)?.expiresAt) key.naturalEnds.set(id, expiresAt);
  }
}

/** A pause by a name is of each version, by an id of that one. */
function notePause(step: Step, key: ManagedKey, ran: Ran, before: Taken['before']): void {
  const other = step.do === 'two' && step.pair === 'roll and pause' ? ran.parts?.[1] : undefined;
  if ((step.do === 'pause' && ran.code === 0) || other?.code === 0) {
    const isId = 'name' in step && before.get(key.account.id)?.has(step.name) === true;
    if (isId) key.pausedIds.add(step.name);
    else key.paused = true;
  }
  const isCreate = step.do === 'create' || (step.do === 'two' && step.pair === 'creates');
  const isAnew = (isCreate || isImport(step)) && ran.code === 0;
  if (!isAnew && (step.do !== 'unpause' || REFUSED.has(ran.code))) return;
  key.paused = false;
  key.pausedIds.clear();
}

function isOldVersion({ owners }: Model, key: ManagedKey, id: string, before: Taken['before']): boolean {
  const { account } = key;
  const live = [...(before.get(account.id)?.values() ?? [])].filter(
    (seen) => seen.live && owners.get(`${account.id}/${seen.id}`) === key,
  );
  return live.some((seen) => seen.id === id) && live.at(-1)?.id !== id;
}

/** The name that an update gives: there and back. */
export const newName = (name: string) => (/ new$/.test(name) ? name.replace(/ new$/, '') : `${name} new`);

/** An update that has not said that it was done may have changed the name at the service. */
function noteName(
  model: Model,
  key: ManagedKey,
  name: string,
  { ran, before, after }: Pick<Taken, 'before' | 'after'> & { readonly ran: Ran },
): void {
  const stored = storedAt(key.account, name);
  if (ran.code === 0) {
    // What steps have called by the new name so far was never made.
    for (const [owner, other] of model.keys)
      if (other !== key && other.account === key.account && other.name === stored) model.keys.delete(owner);
    key.name = stored;
    key.otherName = null;
    return;
  }
  for (const [id, seen] of after.get(key.account.id) ?? [])
    if (seen.name === stored && before.get(key.account.id)?.get(id)?.name !== stored) key.otherName = stored;
}

/** Whether a command has said that an old version is still used. */
const isNoticed = ({ stdout, stderr }: Ran, id: string) =>
  new RegExp(`\\b${id} was used at`).test(`${stdout}\n${stderr}`);

const isAccepted = ({ code }: Ran) => code === 0 || code === 9;

function promise(key: ManagedKey, places: Iterable<PlaceName>): void {
  for (const place of places) {
    key.promised.add(place);
    key.places.add(place);
    key.released.delete(place);
  }
}

/** A command was asked to deliver there: unless it has refused, it may have. */
function asked(key: ManagedKey, places: readonly PlaceName[], ran: Ran): void {
  if (isAccepted(ran)) promise(key, places);
  else if (!REFUSED.has(ran.code)) for (const place of places) key.places.add(place);
}

/**
 * A new key under the name of one that has ended, or that an imported key succeeds: a place that still has
 * the old secret is named. A create forgets it; an import keeps it for the next roll.
 */
function leaveOld({ world: { places }, model }: Walk, key: ManagedKey, { stderr }: Ran, kept: boolean): void {
  if (!key.ended && !kept) return;
  const named = stderr.split('\n').filter((line) => line.includes('still has the'));
  for (const place of key.places) {
    const text = place === 'exec' ? 'exec:' : places.address(place, key.owner);
    // Nothing is said of a place whose secret a revocation has removed, or that another key has taken since.
    const isOwn = (secret: string) => {
      const given = model.secrets.get(secret);
      return given !== undefined && model.owners.get(`${given.account.id}/${given.id}`) === key;
    };
    const isErased = !kept && !places.read(place, key.owner).some(isOwn);
    if (place !== 'keychain' && !isErased && !named.some((line) => line.includes(text))) continue;
    release(key, place);
    if (kept) key.released.delete(place);
    if (kept && place !== 'keychain') key.added.add(place);
  }
}

/** Whether the last version of a key had come to its end by itself: its name was free. */
function hasExpired({ owners }: Model, key: ManagedKey, before: Taken['before']): boolean {
  const { account } = key;
  const own = [...(before.get(account.id)?.values() ?? [])].filter(
    ({ id }) => owners.get(`${account.id}/${id}`) === key,
  );
  return own.length > 0 && own.every(({ live }) => !live);
}

function release(key: ManagedKey, place: PlaceName): void {
  key.promised.delete(place);
  key.places.delete(place);
  key.added.delete(place);
  key.released.add(place);
}

/** What the second program of a pair has done beside the roll. */
function noteOther(pair: Pair, key: ManagedKey, other: Ran): void {
  if (pair === 'roll and revoke' && other.code === 0) key.ended = true;
  if (pair === 'roll and deliver') asked(key, ['a#SHOP'], other);
  if (pair === 'roll and add' && isAccepted(other)) key.added.add('b#WEB');
}

/** What a create or roll has promised. */
function noteCreated(
  walk: Walk,
  step: Extract<Step, { do: 'create' | 'roll' | 'two' }>,
  key: ManagedKey,
  ran: Ran,
  before: Taken['before'],
): void {
  const isCreate = step.do === 'create' || (step.do === 'two' && step.pair === 'creates');
  const isAlone = step.do !== 'two' || step.pair === 'rolls' || step.pair === 'creates';
  const roll = isAlone ? ran : (ran.parts?.[0] ?? ran);
  const { world, model } = walk;
  if (isCreate && !REFUSED.has(roll.code)) {
    key.ended ||= hasExpired(model, key, before);
    leaveOld(walk, key, ran, false);
  }
  asked(key, step.do === 'two' && step.pair === 'creates' ? ['exec'] : step.to, roll);
  if (roll.code === 0 && step.do === 'roll') {
    promise(key, key.added);
    key.added.clear();
  }
  if (!REFUSED.has(roll.code)) key.settled = roll.code === 0;
  if (isCreate && roll.code === 0) key.ended = false;
  const { rolledBy } = world.account(key.account.id).gate;
  const byVendor = [ran, ...(ran.parts ?? [])].some(({ number }) => rolledBy.has(number));
  const stops =
    (step.do === 'roll' && step.how === 'revoke first') ||
    (byVendor && key.account.kind?.roll?.grace === 'none');
  if (stops && !REFUSED.has(roll.code)) key.mayStop = true;
  else if (roll.code === 0) key.mayStop = false;
  if (step.to.length === 0) for (const secret of secretsIn(model, ran.stdout)) model.printed.add(secret);
}

function byName(model: Model, account: string, name: string): ManagedKey | null {
  // Where a vendor keeps no names, it is of a key that is not finished.
  const unfinishedFirst = [...model.keys.values()].sort((a, b) => Number(a.settled) - Number(b.settled));
  for (const key of unfinishedFirst) {
    if (key.account.id !== account) continue;
    const names = [key.name, ...(key.otherName === null ? [] : [key.otherName])];
    if (
      names.some((wanted) => name === wanted || isSuccessorName(name, wanted)) ||
      (key.account.kind?.names === 'none' && name === '')
    )
      return key;
  }
  return null;
}

/** A successor where names are unique has a figure behind its name. */
const isSuccessorName = (name: string, wanted: string) =>
  name.startsWith(wanted) && /^[ -]?\d+$/.test(name.slice(wanted.length));
