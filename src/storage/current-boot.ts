import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Text that is the same for two processes whose process ids mean the same: one boot of one machine and, in
 * containers, one namespace of process ids. Null where the system does not tell, as on macOS and Windows.
 */
export function currentBoot(): string | null {
  boot ??= readBoot();
  return boot.text;
}

/** It does not change while a program runs. */
let boot: { readonly text: string | null } | undefined;

function readBoot(): { readonly text: string | null } {
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { text: `${id} ${readlinkSync('/proc/self/ns/pid')}` };
  } catch {
    return { text: null };
  }
}
