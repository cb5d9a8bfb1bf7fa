import { chmodSync, writeFileSync } from 'node:fs';

/** Writes a program for `sh`, such as a stand-in for one that a job calls. */
export function shellScript(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}
