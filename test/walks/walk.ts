import { afterStep, atTheEnd, type CheckName } from './checks.js';
import { type ManagedKey, type Model, managedKey, newModel, type Snapshot, snapshot } from './model.js';
import type { PlaceName } from './places.js';
import { printStep, type Rights, type RollForm, type Step } from './steps.js';
import { openWorld, type Ran, type World } from './world.js';

/** A step with what it did. */
export interface Taken {
  readonly step: Step;
  /** The key that the step names; null: it names none. */
  readonly key: ManagedKey | null;
  /** null: the step ran no command. */
  readonly ran: Ran | null;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** What stood in each variable before. */
  readonly stood: ReadonlyMap<string, string | undefined>;
}

/** A walk under way. */
export interface Walk {
  readonly world: World;
  readonly model: Model;
  readonly checks: ReadonlySet<CheckName>;
  readonly taken: Taken[];
}

export async function beginWalk(checks: ReadonlySet<CheckName>): Promise<Walk> {
  return { world: await openWorld(), model: newModel(), checks, taken: [] };
}

const RIGHTS: Readonly<Record<Rights, readonly string[]>> = {
  none: [],
  scoped: ['--scope', 'a:read'],
  '90d': ['--expires', '90d'],
  'scoped 90d': ['--scope', 'a:read', '--expires', '90d'],
};
const VARIABLES: readonly PlaceName[] = ['a#WEB', 'a#SHOP', 'b#WEB', 'b#SHOP'];
const FORMS: Readonly<Record<RollForm, readonly string[]>> = {
  plain: [],
  now: ['--now'],
  grace: ['--grace', '2h'],
  'revoke first': ['--revoke-first'],
};
const CHANGES = {
  name: (name: string) => ['--name', `${name} new`],
  expires: () => ['--expires', '200d'],
  scopes: () => ['--scope', 'b:read'],
} as const;

/** Does one step and checks what must hold after it. Throws what does not hold. */
export async function takeStep(walk: Walk, step: Step): Promise<void> {
  const { world, taken } = walk;
  const before = taken.at(-1)?.after ?? (await snapshot(world.accounts));
  const key = keyOf(walk, step, before);
  const stood = new Map(VARIABLES.map((place) => [place, world.places.read(place, '')[0]]));
  if (key === 'stranger') return;
  const ran = await perform(walk, step, key);
  const after = await snapshot(world.accounts);
  const done: Taken = { step, key, ran, before, after, stood };
  note(walk, done);
  taken.push(done);
  await afterStep(walk, done);
}

/** The key that a step names: by its id, else by its name. A stranger's key is left alone; null: the step names none. */
function keyOf({ world, model }: Walk, step: Step, before: Snapshot): ManagedKey | 'stranger' | null {
  if (!('name' in step) || step.do === 'stranger') return null;
  const byId = before.get(step.at)?.get(step.name)?.live
    ? model.owners.get(`${step.at}/${step.name}`)
    : undefined;
  return (
    (step.do === 'create' || step.do === 'import' ? undefined : byId) ??
    managedKey(model, world.account(step.at), step.name)
  );
}

async function perform(walk: Walk, step: Step, key: ManagedKey | null): Promise<Ran | null> {
  const { world, model } = walk;
  const { places } = world;
  switch (step.do) {
    case 'clock':
      world.pass(step.hours);
      return null;
    case 'keychain':
      world.keep(step.there ? 'file' : 'keychain');
      return null;
    case 'place':
      places.block(step.what, `${step.at}/${step.name}`, step.on);
      return null;
    case 'stranger':
      for (const id of await world.account(step.at).stranger(step.act, step.name))
        model.owners.set(`${step.at}/${id}`, 'stranger');
      return null;
    default:
  }
  const at = world.account(step.at);
  const options = { at, fault: 'fault' in step ? step.fault : undefined };
  const profile = ['--profile', step.at];
  if (step.do === 'resume') return await world.run(['resume', '--json'], options);
  if (step.do === 'due') return await world.run(['roll', '--due', '1h', '--yes', ...profile], options);
  if (step.do === 'pending') return await world.run(['pending', '--json']);
  if (step.do === 'list') return await world.run(['list', '--json', ...profile]);
  if (key === null || !('name' in step)) throw new TypeError(`a step without a key: ${printStep(step)}`);
  const { name } = step;
  const { owner } = key;
  switch (step.do) {
    case 'create':
      return await world.run(
        ['create', '--name', name, ...profile, ...RIGHTS[step.rights], ...places.options(step.to, owner)],
        options,
      );
    case 'roll':
      return await world.run(
        ['roll', name, '--yes', ...profile, ...FORMS[step.how], ...places.options(step.to, owner)],
        options,
      );
    case 'revoke':
      return await world.run(['revoke', name, '--yes', ...profile], options);
    case 'update':
      return await world.run(['update', name, ...profile, ...CHANGES[step.what](name)], options);
    case 'two rolls': {
      const args = ['roll', name, '--yes', ...profile, ...places.options(step.to, owner)];
      return both(await Promise.all([world.run(args), world.run(args)]));
    }
    case 'abort':
      return await world.run(['roll', name, '--abort', '--yes', ...profile]);
    case 'import': {
      const made = await key.account.handmade(name);
      model.secrets.set(made.secret, { account: key.account, id: made.id });
      const ran = await world.run(['import', '--name', name, ...profile], { stdin: made.secret });
      model.owners.set(`${step.at}/${made.id}`, ran.code === 0 ? key : 'stranger');
      return ran;
    }
    case 'env':
      return await world.run(['env', name, '--shell', 'sh', ...profile]);
    case 'run':
      return await world.run([
        'run',
        '--key',
        `${name}=WALKED`,
        ...profile,
        '--',
        'sh',
        '-c',
        'echo "$WALKED"',
      ]);
  }
}

/** Two commands as one: done if one was. */
function both([one, other]: readonly [Ran, Ran]): Ran {
  const code = one.code === 0 || other.code === 0 ? 0 : one.code;
  return { ...one, code, stdout: one.stdout + other.stdout, stderr: one.stderr + other.stderr };
}

/** Exit codes that say that nothing was done. */
const REFUSED = new Set<number | null>([2, 3, 4, 6]);

/** Brings the model up to date with what was done. */
function note({ world, model }: Walk, { step, key, ran, before, after }: Taken): void {
  for (const account of world.accounts) {
    for (const { id, secret } of account.gate.given) model.secrets.set(secret, { account, id });
    for (const [id, seen] of after.get(account.id) ?? []) {
      const known = `${account.id}/${id}`;
      if (before.get(account.id)?.has(id) || model.owners.has(known)) continue;
      const owner = key?.account === account ? key : byName(model, account.id, seen.name);
      model.owners.set(known, owner ?? 'stranger');
      if (owner !== null) owner.naturalEnds.set(id, seen.expiresAt);
    }
  }
  if (ran === null) return;
  if (['resume', 'pending'].includes(step.do) || ran.code !== 0)
    model.reports += `${ran.stdout}\n${ran.stderr}\n`;
  if (key === null) return;
  if (step.do === 'revoke') key.ended = true;
  if (step.do === 'import' && ran.code === 0) {
    key.places.add('keychain');
    key.promised.add('keychain');
    key.ended = false;
  }
  if (step.do === 'create' || step.do === 'roll' || step.do === 'two rolls') {
    for (const place of step.to) {
      if (ran.code === 0 || ran.code === 9) key.promised.add(place);
      if (!REFUSED.has(ran.code)) key.places.add(place);
    }
    key.settled = ran.code === 0;
    if (step.do === 'create' && ran.code === 0) key.ended = false;
    const stops =
      step.do === 'roll' && (step.how === 'revoke first' || key.account.kind?.roll?.inPlace === true);
    if (stops && !REFUSED.has(ran.code)) key.mayStop = true;
    else if (ran.code === 0) key.mayStop = false;
    if (step.to.length === 0) for (const secret of secretsIn(model, ran.stdout)) model.printed.add(secret);
  }
  if (step.do === 'update' && step.what === 'expires') {
    for (const [id, { expiresAt }] of after.get(key.account.id) ?? [])
      if (expiresAt !== before.get(key.account.id)?.get(id)?.expiresAt) key.naturalEnds.set(id, expiresAt);
  }
}

function byName(model: Model, account: string, name: string): ManagedKey | null {
  for (const key of model.keys.values()) {
    if (key.account.id !== account) continue;
    const wanted = key.account.kind?.names === 'normalised' ? key.name.toLowerCase() : key.name;
    if (
      name === wanted ||
      isSuccessorName(name, wanted) ||
      (key.account.kind?.names === 'none' && name === '')
    )
      return key;
  }
  return null;
}

/** A successor where names are unique has a figure behind its name. */
const isSuccessorName = (name: string, wanted: string) =>
  name.startsWith(wanted) && /^[ -]?\d+$/.test(name.slice(wanted.length));

export function secretsIn(model: Model, text: string): string[] {
  return [...model.secrets.keys()].filter((secret) => text.includes(secret));
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

/** A walk from its first step to its last. Throws the first check that fails, with everything that was run. */
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
