import type { SeenKey } from '../accounts.js';
import { checkStep } from './checks.js';
import { type Entries, edited, fileText } from './file.js';
import { type CodeStep, printCodeStep } from './steps.js';
import type { CodeRun, CodeWorld } from './world.js';

/** What can be seen from outside: keys at each account, and what stands at each place. */
export interface Seen {
  /** By account and id. */
  readonly keys: ReadonlyMap<string, SeenKey>;
  /** By place: what stands there, whose key it is, and whether its service accepts it. */
  readonly places: ReadonlyMap<string, Standing>;
}

interface Standing {
  readonly secret: string;
  /** `account/id`; null: no service gave this value. */
  readonly key: string | null;
  readonly accepted: boolean;
}

/** A walk under way. */
export interface CodeWalk {
  readonly world: CodeWorld;
  entries: Entries;
  /** Keys that a stranger made, by account and id. */
  readonly strangers: Set<string>;
  /** Entries that a person has revoked by hand, and entries whose key a stranger has revoked. */
  readonly revoked: Set<string>;
  /** Places that have had a secret of their entry since it was edited, and no key was revoked. */
  delivered: ReadonlySet<string>;
  readonly taken: Array<{ readonly step: CodeStep; readonly runs: readonly CodeRun[] }>;
  seen: Seen;
}

export async function beginCodeWalk(world: CodeWorld): Promise<CodeWalk> {
  const walk: CodeWalk = {
    world,
    entries: new Map(),
    strangers: new Set(),
    revoked: new Set(),
    delivered: new Set(),
    taken: [],
    seen: { keys: new Map(), places: new Map() },
  };
  writeFile(walk);
  walk.seen = await look(walk);
  return walk;
}

/** All places that the walk has. */
const NUMBERS = [0, 1, 2, 3] as const;

export async function look({ world }: Pick<CodeWalk, 'world'>): Promise<Seen> {
  const keys = new Map<string, SeenKey>();
  for (const account of world.accounts)
    for (const key of await account.keys()) keys.set(`${account.id}/${key.id}`, key);
  const places = new Map<string, Standing>();
  for (const place of NUMBERS.flatMap((number) => world.places(number))) {
    const secret = world.read(place);
    if (secret !== undefined) places.set(place, await standing(world, secret));
  }
  return { keys, places };
}

async function standing({ accounts }: CodeWorld, secret: string): Promise<Standing> {
  for (const account of accounts) {
    const given = account.gate.given.find((one) => one.secret === secret);
    if (given === undefined) continue;
    const accepted = (await account.holder(secret)) !== null;
    return { secret, key: `${account.id}/${given.id}`, accepted };
  }
  return { secret, key: null, accepted: false };
}

function writeFile({ world, entries }: CodeWalk): void {
  world.write(
    fileText(
      entries,
      world.accounts.map(({ id, kind }) => [id, kind?.id ?? 'keys']),
    ),
  );
}

const APPLY = ['apply', '--yes', '--json'];

/** Does one step and checks what must hold after it. Throws what does not hold. */
export async function takeCodeStep(walk: CodeWalk, step: CodeStep): Promise<void> {
  const before = walk.seen;
  const runs = await perform(walk, step);
  walk.seen = await look(walk);
  walk.taken.push({ step, runs });
  const problems = await checkStep(walk, { step, runs, before, after: walk.seen });
  walk.delivered = deliveredAfter(walk, step, runs);
  fail(walk, problems);
}

/** A key that was revoked begins anew, and so does a place that the file has left. */
function deliveredAfter(
  { entries, delivered }: CodeWalk,
  step: CodeStep,
  runs: readonly CodeRun[],
): ReadonlySet<string> {
  if (step.do === 'apply' && runs[0]?.code === 0) {
    const working = [...entries.values()].filter(({ revoked }) => !revoked);
    return new Set(working.flatMap(({ to }) => to));
  }
  return ['edit', 'revoke', 'stranger'].includes(step.do) ? new Set() : delivered;
}

export function fail(walk: CodeWalk, problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\nafter\n${codeTranscript(walk)}`);
}

async function perform(walk: CodeWalk, step: CodeStep): Promise<readonly CodeRun[]> {
  const { world } = walk;
  switch (step.do) {
    case 'apply':
      return [await world.run(step.on, APPLY, step.fault)];
    case 'other account':
      world.logInElsewhere(true);
      try {
        return [await world.run(step.on, APPLY)];
      } finally {
        world.logInElsewhere(false);
      }
    case 'plan':
      return [await world.run(step.on, ['plan', '--json'], step.fault)];
    case 'two applies': {
      const last = world.machines.at(-1) ?? 'desk';
      return await Promise.all([world.run('desk', APPLY), world.run(last, APPLY)]);
    }
    case 'edit': {
      const accounts = world.accounts.map(({ id }) => id);
      const places = world.places(step.entry);
      const next = edited(walk.entries, step.entry, step.change, { accounts, places });
      const name = next.get(step.entry)?.name;
      // A name that was applied and left again is that of another key.
      if (step.change === 'rename' && name !== undefined && walk.revoked.has(name)) return [];
      walk.entries = next;
      writeFile(walk);
      return [];
    }
    case 'clock':
      world.pass(step.hours);
      return [];
    case 'place':
      world.fail(step.fails);
      return [];
    case 'overwrite':
    case 'empty': {
      // The command of the shelf tells nothing of what it has, so only a file is looked at.
      const place = walk.entries.get(step.entry)?.to.find((one) => !one.startsWith('shelf:'));
      if (place !== undefined) world.put(place, step.do === 'empty' ? null : 'somebody-elses-value');
      return [];
    }
    case 'stranger':
      await stranger(walk, step);
      return [];
    case 'resume':
      return [await world.run(step.on, ['resume', '--json'], step.fault)];
    case 'roll':
    case 'revoke': {
      const entry = walk.entries.get(step.entry);
      if (entry === undefined) return [];
      return [await world.run(step.on, [step.do, entry.name, '--yes', '--profile', entry.account])];
    }
  }
}

async function stranger(
  { world, entries, strangers, seen }: CodeWalk,
  { entry: number, act }: Extract<CodeStep, { do: 'stranger' }>,
): Promise<void> {
  const entry = entries.get(number);
  const account = world.accounts.find(({ id }) => id === entry?.account) ?? world.accounts[0];
  if (account === undefined) return;
  if (act !== 'revoke ours') {
    for (const id of await account.stranger(act, entry?.name ?? 'other'))
      strangers.add(`${account.id}/${id}`);
    return;
  }
  // Somebody revokes the key of the entry in the dashboard.
  const held = seen.places.get(entry?.to[0] ?? '');
  if (held?.key?.startsWith(`${account.id}/`)) await account.revoke(held.key.slice(account.id.length + 1));
}

/** Every step of a walk, as a reader wants to see it after a failure. */
function codeTranscript({ taken }: CodeWalk): string {
  return taken
    .map(({ step, runs }) => {
      const lines = runs.map(({ on, args, code, stdout, stderr }) => {
        const printed = `${compactJson(stdout)}\n${stderr}`.trim().replace(/^/gm, '      ');
        return `\n    ${on}: keys ${args.join(' ')}\n    → ${code ?? 'killed'}\n${printed}`;
      });
      return `  ${printCodeStep(step)}${lines.join('')}`;
    })
    .join('\n');
}

function compactJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
