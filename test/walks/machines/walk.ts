import type { Account, SeenKey } from '../accounts.js';
import type { Machine } from '../as-code/steps.js';
import type { CodeRun, CodeWorld } from '../as-code/world.js';
import { type Act, KEYS, type MachineStep } from './steps.js';

/** What can be seen from outside: the keys of each account, and each place with the secret that it holds. */
interface Seen {
  /** By account and id. */
  readonly keys: ReadonlyMap<string, SeenKey>;
  readonly places: ReadonlyMap<string, { readonly secret: string; readonly accepted: boolean }>;
}

/** A walk of two machines on one ledger. */
export interface MachineWalk {
  readonly world: CodeWorld;
  /**
   * Keys that a command has ended with 0 for: each place of one holds a secret that works, or a command has
   * said otherwise.
   */
  readonly created: Set<number>;
  readonly revoked: Set<number>;
  /** Keys at a service that a stranger made, by account and id. */
  readonly strangers: Set<string>;
  /** Whether a person has dropped an operation: a key may be left by it. */
  dropped: boolean;
  readonly taken: Array<{ readonly step: string; readonly runs: readonly CodeRun[] }>;
  seen: Seen;
}

const EXITS: Readonly<Record<string, ReadonlyArray<number | null>>> = {
  create: [0, 1, 5, 6, 9],
  roll: [0, 1, 3, 5, 6, 9],
  deliver: [0, 1, 3, 5, 6, 9],
  update: [0, 1, 3, 5, 6],
  revoke: [0, 1, 3, 5, 6, 9],
  resume: [0, 1, 5, 9],
  pending: [0],
};

export async function beginMachineWalk(world: CodeWorld): Promise<MachineWalk> {
  const sets = { created: new Set<number>(), revoked: new Set<number>(), strangers: new Set<string>() };
  return { world, ...sets, dropped: false, taken: [], seen: await look(world) };
}

/** Does one step and checks what must hold after it. Throws what does not hold. */
export async function takeMachineStep(walk: MachineWalk, step: MachineStep): Promise<void> {
  const { world } = walk;
  const before = walk.seen;
  if (step.do === 'place') world.fail(step.fails);
  if (step.do === 'stranger') {
    const account = accountOf(world, step.key);
    for (const id of await account.stranger(step.act, nameOf(step.key)))
      walk.strangers.add(`${account.id}/${id}`);
  }
  const acts: ReadonlyArray<readonly [Machine, Act]> =
    step.do === 'both'
      ? [
          ['desk', step.acts[0]],
          ['laptop', step.acts[1]],
        ]
      : step.do === 'place' || step.do === 'stranger'
        ? []
        : [[step.on, step.do]];
  const fault = 'fault' in step ? step.fault : undefined;
  const key = 'key' in step ? step.key : 0;
  for (const [, act] of acts) if (act === 'revoke') walk.revoked.add(key);
  const runs = await Promise.all(acts.map(([on, act]) => world.run(on, argsOf(world, act, key), fault)));
  for (const [n, [, act]] of acts.entries())
    if (act === 'create' && runs[n]?.code === 0) {
      walk.created.add(key);
      // A name is free again after its revoke.
      if (acts.length === 1) walk.revoked.delete(key);
    }
  await check(walk, JSON.stringify(step), runs, before);
}

/** Repairs everything, resumes on both machines until nothing is pending, and checks what must hold then. */
export async function endMachineWalk(walk: MachineWalk): Promise<void> {
  const { world } = walk;
  world.fail('never');
  for (let round = 1; ; round++) {
    const codes: Array<number | null> = [];
    for (const on of world.machines) codes.push((await run(walk, on, ['resume', '--json'])).code);
    if (codes.every((code) => code === 0)) break;
    if (round === 6) throw failure(walk, [`resume still ends with ${codes} after ${round} rounds`]);
    // The longest request has ended after this.
    world.pass(1);
    if (round >= 3) await dropUnknown(walk);
  }
  const listed = await run(walk, 'laptop', ['pending', '--json']);
  const left = (JSON.parse(listed.stdout || '[]') as Pending[]).filter(({ step }) => step !== 'retiring');
  throwIf(walk, [...left.map(({ name, step }) => `${name} is pending: ${step}`), ...nothingIsLost(walk)]);
}

interface Pending {
  readonly id: string;
  readonly name: string;
  readonly step?: string;
}

/** What cannot be found out is given up by a person, who looks at the vendor. */
async function dropUnknown(walk: MachineWalk): Promise<void> {
  const listed = await run(walk, 'desk', ['pending', '--json']);
  for (const { id, step } of JSON.parse(listed.stdout || '[]') as Pending[]) {
    if (step === 'retiring') continue;
    walk.dropped = true;
    await run(walk, 'laptop', ['pending', 'drop', id, '--yes']);
  }
}

async function run(walk: MachineWalk, on: Machine, args: readonly string[]): Promise<CodeRun> {
  const before = walk.seen;
  const done = await walk.world.run(on, args);
  await check(walk, `${on}: ${args.join(' ')}`, [done], before);
  return done;
}

const nameOf = (key: number) => ['web', 'web shop'][key] ?? 'other';
const accountOf = ({ accounts }: CodeWorld, key: number) => accounts[key % accounts.length] as Account;
const placesOf = (key: number) => [`shelf:app${key}#A`, `shelf:app${key}#B`] as const;

function argsOf(world: CodeWorld, act: Act, key: number): string[] {
  const [first, second] = placesOf(key);
  const name = nameOf(key);
  const profile = ['--profile', accountOf(world, key).id];
  switch (act) {
    case 'create':
      return ['create', '--name', name, ...profile, '--to', first];
    case 'roll':
      return ['roll', name, '--now', '--yes', ...profile];
    case 'deliver':
      return ['deliver', name, ...profile, '--to', second];
    case 'update':
      return ['update', name, ...profile, '--name', name];
    case 'revoke':
      return ['revoke', name, '--yes', ...profile];
    case 'resume':
      return ['resume', '--json'];
  }
}

async function look(world: CodeWorld): Promise<Seen> {
  const keys = new Map<string, SeenKey>();
  for (const account of world.accounts)
    for (const key of await account.keys()) keys.set(`${account.id}/${key.id}`, key);
  const places = new Map<string, { secret: string; accepted: boolean }>();
  for (let key = 0; key < KEYS; key++)
    for (const place of placesOf(key)) {
      const secret = world.read(place);
      if (secret === undefined) continue;
      places.set(place, { secret, accepted: (await accountOf(world, key).holder(secret)) !== null });
    }
  return { keys, places };
}

async function check(walk: MachineWalk, step: string, runs: readonly CodeRun[], before: Seen): Promise<void> {
  walk.seen = await look(walk.world);
  walk.taken.push({ step, runs });
  throwIf(walk, [
    ...endsAsDocumented(runs),
    ...nothingStopsEarly(walk, before),
    ...strangersAreLeft(walk, runs, before),
  ]);
  const text = runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  for (const { admin, gate } of walk.world.accounts)
    if ([admin, ...gate.given.map(({ secret }) => secret)].some((secret) => text.includes(secret)))
      throw failure(walk, ['a secret was printed']);
}

function endsAsDocumented(runs: readonly CodeRun[]): string[] {
  return runs.flatMap(({ args: [command = ''], code, stderr }) => [
    ...(code === null || EXITS[command]?.includes(code) || isAmbiguous(code, stderr)
      ? []
      : [`keys ${command} ended with ${code}`]),
    ...(/bug in keys|\n\s+at \S+ \(/.test(stderr) ? [`keys ${command} failed within`] : []),
  ]);
}

/** A roll that was killed, or a stranger, has left a second key of the name: the command asks for an id. */
const isAmbiguous = (code: number, stderr: string) => code === 2 && /\d+ keys are named /.test(stderr);

/** A version stops only when its successor is at each place, or when the key is revoked. */
function nothingStopsEarly({ revoked, seen }: MachineWalk, before: Seen): string[] {
  const problems: string[] = [];
  for (let key = 0; key < KEYS; key++)
    for (const place of revoked.has(key) ? [] : placesOf(key)) {
      const [was, is] = [before.places.get(place), seen.places.get(place)];
      if (was?.accepted && is?.secret === was.secret && !is.accepted)
        problems.push(`the secret of ${nameOf(key)} at ${place} was stopped`);
    }
  return problems;
}

function strangersAreLeft(
  { strangers, seen }: MachineWalk,
  runs: readonly CodeRun[],
  before: Seen,
): string[] {
  if (runs.length === 0) return [];
  return [...strangers]
    .filter((id) => before.keys.get(id)?.live && seen.keys.get(id)?.live === false)
    .map((id) => `${id}, which a stranger made, was stopped`);
}

/** Each key that was created works at its place, and no other version of it is live. */
function nothingIsLost({ world, created, revoked, dropped, strangers, seen }: MachineWalk): string[] {
  const problems: string[] = [];
  for (const key of created) {
    if (revoked.has(key)) continue;
    for (const place of placesOf(key)) {
      const held = seen.places.get(place);
      if (held !== undefined && !held.accepted) problems.push(`${place} holds a secret that is not accepted`);
    }
    if (!seen.places.has(placesOf(key)[0])) problems.push(`${placesOf(key)[0]} holds nothing`);
  }
  if (dropped) return problems;
  const held = new Set([...seen.places.values()].map(({ secret }) => secret));
  for (const { id: account, gate } of world.accounts)
    for (const [at, { live }] of seen.keys) {
      if (!live || !at.startsWith(`${account}/`) || strangers.has(at)) continue;
      const own = gate.given.filter(({ id }) => at === `${account}/${id}`);
      if (own.length > 0 && !own.some(({ secret }) => held.has(secret)))
        problems.push(`${at} is live, and its secret is at no place`);
    }
  return problems;
}

function throwIf(walk: MachineWalk, problems: readonly string[]): void {
  if (problems.length > 0) throw failure(walk, problems);
}

function failure({ taken }: MachineWalk, problems: readonly string[]): Error {
  const lines = taken.flatMap(({ step, runs }) => [
    `  ${step}`,
    ...runs.map(({ on, args, code, stdout, stderr }) =>
      `    ${on}: keys ${args.join(' ')} → ${code ?? 'killed'}\n${stdout}${stderr}`.trimEnd(),
    ),
  ]);
  return new Error(`${problems.join('\n')}\nafter\n${lines.join('\n')}`);
}
