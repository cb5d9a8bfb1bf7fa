import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { KeysError } from '../../domain/errors.js';
import { GIT_ARGUMENTS, gitEnvironment, NO_HOOKS } from '../../storage/git-arguments.js';
import type { ScanOptions } from './scan-bytes.js';

type Env = ScanOptions['env'];

/**
 * How long git may take to its first byte: the configuration of a repository may name a pipe that nobody
 * writes to.
 */
const FIRST_RESPONSE_MS = 120_000;
/** Most bytes of one record or line: a path in a tree of somebody else's may be as long as they like. */
const MOST_IN_RECORD = 1_000_000;

export interface RunningGit {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles when git has ended: `repository_unreadable` where it failed. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Starts git on a folder. Its messages are kept short and go nowhere but into an error. */
export function startGit(root: string, env: Env, args: readonly string[]): RunningGit {
  const child = spawn(
    'git',
    ['-C', root, ...GIT_ARGUMENTS, ...(args.includes('--git-path') ? [] : NO_HOOKS), ...args],
    {
      env: gitEnvironment(env),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    },
  );
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < 2_000) complaint += text;
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => reject(notRun(error)));
    child.on('close', (code) => (code === 0 ? resolve() : reject(failed(complaint))));
  });
  // A caller that stops early does not wait for the end: attach a handler, or a failure is an unhandled
  // rejection.
  ended.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, ended, stop: () => child.kill() };
}

function notRun(cause: unknown): KeysError {
  return new KeysError('repository_unreadable', 'git could not be run', {
    hint: 'install git, or put it on the PATH',
    details: { reason: 'no_git' },
    cause,
  });
}

function noResponse(withinMs: number): KeysError {
  return new KeysError('repository_unreadable', `git did not respond in ${withinMs / 1000} s`, {
    hint: 'see whether git status works there; a pipe or a slow disk may be named in its configuration',
    details: { reason: 'git_failed' },
  });
}

function tooLong(): KeysError {
  return new KeysError('repository_unreadable', `git named a path of more than ${MOST_IN_RECORD} bytes`, {
    details: { reason: 'git_failed' },
  });
}

function failed(complaint: string): KeysError {
  const [first = ''] = complaint.replace(/^(fatal|error): /, '').split('\n');
  const outside = /not a git repository/.test(complaint);
  return new KeysError(
    'repository_unreadable',
    outside ? 'not in a git repository' : `git failed: ${first}`,
    {
      hint: outside ? 'name a folder that is in one' : 'see whether git status works there',
      details: { reason: outside ? 'not_a_repository' : 'git_failed' },
    },
  );
}

/**
 * Starts git on a question that needs no input. One that says nothing in `withinMs` is stopped, and has
 * failed.
 */
function askGit(root: string, env: Env, args: readonly string[], withinMs: number): RunningGit {
  const git = startGit(root, env, args);
  git.stdin.end();
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    git.stop();
  }, withinMs);
  git.stdout.once('readable', () => clearTimeout(timer));
  const ended = git.ended
    .catch((error: unknown) => {
      throw silent ? noResponse(withinMs) : error;
    })
    .finally(() => clearTimeout(timer));
  ended.catch(() => undefined);
  return { ...git, ended };
}

/** Runs git and yields its response in records that a NUL ends, as bytes: a path need not be UTF-8. */
export async function* gitRecords(
  root: string,
  env: Env,
  args: readonly string[],
  withinMs = FIRST_RESPONSE_MS,
): AsyncGenerator<Buffer> {
  const git = askGit(root, env, args, withinMs);
  try {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of git.stdout as AsyncIterable<Buffer>) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0)) {
        yield bytes.subarray(0, end);
        bytes = bytes.subarray(end + 1);
      }
      rest = bytes;
      if (rest.length > MOST_IN_RECORD) throw tooLong();
    }
    await git.ended;
  } finally {
    git.stop();
  }
}

/** One line of a response, without its end. Throws as `RunningGit.ended`. */
export async function gitLine(
  root: string,
  env: Env,
  args: readonly string[],
  withinMs = FIRST_RESPONSE_MS,
): Promise<string> {
  const git = askGit(root, env, args, withinMs);
  let response = '';
  try {
    for await (const text of git.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      response += text;
      if (response.length > MOST_IN_RECORD) throw tooLong();
    }
    await git.ended;
  } finally {
    git.stop();
  }
  return response.replace(/\r?\n$/, '');
}

/** Whether a folder is in the work tree of a git repository. Where git is not installed, none is. */
export async function inWorkTree(root: string, env: Env): Promise<boolean> {
  try {
    return (await gitLine(root, env, ['rev-parse', '--is-inside-work-tree'])) === 'true';
  } catch (error) {
    const reason = error instanceof KeysError ? error.details?.['reason'] : undefined;
    if (reason === 'no_git' || reason === 'not_a_repository') return false;
    throw error;
  }
}
