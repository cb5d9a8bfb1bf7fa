import type { Credential } from '../domain/key.js';
import { assignment, type Shell } from './shells.js';
import { checkVariableName, variableNameFor } from './variable-name.js';

/**
 * Assignment lines for a credential: one for a secret, two for a pair (`…_API_KEY` and `…_SECRET_KEY`).
 * `name` is the flag's; without one it is made from the key's name.
 */
export function envLines(shell: Shell, credential: Credential, keyName: string, name?: string): string {
  const first = name === undefined ? variableNameFor(keyName) : checkVariableName(name);
  if ('secret' in credential) return assignment(shell, first, credential.secret);
  const second = first.endsWith('_API_KEY') ? first.replace(/API_KEY$/, 'SECRET_KEY') : `${first}_SECRET_KEY`;
  return assignment(shell, first, credential.api_key) + assignment(shell, second, credential.secret_key);
}
