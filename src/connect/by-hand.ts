import { isManagedByHand, type Provider } from '../domain/provider.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { ConnectContext } from './connection.js';

/**
 * Whether the keys of a target are managed in its vendor's dashboard: at the vendor's own address, and at an
 * address that a profile says to be of one of the vendor's environments, such as the demo address of Tylt.
 * Any other address is a key service, and so is one that a login has succeeded at, or that `KEYS_API_KEY` is
 * the credential for. Opens nothing.
 */
export function isByHand(
  provider: Pick<Provider, 'baseUrl' | 'environments' | 'operations'>,
  target: Pick<OperationTarget, 'provider' | 'baseUrl' | 'policy' | 'useEnvironmentKey'>,
  { settings }: Pick<ConnectContext, 'settings'>,
): boolean {
  const { baseUrl, policy } = target;
  if (policy !== undefined || target.provider === 'keys') return false;
  if (isManagedByHand(provider, baseUrl)) return true;
  if (provider.operations.create !== 'dashboard' || target.useEnvironmentKey) return false;
  const here = settings()
    .profiles()
    .filter((profile) => profile.provider === target.provider && profile.base_url === baseUrl);
  const isOfVendor = here.some(({ environment }) => provider.environments.includes(environment ?? ''));
  // A login stores the policy of the key service that it succeeded at.
  return isOfVendor && here.every((profile) => profile.policy === undefined);
}
