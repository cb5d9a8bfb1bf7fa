import type { Credential } from '../domain/key.js';
import { namedParts } from './place.js';
import { assignment, type Shell } from './shells.js';

/** Assignment lines for a credential: one for a secret, two for a pair. */
export function envLines(shell: Shell, credential: Credential, names: readonly string[]): string {
  return namedParts(credential, names)
    .map(([variable, value]) => assignment(shell, variable, value))
    .join('');
}
