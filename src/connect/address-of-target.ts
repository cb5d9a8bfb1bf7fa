import { resolveBaseUrl } from '../domain/provider.js';
import { loadProvider } from '../providers/registry.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { isByHand } from './by-hand.js';
import type { ConnectContext } from './connection.js';

/**
 * Where the keys of a target live, as the ledger has it: `embedded`, `dashboard` or an address. Null where
 * the address depends on a context field that is missing. Opens nothing. Throws `not_found` for an unknown
 * provider.
 */
export async function addressOfTarget(
  target: OperationTarget,
  context: Pick<ConnectContext, 'env' | 'flags' | 'process' | 'settings'>,
): Promise<string | null> {
  if (target.provider === 'keys' && target.baseUrl === null) return embeddedAddress(target);
  const provider = await loadProvider(target.policy ?? target.provider, context);
  if (isByHand(provider, target, context)) return 'dashboard';
  return resolveBaseUrl(provider, target.baseUrl, target.set);
}

/** A profile with a policy has an embedded service of its own. */
export function embeddedAddress({ policy, profile }: Pick<OperationTarget, 'policy' | 'profile'>): string {
  return policy === undefined ? 'embedded' : `embedded ${profile}`;
}
