import { constants } from 'node:os';
import { execa } from 'execa';
import { KeysError } from '../domain/errors.js';
import { childEnvironment } from '../places/exec.js';

/**
 * Runs a program with this terminal, its own variables beside the inherited ones (without the credentials of this tool), and
 * hands signals on to it. Returns its exit code, or 128 and the signal's number. Throws `usage` where it cannot be run.
 */
export async function runProgramAs(
  [file = '', ...args]: readonly string[],
  variables: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
  onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void,
): Promise<number> {
  const child = execa(file, args, {
    stdio: 'inherit',
    env: { ...childEnvironment(env), ...variables },
    extendEnv: false,
    reject: false,
    // It gets the signals that we get, and may take its time.
    forceKillAfterDelay: false,
  });
  const stop = onSignal((signal) => void child.kill(signal));
  const result = await child;
  stop();
  if (result.signal !== undefined) return 128 + (constants.signals[result.signal as NodeJS.Signals] ?? 0);
  if (result.exitCode !== undefined) return result.exitCode;
  throw new KeysError('usage', `cannot run ${file}: ${result.code ?? result.shortMessage}`, {
    hint: 'a program and its arguments, after --',
  });
}
