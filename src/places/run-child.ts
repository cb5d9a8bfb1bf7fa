import { kill, platform } from 'node:process';
import { execa } from 'execa';
import { childEnvironment } from '../domain/child-environment.js';
import type { PlaceContext } from './place.js';

/** A program to run to its end, with the secret on its stdin. */
export interface Child {
  /** A program with its arguments, or a line for the shell. */
  readonly command:
    | { readonly line: string }
    | { readonly program: string; readonly args: readonly string[] };
  readonly directory: string;
  readonly input: string;
  /** Variables beside those of this program. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** How a child ended and what it printed. */
export interface ChildResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order of their arrival. */
  readonly all: string;
  /** Undefined if it ended by a signal or could not be run. */
  readonly exitCode: number | undefined;
  /** Whether the operating system has no such program. */
  readonly isMissing: boolean;
  /** Null after exit code 0; else such as `ended with 1`. */
  readonly failure: string | null;
}

/** Time for the last output of a command that has ended, in milliseconds. */
const LAST_OUTPUT_MS = 200;

/** Runs a child to its end. Never throws for how it ends: see `failure`. */
export async function runChild(
  { command, directory, input, env: further = {}, timeoutMs }: Child,
  { env, process }: Pick<PlaceContext, 'env' | 'process'>,
): Promise<ChildResult> {
  const settings = {
    cwd: directory,
    env: { ...childEnvironment(env), ...further },
    extendEnv: false,
    reject: false,
    all: true,
    input,
    // A group of its own: what the shell has started ends with it.
    detached: platform !== 'win32',
  } as const;
  const child =
    'line' in command
      ? execa(command.line, { ...settings, shell: true })
      : execa(command.program, command.args, settings);
  let ended: string | undefined;
  const end = (why: string) => {
    ended ??= why;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => end(`did not end within ${timeoutMs / 1000} seconds`), timeoutMs);
  // On a signal, this program ends the command first, then reports what is pending.
  const stop = process.onSignal((signal) => end(`was ended with this program by ${signal}`));
  // What the command leaves running in the background may keep its output open: that is not waited for.
  child.once('exit', () => setTimeout(() => child.all?.destroy(), LAST_OUTPUT_MS).unref());
  const result = await child;
  stop();
  clearTimeout(timer);
  return {
    stdout: String(result.stdout ?? ''),
    stderr: String(result.stderr ?? ''),
    all: String(result.all ?? ''),
    exitCode: result.exitCode,
    isMissing: result.code === 'ENOENT',
    failure: ended ?? (result.exitCode === 0 ? null : howItEnded(result)),
  };
}

function howItEnded({
  signal,
  exitCode,
}: {
  signal?: string | undefined;
  exitCode?: number | undefined;
}): string {
  if (signal !== undefined) return `was ended by ${signal}`;
  return exitCode === undefined ? 'could not be run' : `ended with ${exitCode}`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    kill(platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
}
