/**
 * Where the program starts. Collects arguments, streams, environment and signals.
 * The few other files that touch `process` are in the list `ADAPTERS` of `test/architecture/rules.ts`.
 */
import { fstatSync, readFileSync, statSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { runKeys } from './cli/run-keys.js';

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/**
 * Parts of Node 22 and of undici announce themselves as experimental in every call, and undici names an
 * address as the TLS server of a proxy. Users can do nothing about it.
 */
const MUTED =
  /^(SQLite is an experimental feature|SOCKS5 proxy support is experimental|Setting the TLS ServerName)/;
function muteExperimentalWarnings(): void {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (MUTED.test(warning instanceof Error ? warning.message : warning)) return;
    (emit as (warning: string | Error, ...rest: unknown[]) => void)(warning, ...rest);
  }) as typeof process.emitWarning;
}

/**
 * Aborts at the first SIGINT, SIGTERM or SIGHUP, for what has to be shut down in order; a second one ends the
 * process. With `onHangUp`, that is called at each SIGHUP instead.
 */
function interruption(onHangUp?: () => void): AbortSignal {
  const controller = new AbortController();
  if (onHangUp !== undefined) process.on('SIGHUP', onHangUp);
  for (const signal of [
    'SIGINT',
    'SIGTERM',
    ...(onHangUp === undefined ? (['SIGHUP'] as const) : []),
  ] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}

/** Every signal that ends a program by default and that Node can listen for, but those of a crash. */
const ENDING: readonly NodeJS.Signals[] = [
  ...(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGALRM', 'SIGUSR2', 'SIGVTALRM'] as const),
  ...(['SIGXCPU', 'SIGXFSZ', 'SIGIO', 'SIGPWR'] as const),
];

function onSignal(
  listener: (signal: NodeJS.Signals) => void,
  further: readonly NodeJS.Signals[] = [],
): () => void {
  const signals = [...ENDING, ...further].filter((signal) => signal in constants.signals);
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Ignores SIGUSR1. Without a listener, Node opens its debugger to every user of this machine. */
function refuseDebugger(): void {
  if ('SIGUSR1' in constants.signals) process.on('SIGUSR1', () => undefined);
}

/**
 * On Linux, compares our process group with the terminal's foreground group. Elsewhere returns whether there
 * is a terminal.
 */
function isForeground(): boolean {
  try {
    const status = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  }
}

/** Signal 0 asks whether a process is there; one of another user's is, too. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** A closed stdout was replaced by the null device when Node started, so both are found by that. */
function stdoutGoesNowhere(): boolean {
  try {
    return process.platform !== 'win32' && fstatSync(1).rdev === statSync('/dev/null').rdev;
  } catch {
    return false;
  }
}

/** The exit code of a call that its user ended. */
const INTERRUPTED = 130;

async function main(): Promise<void> {
  muteExperimentalWarnings();
  process.title = 'keys';
  refuseDebugger();
  // Nothing is left that could end this call: it waited for input that has ended.
  process.once('beforeExit', () => process.exit(INTERRUPTED));
  const code = await runKeys({
    argv: process.argv.slice(2),
    env: process.env,
    homeDirectory: homedir,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    clock: { now: Date.now },
    process: {
      version: packageVersion(),
      versions: process.versions,
      platform: process.platform,
      arch: process.arch,
      program: { path: process.argv[1] ?? '', node: process.execPath },
      library: new URL('../dist/library/library.js', import.meta.url).href,
      pid: process.pid,
      directory: process.cwd(),
      isAlive,
      onSignal,
      isForeground,
      interruption,
      stdoutGoesNowhere,
    },
  });
  // Not `exitCode` alone: a prompt or a pooled socket must not keep a finished call alive.
  process.exit(code);
}

void main();
