import type { ManagedKey } from '../domain/managed-key.js';
import { type Provider, variableNameOf } from '../domain/provider.js';
import { checkVariableName, variableNameFor } from '../places/variable-name.js';

/** Names of the environment variables of a key: as asked, else as it was created with, else the provider's or made from its name. */
export function variablesOf(
  { account, name, variable }: Pick<ManagedKey, 'account' | 'name' | 'variable'>,
  provider: Provider,
  asked: string | undefined,
): { readonly first: string; readonly second: string | undefined } {
  const own = account.provider === 'keys' ? variableNameFor(name) : variableNameOf(provider);
  const first = checkVariableName(asked ?? variable ?? own);
  const { variables } = provider;
  const documented = 'api_key' in variables && first === variables.api_key;
  return { first, second: documented ? variables.secret_key : undefined };
}
