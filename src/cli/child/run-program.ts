import { constants } from 'node:os';
import { execa } from 'execa';
import { childEnvironment } from '../../domain/child-environment.js';
import { KeysError } from '../../domain/errors.js';
import type { ProcessFacts } from '../context.js';

/** Signals that a terminal sends to the program too. Passing them on would deliver them twice. */
const OF_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT']);

/**
 * Runs a program with this terminal and its own variables beside the inherited ones, without the credentials
 * of this tool. Passes on every signal that would end either program, except those that the terminal sends to
 * both. Returns its exit code, or 128 and the signal's number. `started` is called once the program has
 * started. Throws `usage` if it cannot be run.
 */
export async function runProgramAs(
  [file = '', ...args]: readonly string[],
  variables: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
  { onSignal, isForeground }: Pick<ProcessFacts, 'onSignal' | 'isForeground'>,
  started: () => Promise<void> = async () => undefined,
): Promise<number> {
  let handOn = (_: NodeJS.Signals): unknown => undefined;
  // Before the program starts: a signal in between must not leave it behind.
  const stop = onSignal((signal) => handOn(signal), ['SIGUSR1']);
  const child = execa(file, args, {
    stdio: 'inherit',
    env: { ...childEnvironment(env), ...variables },
    extendEnv: false,
    reject: false,
    // It gets the signals that we get, and may take its time.
    forceKillAfterDelay: false,
  });
  handOn = (signal) => (OF_TERMINAL.has(signal) && isForeground() ? undefined : child.kill(signal));
  const began = new Promise<void>((resolve) => child.once('spawn', () => resolve()));
  const noted = began.then(started);
  // It is awaited after the program has ended: a failure before that must not end this one.
  noted.catch(() => undefined);
  const result = await child;
  stop();
  // The event of a program that starts comes before that of its end.
  if (child.pid !== undefined) await noted;
  if (result.signal !== undefined) return 128 + (constants.signals[result.signal as NodeJS.Signals] ?? 0);
  if (result.exitCode !== undefined) return result.exitCode;
  throw new KeysError('usage', `cannot run ${file}: ${result.code ?? result.shortMessage}`, {
    hint: 'give a program and its arguments after --',
  });
}
