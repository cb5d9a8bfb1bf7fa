import { delimiter, join } from 'node:path';
import { fileExists } from './files/file-status.js';

/** Whether a folder of PATH has a file of this name. */
export function isOnPath(program: string, env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && fileExists(join(folder, program)));
}
