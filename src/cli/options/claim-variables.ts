import { KeysError } from '../../domain/errors.js';
import { freeVariableName } from '../../places/variable-name.js';

/** Takes the variables of one key. Throws `usage` if another key of the command has one of them. */
type ClaimVariables = (
  names: readonly string[],
  keyName: string,
  /** What the command line says to give this key another variable. */
  flagFor: (free: string) => string,
) => void;

/** Returns what sees to it that no two keys of a command get one variable. */
export function variableClaims(): ClaimVariables {
  const taken = new Map<string, string>();
  return (names, keyName, flagFor) => {
    const shared = names.find((name) => taken.has(name));
    if (shared !== undefined) {
      const free = freeVariableName(keyName, new Set(taken.keys()), names);
      throw new KeysError('usage', `two keys use the same variable: ${shared}`, {
        hint: `use another one for ${keyName}: ${flagFor(free)}; nothing was done`,
        details: { variable: shared, keys: [taken.get(shared), keyName] },
      });
    }
    for (const name of names) taken.set(name, keyName);
  };
}
