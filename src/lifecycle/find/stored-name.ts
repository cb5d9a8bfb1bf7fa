import { exactName, type ManagedKey } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import type { Lookup } from './resolved-key.js';

/** A vendor that may store names otherwise than they are written, such as in lower case. */
type Naming = { readonly names: Pick<Provider['names'], 'stored'> };

/** A name as the ledger has it: as the vendor stores it, so that one key has one name. */
export function storedName(name: string, { names }: Naming): string {
  return names.stored?.(exactName(name)) ?? exactName(name);
}

/** The managed key of this name, as it was written or as the vendor stores it. */
export async function managedNamed(
  name: string,
  { account, ledger, provider }: Pick<Lookup, 'account' | 'ledger'> & { readonly provider: Naming },
): Promise<ManagedKey | null> {
  const exact = await ledger.managed.byName(account, name);
  const stored = storedName(name, provider);
  if (exact !== null || stored === exactName(name)) return exact;
  return await ledger.managed.byName(account, stored);
}
