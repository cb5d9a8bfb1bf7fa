import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { GIT_ARGUMENTS, gitEnvironment, NO_HOOKS } from '../storage/git-arguments.js';

/** Whether git tracks or ignores a file. `none`: there is no repository, no git, or no response in time. */
export type GitStanding = 'tracked' | 'not ignored' | 'ignored' | 'none';

const TIMEOUT_MS = 5_000;

type Env = Readonly<Record<string, string | undefined>>;

/** What git said of each file in this run: forty keys in one file would start eighty programs. */
const known = new WeakMap<Env, Map<string, Promise<GitStanding>>>();

/** How git stands to a file. Asked once for each file of a run, whose environment `env` is. */
export async function gitStanding(path: string, env: Env): Promise<GitStanding> {
  const files = known.get(env) ?? new Map<string, Promise<GitStanding>>();
  known.set(env, files);
  const standing = files.get(path) ?? askGit(path, env);
  files.set(path, standing);
  return await standing;
}

/** `env` is the environment of the same run as `of`: what git said there counts here too. */
export function shareGitStanding(env: Env, of: Env): void {
  const files = known.get(of) ?? new Map<string, Promise<GitStanding>>();
  known.set(of, files);
  known.set(env, files);
}

async function askGit(path: string, env: Env): Promise<GitStanding> {
  // GIT_DIR and its like would make git speak of another repository.
  const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
  const ask = (...args: string[]): Promise<number | null> =>
    new Promise((resolve) => {
      const options = {
        cwd: dirname(path),
        env: gitEnvironment(clean) as NodeJS.ProcessEnv,
        timeout: TIMEOUT_MS,
      };
      const command = [...GIT_ARGUMENTS, ...NO_HOOKS, ...args, '--', basename(path)];
      try {
        execFile('git', command, options, (error) =>
          resolve(error === null ? 0 : typeof error.code === 'number' ? error.code : null),
        );
      } catch {
        // Node throws at once where the folder is a file. The place itself then says so.
        resolve(null);
      }
    });
  if ((await ask('ls-files', '--error-unmatch')) === 0) return 'tracked';
  const ignored = await ask('check-ignore', '--quiet');
  if (ignored === 0) return 'ignored';
  return ignored === 1 ? 'not ignored' : 'none';
}
