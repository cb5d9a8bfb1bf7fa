import { differences, fileHolds } from './checks.js';
import { type CodeWalk, fail, look } from './walk.js';
import type { CodeRun } from './world.js';

const APPLY = ['apply', '--yes', '--json'];
/** How often a person does what an apply asks for. */
const MOST_ROUNDS = 8;
/** In hours; longer than the lists of a vendor are late. */
const SOME_SECONDS = 3 / 3_600;

/**
 * Repairs everything and does what the program asks a person for. Then the promise of `apply`: once it has
 * ended with 0, the second one does nothing, on each machine. At last `adopt` writes a file after which there
 * is nothing to do. Throws what does not hold.
 */
export async function endCodeWalk(walk: CodeWalk): Promise<void> {
  const { world } = walk;
  world.fail('never');
  for (const place of [...walk.entries.values()].flatMap(({ to }) => to))
    if (world.read(place) === 'somebody-elses-value') world.put(place, null);
  for (const id of walk.strangers) await revokeByHand(walk, id);
  await settle(walk);
  // Every grace is over.
  world.pass(13);
  await settle(walk);
  await secondDoesNothing(walk);
  await nothingIsLeft(walk);
  await adoptIsEmpty(walk);
}

async function run(walk: CodeWalk, on: CodeRun['on'], args: readonly string[]): Promise<CodeRun> {
  const done = await walk.world.run(on, args);
  walk.taken.push({ step: { do: 'apply', on }, runs: [done] });
  return done;
}

/** Applies until it ends with 0, and does between what it says that a person must do. */
async function settle(walk: CodeWalk): Promise<void> {
  for (let round = 1; ; round++) {
    const done = await run(walk, 'desk', APPLY);
    if (done.code === 0) break;
    if (round === MOST_ROUNDS) fail(walk, [`apply still ends with ${done.code} after ${round} rounds`]);
    await doByHand(walk, done, round);
  }
  walk.seen = await look(walk);
  fail(walk, fileHolds(walk, walk.seen));
}

interface Line {
  readonly action: string;
  readonly account: string;
  readonly key: string;
  readonly id: string | null;
  readonly why: string;
}

async function doByHand(walk: CodeWalk, { stdout }: CodeRun, round: number): Promise<void> {
  const { actions } = JSON.parse(stdout) as { readonly actions: readonly Line[] };
  for (const { action, account, id, why } of actions) {
    if (action !== 'conflict') continue;
    // As the reason of the conflict says.
    const [, gone] = /is gone at .* Revoke (.+) here too,/.exec(why) ?? [];
    if (gone !== undefined) {
      await run(walk, 'desk', ['revoke', gone, '--yes', '--force', '--profile', account]);
    } else if (id !== null) await revokeByHand(walk, `${account}/${id}`);
  }
  // A list that is late shows what was revoked for some seconds more.
  walk.world.pass(SOME_SECONDS);
  if (round >= 3) await dropByHand(walk);
}

async function revokeByHand({ world }: CodeWalk, known: string): Promise<void> {
  const account = world.accounts.find(({ id }) => known.startsWith(`${id}/`));
  const id = known.slice(known.indexOf('/') + 1);
  const key = (await account?.keys())?.find((one) => one.id === id);
  if (key?.live) await account?.revoke(id);
}

async function secondDoesNothing(walk: CodeWalk): Promise<void> {
  for (const machine of walk.world.machines) {
    const before = await look(walk);
    const done = await run(walk, machine, APPLY);
    const changed = differences(before, await look(walk));
    if (done.code !== 0) fail(walk, [`the second apply, on ${machine}, ended with ${done.code}`]);
    fail(
      walk,
      changed.map((one) => `the second apply, on ${machine}, changed something: ${one}`),
    );
  }
}

/** Every live key is that of an entry, or is known to the ledger, or was reported. */
async function nothingIsLeft(walk: CodeWalk): Promise<void> {
  const { world, strangers } = walk;
  const reported = world.runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  const { keys, places } = await look(walk);
  const held = new Set([...places.values()].map(({ key }) => key));
  const unknown = [...keys].filter(([known, { id, live }]) => {
    if (!live || strangers.has(known) || held.has(known)) return false;
    return !new RegExp(`\\b${id}\\b`).test(reported);
  });
  fail(
    walk,
    unknown.map(([known]) => `${known} is active, is at no place, and no command has named it`),
  );
  await resumeWhatIsBeside(walk, reported);
  if ((await unfinished(walk)).length > 0) fail(walk, ['something is pending']);
}

interface Unfinished {
  readonly id: string;
  readonly step: string;
}

async function unfinished(walk: CodeWalk): Promise<Unfinished[]> {
  const { stdout } = await run(walk, 'desk', ['pending', '--json']);
  // With two machines no grace ends, because their database has its own clock.
  return (JSON.parse(stdout) as Unfinished[]).filter(
    ({ step }) => step !== 'retiring' || walk.world.machines.length === 1,
  );
}

/** What was begun with a key that has left the file is no work of apply, which says so: a person resumes. */
async function resumeWhatIsBeside(walk: CodeWalk, reported: string): Promise<void> {
  const open = await unfinished(walk);
  fail(
    walk,
    open
      .filter(
        ({ id }) => !new RegExp(`the file does not name it; [^"]*\\b${id}\\b[^"]*keys resume`).test(reported),
      )
      .map(({ id }) => `${id} is not finished, and no apply has said so`),
  );
  if (open.length === 0) return;
  for (const machine of walk.world.machines) await run(walk, machine, ['resume', '--json']);
  await dropByHand(walk);
}

/** What cannot be found out is given up by a person, who looks at the vendor. */
async function dropByHand(walk: CodeWalk): Promise<void> {
  for (const { id, step } of await unfinished(walk))
    if (step !== 'retiring') await run(walk, 'desk', ['pending', 'drop', id, '--yes']);
}

async function adoptIsEmpty(walk: CodeWalk): Promise<void> {
  const adopt = await run(walk, 'desk', [
    ...['adopt', 'adopted.yaml', '--json'],
    ...walk.world.accounts.flatMap(({ id }) => ['--account', id]),
  ]);
  if (adopt.code !== 0) fail(walk, [`adopt ended with ${adopt.code}`]);
  const plan = await run(walk, 'desk', ['plan', 'adopted.yaml', '--json']);
  if (plan.code !== 0) fail(walk, [`after adopt, plan ended with ${plan.code}`]);
}
