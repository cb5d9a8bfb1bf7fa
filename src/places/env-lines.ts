import type { Credential } from '../domain/key.js';
import { namedParts } from './destination.js';
import { assignment, type Shell } from './shells.js';
import { checkVariableName, variableNameFor } from './variable-name.js';

/**
 * Assignment lines for a credential: one for a secret, two for a pair (`…_API_KEY` and `…_SECRET_KEY`).
 * `name` is the flag's; without one it is made from the key's name. `second`: the variable of a pair's second half.
 */
export function envLines(
  shell: Shell,
  credential: Credential,
  keyName: string,
  name?: string,
  second?: string,
): string {
  const first = name === undefined ? variableNameFor(keyName) : checkVariableName(name);
  return namedParts(credential, first, second)
    .map(([variable, value]) => assignment(shell, variable, value))
    .join('');
}
