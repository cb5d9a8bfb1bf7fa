import { join } from 'node:path';
import { execa } from 'execa';
import { BIN, type KeysProgram } from './keys.js';
import { temporaryFolder } from './temporary-folder.js';

/** Keeps a reader only until the pipe is open for writing. */
const SCRIPT = 'mkfifo "$0"; exec 4<>"$0" 5>"$0" 4<&-; exec "$@" >&5';

/** Runs the program with a pipe as stdout whose reader has gone away before the program starts. */
export async function withoutReader(keys: KeysProgram, args: readonly string[]) {
  const pipe = join(temporaryFolder(), 'pipe');
  return await execa('bash', ['-c', SCRIPT, pipe, process.execPath, '--', BIN, ...args], {
    env: { ...keys.env },
    extendEnv: false,
    reject: false,
  });
}
