import { readFileSync } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import type { Host } from '../../src/cli/create-context.js';
import { requireDocumentedExit } from './documented-exit.js';
import { BIN, type KeysProgram, keysProgram, type RunOptions, type RunResult } from './keys.js';

/** A program that runs in this process, and beside it. */
export interface KeysInProcess extends KeysProgram {
  /** Runs the program as a process of its own, in the same home. */
  start: KeysProgram['run'];
}

/**
 * The built program in an empty home of its own, called in this process through `runKeys`: `main.ts` and the
 * start of Node are all that is left out. A call takes a tenth of the time of a process. A call that needs a
 * process gets one, and so does a call beside another one: two in one thread would wait for each other's
 * database locks.
 */
export async function keysInProcess(extra: Readonly<Record<string, string>> = {}): Promise<KeysInProcess> {
  const program = await keysProgram(extra);
  return {
    ...program,
    start: program.run,
    async run(args, options = {}) {
      const env = { ...program.env, ...options.env };
      if (busy || needsProcess(args, env)) return await program.run(args, options);
      busy = true;
      const before = process.cwd();
      const password = process.env['PGPASSWORD'];
      // Node resolves relative paths against it.
      process.chdir(options.cwd ?? before);
      setPassword(env['PGPASSWORD']);
      try {
        return await callKeys(args, env, options);
      } finally {
        setPassword(password);
        process.chdir(before);
        busy = false;
      }
    },
  };
}

/**
 * Node reads its own variables and the time zone when it starts. `pg` and the libraries of the keychain read
 * the environment of their process: of that, only the password of PostgreSQL is lent to a call. `run` and
 * `serve` need signals and streams of their own, but not what `serve` does without a server.
 */
export function needsProcess(args: readonly string[], env: Readonly<Record<string, string>>): boolean {
  const reachesProcess = Object.keys(env).some((name) => /^(NODE_|DBUS_|PG(?!PASSWORD$))/.test(name));
  const serves = args.includes('serve') && !args.some((arg) => WITHOUT_SERVER.has(arg));
  return reachesProcess || env['TZ'] !== 'UTC' || args.includes('run') || serves;
}

const WITHOUT_SERVER = new Set([
  ...['backup', 'export', 'import', 'import-digests', 'migrate', 'recover', 'rekey', 'restore'],
]);

function setPassword(password: string | undefined): void {
  if (password === undefined) delete process.env['PGPASSWORD'];
  else process.env['PGPASSWORD'] = password;
}

/** Whether a call is under way in this process. */
let busy = false;

const ROOT = new URL('../../', import.meta.url);
const LIBRARY = new URL('dist/library/library.js', ROOT).href;
const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string };

// `keysProgram` starts programs with this time zone.
process.env['TZ'] = 'UTC';

/** Runs one call of the built program in this process. */
export async function callKeys(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { stdin = '', cwd = process.cwd(), aheadMs = 0 }: RunOptions = {},
): Promise<RunResult> {
  // The compiled modules, which Node loads by itself: Vitest would transform the sources for each test file
  // again.
  const { runKeys } = (await import(
    new URL('dist/cli/run-keys.js', ROOT).href
  )) as typeof import('../../src/cli/run-keys.js');
  const stdout = collected();
  const stderr = collected();
  const host = hostInProcess(args, env, { stdin, cwd, stdout: stdout.stream, stderr: stderr.stream });
  const code = await runKeys({ ...host, clock: { now: () => Date.now() + aheadMs } });
  requireDocumentedExit(args, code);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** This process as the program sees its own. */
export function hostInProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  {
    stdin = '',
    cwd = process.cwd(),
    stdout,
    stderr,
  }: Pick<RunOptions, 'cwd' | 'stdin'> & Pick<Host, 'stderr' | 'stdout'>,
): Host {
  const input = new PassThrough();
  input.end(stdin);
  return {
    ...{ argv, env, stdout, stderr },
    homeDirectory: () => env['HOME'] ?? '',
    stdin: input as unknown as NodeJS.ReadStream,
    clock: { now: () => Date.now() },
    process: {
      ...{ version, versions: process.versions, platform: process.platform, arch: process.arch },
      program: { path: BIN, node: process.execPath },
      library: LIBRARY,
      pid: process.pid,
      directory: cwd,
      isAlive: (pid) => pid === process.pid || isAlive(pid),
      // This process ends with its test file, not with a call.
      onSignal: () => () => undefined,
      isForeground: () => false,
      interruption: () => new AbortController().signal,
      stdoutGoesNowhere: () => false,
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A stream that keeps what is written to it. */
export function collected(): { readonly stream: NodeJS.WriteStream; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
