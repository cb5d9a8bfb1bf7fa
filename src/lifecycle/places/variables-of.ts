import type { ManagedKey } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { variablesFor } from '../../places/variable-name.js';

/**
 * Names of the environment variables of a key: as asked, else as it was created with, else the provider's.
 */
export function variablesOf(
  { variable }: Pick<ManagedKey, 'variable'>,
  provider: Provider,
  asked: string | undefined,
): readonly string[] {
  if (asked === undefined && variable !== null) return variable.split(',');
  return variablesFor(provider, asked);
}
