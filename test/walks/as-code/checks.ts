import type { Account, SeenKey } from '../accounts.js';
import type { Entry } from './file.js';
import type { CodeStep, Machine } from './steps.js';
import type { CodeWalk, Seen } from './walk.js';
import type { CodeRun } from './world.js';

interface Done {
  readonly step: CodeStep;
  readonly runs: readonly CodeRun[];
  readonly before: Seen;
  readonly after: Seen;
}

const EXITS: Readonly<Record<string, ReadonlyArray<number | null>>> = {
  plan: [0, 5, 10],
  apply: [0, 5, 6, 9],
  roll: [0, 1, 2, 3, 5, 6, 9],
  // 2: the name is that of a key in the dashboard, too.
  revoke: [0, 1, 2, 3, 5, 6, 9],
  resume: [0, 1, 5, 9],
};

/** What must hold after each step. Returns a sentence for each that does not. */
export async function checkStep(walk: CodeWalk, done: Done): Promise<string[]> {
  return [
    ...endsAsDocumented(done),
    ...plansChangeNothing(done),
    ...strangersAreLeft(walk, done),
    ...nothingStopsEarly(walk, done),
    ...noSecretIsPrinted(walk, done),
    ...nothingGoesElsewhere(walk, done),
    ...(await doneIsDone(walk, done)),
  ];
}

function endsAsDocumented({ runs }: Done): string[] {
  return runs.flatMap(({ args, code, stderr }) => [
    ...(code === null || EXITS[args[0] ?? '']?.includes(code) ? [] : [`keys ${args[0]} ended with ${code}`]),
    ...(/bug in keys|\n\s+at \S+ \(/.test(stderr) ? [`keys ${args[0]} failed within: ${stderr}`] : []),
  ]);
}

function plansChangeNothing({ step, before, after }: Done): string[] {
  if (step.do !== 'plan') return [];
  return differences(before, after).map((one) => `keys plan changed something: ${one}`);
}

/** What differs between two looks. */
export function differences(before: Seen, after: Seen): string[] {
  const told = ({ keys, places }: Seen) =>
    new Map([
      ...[...keys].map(([id, { name, live, scopes }]) => [id, JSON.stringify([name, live, scopes])] as const),
      ...[...places].map(([place, { secret }]) => [place, secret.slice(0, 8)] as const),
    ]);
  const [one, other] = [told(before), told(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((id) => one.get(id) !== other.get(id))
    .map((id) => `${id}: ${one.get(id) ?? 'nothing'} before, ${other.get(id) ?? 'nothing'} after`);
}

function strangersAreLeft({ strangers }: CodeWalk, { step, runs, before, after }: Done): string[] {
  if (runs.length === 0) return [];
  return [...strangers].flatMap((id) => {
    const [was, is] = [before.keys.get(id), after.keys.get(id)];
    if (was === undefined || !was.live || is?.live !== false) return [];
    return [`keys ${step.do} stopped ${id}, which a stranger made`];
  });
}

/** The entry that a place belongs to. */
function entryOf({ entries, world }: CodeWalk, place: string): Entry | undefined {
  return [...entries].find(([number]) => world.places(number).includes(place))?.[1];
}

/** A version stops only when its successor is at each place of the file, unless that was asked for. */
function nothingStopsEarly(walk: CodeWalk, { step, runs, before, after }: Done): string[] {
  if (runs.length === 0 || step.do === 'revoke') return [];
  const problems: string[] = [];
  for (const [place, was] of before.places) {
    const is = after.places.get(place);
    const entry = entryOf(walk, place);
    if (!was.accepted || is === undefined || is.secret !== was.secret || is.accepted) continue;
    if (entry === undefined || entry.revoked || !entry.to.includes(place)) continue;
    const kind = walk.world.accounts.find(({ id }) => was.key?.startsWith(`${id}/`))?.kind;
    // The vendor's own roll stops the old key at once, or at a time that cannot be changed.
    if (kind?.roll != null && kind.roll.grace !== 'any') continue;
    problems.push(`${was.key} was stopped while ${place} still holds its secret`);
  }
  return problems;
}

function noSecretIsPrinted({ world, taken }: CodeWalk, { runs }: Done): string[] {
  // Every run of the last step; what the steps before have printed was checked then.
  const all = runs.length > 0 ? runs : (taken.at(-1)?.runs ?? []);
  const text = all.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  return world.accounts.flatMap(({ id, admin, gate }) =>
    [admin, ...gate.given.map(({ secret }) => secret)].some((secret) => text.includes(secret))
      ? [`a secret of ${id} was printed`]
      : [],
  );
}

/** A place is that of the account which has its secret: another one is not even offered the next. */
function nothingGoesElsewhere({ world, delivered }: CodeWalk, { step }: Done): string[] {
  if (step.do !== 'other account') return [];
  const offered = world.offered().filter((place) => delivered.has(place));
  return offered.map((place) => `the secret of ${place} was offered to somebody else`);
}

/** After an apply that ends with 0, the file holds, and a plan has nothing to do. */
async function doneIsDone(walk: CodeWalk, { step, runs, after }: Done): Promise<string[]> {
  const [run] = runs;
  if (step.do !== 'apply' || run?.code !== 0) return [];
  return [...fileHolds(walk, after), ...(await planIsEmpty(walk, run, after.keys))];
}

/** What differs between the file and the world. */
export function fileHolds({ entries, world }: CodeWalk, { keys, places }: Seen): string[] {
  return [...entries.values()].flatMap((entry) => {
    if (entry.revoked) return [];
    const shows = world.accounts.find(({ id }) => id === entry.account)?.kind?.shows ?? ['scopes'];
    return entry.to.flatMap((place) => {
      const held = places.get(place);
      // Only a roll with --replace overwrites what somebody wrote there.
      if (held !== undefined && held.key === null) return [];
      if (!held?.accepted) return [`${place} holds no secret that is accepted: ${entry.name}`];
      const record = keys.get(held.key ?? '');
      const wanted = JSON.stringify(entry.scopes);
      if (!shows.includes('scopes') || JSON.stringify(record?.scopes) === wanted) return [];
      return [`${held.key} has the scopes ${JSON.stringify(record?.scopes)}, not ${wanted}`];
    });
  });
}

/** What the check of a plan needs of a walk. */
interface Planning {
  readonly strangers: ReadonlySet<string>;
  readonly world: {
    readonly accounts: ReadonlyArray<Pick<Account, 'id' | 'kind'>>;
    run(on: Machine, args: readonly string[]): Promise<Pick<CodeRun, 'code' | 'stdout' | 'stderr'>>;
  };
}

/** What a plan still has to do after an apply that began at that time and ended with 0. */
export async function planIsEmpty(
  walk: Planning,
  { on, began }: Pick<CodeRun, 'on' | 'began'>,
  keys: ReadonlyMap<string, Pick<SeenKey, 'madeAt'>>,
): Promise<string[]> {
  const { code, stdout, stderr } = await walk.world.run(on, ['plan', '--json']);
  if (code === 0 || (code === TO_DO && isAbout(notListedYet(walk, keys, began), stdout))) return [];
  return [`after apply, keys plan ended with ${code}: ${stdout}${stderr}`];
}

/** How a plan ends that has something to do. */
const TO_DO = 10;

/** Keys of strangers so young at that time that the list of a vendor that is late may not have shown them. */
function notListedYet(
  { strangers, world }: Planning,
  keys: Parameters<typeof planIsEmpty>[2],
  at: number,
): ReadonlySet<string> {
  return new Set(
    [...strangers].filter((known) => {
      const lateMs =
        (world.accounts.find(({ id }) => known.startsWith(`${id}/`))?.kind?.settles ?? 0) * 1_000;
      const madeAt = keys.get(known)?.madeAt ?? Number.NEGATIVE_INFINITY;
      return madeAt > at - lateMs;
    }),
  );
}

/** Whether all that a plan still has to do is to settle conflicts with these keys. */
function isAbout(known: ReadonlySet<string>, stdout: string): boolean {
  const { actions } = JSON.parse(stdout) as {
    readonly actions: ReadonlyArray<{ action: string; account: string; id: string; to_do: boolean }>;
  };
  const open = actions.filter(({ to_do }) => to_do);
  return (
    open.length > 0 &&
    open.every(({ action, account, id }) => action === 'conflict' && known.has(`${account}/${id}`))
  );
}
