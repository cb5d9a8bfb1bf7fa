import { spawnSync } from 'node:child_process';

/** Whether a program is installed. Where one is missing, its tests are skipped, and that is said aloud at the end of the run. */
export function installed(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** For `describe.skipIf`: says loudly what is skipped and how to have it. */
export function missing(...programs: string[]): boolean {
  const absent = programs.filter((program) => !installed(program));
  if (absent.length > 0) {
    console.warn(
      `SKIPPED: tests that need ${absent.join(', ')}; .ci/install-system-packages installs what Debian has`,
    );
  }
  return absent.length > 0;
}
