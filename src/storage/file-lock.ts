import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { KeysError } from '../domain/errors.js';

/** How often a lock that another has is tried again, and how long in all. */
const WAIT_MS = 20;
const LONGEST_WAIT_MS = 10_000;

interface LockOptions {
  readonly pid: number;
  /** Whether a process is there. */
  readonly isAlive: (pid: number) => boolean;
}

/**
 * Does some work while no other `keys` does work on the same file. A lock whose owner has died is taken over. Throws
 * `refused` where another keeps it for too long.
 */
export async function withFileLock<Result>(
  path: string,
  { pid, isAlive }: LockOptions,
  work: () => Result,
): Promise<Result> {
  const lock = `${path}.keys-lock`;
  for (let waited = 0; ; waited += WAIT_MS) {
    if (take(lock, pid)) break;
    dropIfDead(lock, isAlive);
    if (waited >= LONGEST_WAIT_MS) {
      throw new KeysError('refused', `another program is changing ${path}`, {
        hint: `when none is, remove ${lock}`,
      });
    }
    await delay(WAIT_MS);
  }
  try {
    return work();
  } finally {
    unlinkSync(lock);
  }
}

/** The owner is in it from its first moment: written beside, then linked into its place. */
function take(lock: string, pid: number): boolean {
  const draft = `${lock}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, String(pid), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function dropIfDead(lock: string, isAlive: (pid: number) => boolean): void {
  try {
    if (!isAlive(Number(readFileSync(lock, 'utf8')))) unlinkSync(lock);
  } catch {
    // Gone by now: the next try tells.
  }
}
