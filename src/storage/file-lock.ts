import { closeSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { kill, pid } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { KeysError } from '../domain/errors.js';

/** How often a lock that another program holds is tried again, and how long in all. */
const WAIT_MS = 15;
const LONGEST_WAIT_MS = 30_000;
/** A claim of another machine, or one whose process id was reused, counts as left behind after this time. */
const STALE_MS = 120_000;

/**
 * Runs some work while no other `keys` works on the same file. Throws `refused` if another program holds the
 * lock for longer than 30 s, and the file system's error if the folder cannot be written.
 *
 * Each program claims the lock with a file of its own name and holds it if it sees no other claim. No program
 * ever removes a claim of a living one, so the claim of a dead program can be removed by anyone, and no hard
 * links are needed.
 */
export async function withFileLock<Result>(
  path: string,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  const claim = await takeLock(path);
  try {
    return await work();
  } finally {
    drop(claim);
  }
}

async function takeLock(path: string): Promise<string> {
  const folder = dirname(path);
  const start = `${basename(path)}.keys-lock.`;
  let own: string | null = null;
  for (let waited = 0; waited < LONGEST_WAIT_MS; ) {
    own ??= makeClaim(folder, start);
    const others = otherClaims(folder, start, own);
    if (others.length === 0) return join(folder, own);
    // The oldest claim stays. A younger one yields, so that two programs never wait for each other.
    const { [0]: oldest = '' } = others;
    if (oldest < own) {
      drop(join(folder, own));
      own = null;
    }
    const pause = WAIT_MS * (1 + Math.random());
    waited += pause;
    await delay(pause);
  }
  if (own !== null) drop(join(folder, own));
  throw new KeysError('refused', `another program is changing ${path}`, {
    hint: `if none is, remove the files ${join(folder, start)}*`,
  });
}

/** Creates a claim. Its name sorts by age and says whose it is: machine, process, and a random part. */
function makeClaim(folder: string, start: string): string {
  const age = Date.now().toString(36).padStart(10, '0');
  const name = `${start}${age}.${thisMachine()}.${pid}.${crypto.randomUUID().slice(0, 8)}`;
  closeSync(openSync(join(folder, name), 'wx', 0o600));
  return name;
}

/** The claims of other living programs, oldest first. Claims of programs that have ended are removed. */
function otherClaims(folder: string, start: string, own: string): string[] {
  const now = fileAge(join(folder, own)) ?? 0;
  return readdirSync(folder)
    .filter((name) => name.startsWith(start) && name !== own)
    .filter((name) => {
      const path = join(folder, name);
      const [, machine, owner] = name.slice(start.length).split('.');
      const since = fileAge(path);
      if (since === null) return false;
      const ended = machine === thisMachine() && !isAlive(Number(owner));
      if (!ended && now - since < STALE_MS) return true;
      drop(path);
      return false;
    })
    .sort();
}

/**
 * Modification time by the clock of the file's own file system, in milliseconds; null if the file is gone.
 */
function fileAge(path: string): number | null {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return null;
  }
}

/** Short and without dots: containers share folders but not process ids. */
function thisMachine(): string {
  return Buffer.from(hostname()).toString('hex').slice(0, 24);
}

function isAlive(id: number): boolean {
  try {
    kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function drop(claim: string): void {
  try {
    unlinkSync(claim);
  } catch {
    // Somebody else removed it as stale.
  }
}
