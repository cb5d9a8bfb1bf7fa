// One run of a program, in wall time and in processor time with all that it started, as bash's `time` counts
// them.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PEAK = fileURLToPath(new URL('./peak-memory.cjs', import.meta.url));
const TIMED = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" 2>&3; } 3>&1';

/** Whether a program is on the PATH. */
export function installed(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Milliseconds: `{ wall, cpu }`. Throws for a program that fails. stdout is a pipe, as in a script. */
export function timeRun([program, ...args], env) {
  const options = { env, timeout: 120_000, maxBuffer: 1 << 30 };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', TIMED, 'bash', program, ...args], options);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}: ${stdout} ${stderr}`);
  const [wall, user, system] = String(stderr).trim().split(/\s+/).map(Number);
  return { wall: wall * 1000, cpu: (user + system) * 1000 };
}

/** MiB of a Node program's own process. */
export function peakMemory(node, args, env) {
  const { stderr } = spawnSync(node, ['--require', PEAK, ...args], { env, maxBuffer: 1 << 30 });
  const [, kib] = /\npeak (\d+)\n$/.exec(String(stderr)) ?? [];
  if (kib === undefined) throw new Error(`${args.join(' ')}: no figure: ${stderr}`);
  return Number(kib) / 1024;
}

export function quantile(values, q) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)];
}
