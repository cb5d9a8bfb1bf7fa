import { readdirSync, readFileSync } from 'node:fs';

/**
 * Ends what this home's program has left running: it would wait for 45 seconds. Returns how many there were.
 */
export function endLeftOver(home: string): number {
  const left = readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HOME=${home}\0`);
    } catch {
      return false;
    }
  });
  for (const pid of left) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return left.length;
}
