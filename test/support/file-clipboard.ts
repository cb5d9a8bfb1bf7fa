import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { endLeftOver } from './end-left-over.js';
import { recordedProgram } from './recorded-program.js';
import { temporaryFolder } from './temporary-folder.js';

/** A clipboard that is a file, for a desktop with xclip. What waits to clear it is ended with the test. */
export function fileClipboard(home: string) {
  const path = join(temporaryFolder(), 'clipboard');
  const xclip = recordedProgram('xclip', `case "$*" in *-o) cat '${path}';; *) cat > '${path}';; esac`);
  onTestFinished(() => void endLeftOver(home));
  return { env: { DISPLAY: ':99', PATH: xclip.path }, held: () => readFileSync(path, 'utf8') };
}
