import { afterStep, atTheEnd, type CheckName } from './checks.js';
import { type ManagedKey, type Model, managedKey, newModel, type Snapshot, snapshot } from './model.js';
import { isImport, note } from './note.js';
import { perform } from './perform.js';
import type { PlaceName } from './places.js';
import { printStep, type Step } from './steps.js';
import { openWorld, type Ran, type World } from './world.js';

/** A step with what it did. */
export interface Taken {
  readonly step: Step;
  /** The key that the step names; null: it names none. */
  readonly key: ManagedKey | null;
  /** Every key that the step names. */
  readonly named: readonly ManagedKey[];
  /** null: the step ran no command. */
  readonly ran: Ran | null;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** What stood in each variable before. */
  readonly stood: ReadonlyMap<string, string | undefined>;
  /** What stood at each place that was removed from its key. */
  readonly left: ReadonlyMap<string, readonly string[]>;
}

/** A walk under way. */
export interface Walk {
  readonly world: World;
  readonly model: Model;
  readonly checks: ReadonlySet<CheckName>;
  readonly taken: Taken[];
}

export async function beginWalk(
  checks: ReadonlySet<CheckName>,
  freshLedger: World['freshLedger'] = null,
): Promise<Walk> {
  return { world: await openWorld(undefined, freshLedger), model: newModel(), checks, taken: [] };
}

const VARIABLES: readonly PlaceName[] = ['a#WEB', 'a#SHOP', 'b#WEB', 'b#SHOP'];
const SHARED: readonly PlaceName[] = [...VARIABLES, 'keychain'];
/** Whether the name of this step is that of a new key, whatever key has it as its id. */
const isCreating = (step: Step) =>
  step.do === 'create' || isImport(step) || (step.do === 'two' && step.pair === 'creates');

/** Does one step and checks what must hold after it. Throws what does not hold. */
export async function takeStep(walk: Walk, step: Step): Promise<void> {
  const { world, taken } = walk;
  const before = taken.at(-1)?.after ?? (await snapshot(world.accounts));
  const key = keyOf(walk, step, before);
  const stood = new Map(VARIABLES.map((place) => [place, world.places.read(place, '')[0]]));
  const left = new Map(
    [...walk.model.keys.values()].flatMap(({ owner, released }) =>
      [...released].map((place) => [`${owner} ${place}`, world.places.read(place, owner)] as const),
    ),
  );
  const several =
    step.do === 'several'
      ? step.names.map((name) => keyOf(walk, { do: 'roll', at: step.at, name, how: 'plain', to: [] }, before))
      : [key];
  if (key === 'stranger' || several.includes('stranger')) return;
  const named = several.filter((one) => one !== null && one !== 'stranger');
  const ran = await perform(walk, step, key, before);
  const after = await snapshot(world.accounts);
  await discover(walk, ran);
  const done: Taken = { step, key, named, ran, before, after, stood, left };
  note(walk, done);
  taken.push(done);
  await afterStep(walk, done);
}

/** Secrets that the embedded service has given: they are in what was printed, or at a place. */
async function discover({ world, model }: Walk, ran: Ran | null): Promise<void> {
  const placed = [...model.keys.values()].flatMap(({ owner, places, released }) =>
    [...places, ...released].flatMap((place) => world.places.read(place, owner)),
  );
  for (const { discover: find } of world.accounts)
    await find?.(
      [ran?.stdout ?? '', ...SHARED.flatMap((place) => world.places.read(place, '')), ...placed].join('\n'),
      ran?.number ?? -1,
    );
}

/**
 * The key that a step names: by its id, else by its name. A stranger's key is left alone; null: the step
 * names none.
 */
function keyOf({ world, model }: Walk, step: Step, before: Snapshot): ManagedKey | 'stranger' | null {
  if (!('name' in step) || step.do === 'stranger') return null;
  // Where a vendor keeps no names, a key is called by the id of its first version, also when that is gone.
  const hasNames = world.account(step.at).kind?.names !== 'none';
  const isId = before.get(step.at)?.get(step.name)?.live === true || !hasNames;
  const byId = isId ? model.owners.get(`${step.at}/${step.name}`) : undefined;
  const key = managedKey(model, world.account(step.at), step.name);
  if (isCreating(step)) return key;
  const isOurs = [...model.owners.values()].includes(key);
  return byId ?? (!isOurs && isStrangers(model, step, before) ? 'stranger' : key);
}

/** Whether a stranger has a live key of the name of this step. */
function isStrangers(model: Model, { at, name }: { at: string; name: string }, before: Snapshot): boolean {
  return [...(before.get(at)?.values() ?? [])].some(
    (seen) =>
      seen.live &&
      seen.name.toLowerCase() === name.toLowerCase() &&
      model.owners.get(`${at}/${seen.id}`) === 'stranger',
  );
}

/** Repairs everything, lets time pass, finishes what is pending, and checks what must hold then. */
export async function endWalk(walk: Walk): Promise<void> {
  const { world } = walk;
  world.places.heal();
  world.keep('file');
  const [first] = world.accounts;
  if (first === undefined) return;
  const resume: Step = { do: 'resume', at: first.id };
  await takeStep(walk, resume);
  for (const hours of [14, 60]) {
    world.pass(hours);
    await takeStep(walk, resume);
  }
  await takeStep(walk, { do: 'pending', at: first.id });
  await atTheEnd(walk);
}

/**
 * A walk from its first step to its last. Throws the first check that fails, with everything that was run.
 */
export async function walkThrough(steps: readonly Step[], checks: ReadonlySet<CheckName>): Promise<void> {
  const walk = await beginWalk(checks);
  try {
    for (const step of steps) await takeStep(walk, step);
    await endWalk(walk);
  } finally {
    await walk.world.close();
  }
}

/** Every step of a walk, as a reader wants to see it after a failure. */
export function transcript({ taken }: Walk): string {
  return taken
    .map(({ step, ran }) => {
      const said = ran === null ? '' : `\n    keys ${ran.args.join(' ')}\n    → ${ran.code ?? 'killed'}`;
      const lines = ran === null ? '' : `${ran.stdout}\n${ran.stderr}`.trim().replace(/^/gm, '      ');
      return `  ${printStep(step)}${said}${lines === '' ? '' : `\n${lines}`}`;
    })
    .join('\n');
}
