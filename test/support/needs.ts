import { spawnSync } from 'node:child_process';

/**
 * Whether a program is installed. Where one is missing, its tests are skipped, and the end of the run says
 * so.
 */
export function installed(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/**
 * For `describe.skipIf`: whether one of these is missing. `skipped-reporter.ts` says at the end what was left
 * out.
 */
export function missing(...programs: string[]): boolean {
  return programs.some((program) => !installed(program));
}
