import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Text that is the same for two processes whose process ids mean the same: one boot of one machine and, in containers, one
 * namespace of process ids. Null where the system does not tell, as on macOS and Windows.
 */
export function currentBoot(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}
