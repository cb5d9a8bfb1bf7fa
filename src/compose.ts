import { randomBytes } from 'node:crypto';
import type { Connection, Deps, GlobalFlags } from './deps.js';
import type { Clock } from './domain/clock.js';
import { KeysError } from './domain/errors.js';
import { buildProgram, createRoot } from './program.js';
import { textInput, textSink } from './terminal/node-streams.js';
import type { Output } from './terminal/output.js';
import { asKeysError, failureText } from './terminal/report-failure.js';

/** What the process hands in: the only way by which anything below reaches it. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly homeDirectory: () => string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly version: string;
  readonly clock: Clock;
  /** Listens for interruption from the first call on. */
  readonly interruption: () => AbortSignal;
}

/** Runs one call of the program to its end and returns its exit code. Never throws. */
export async function runProgram(host: Host): Promise<number> {
  const closers: Array<() => Promise<void>> = [];
  const stdout = textSink(host.stdout);
  const stderr = textSink(host.stderr);
  const root = createRoot(host.version);
  let printed = '';
  root.configureOutput({
    // Help and version: gathered, so that a full device or a closed pipe is noticed like with any other output.
    writeOut: (text) => {
      printed += text;
    },
    // Commander's own words for a mistake: the failure that it throws says them again, in our form.
    writeErr: () => {},
    getOutHelpWidth: () => Math.min(stdout.columns, 100),
  });
  let code: number;
  try {
    const deps = createDeps(host, () => root.opts() as GlobalFlags, stdout, stderr, closers);
    const program = await buildProgram(root, deps, host.argv);
    if (host.argv.length === 0) program.outputHelp();
    else await program.parseAsync([...host.argv], { from: 'user' });
    code = 0;
  } catch (error) {
    code = await report(error, host, stderr);
  }
  try {
    if (printed) await stdout.write(printed);
  } catch (error) {
    if (!isClosedPipe(error)) code = await report(error, host, stderr);
  }
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      if (code === 0) code = await report(error, host, stderr);
    }
  }
  return code;
}
