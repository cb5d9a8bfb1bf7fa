import { compact } from '../domain/compact.js';
import { isManagedByHand, type Provider, resolveBaseUrl } from '../domain/provider.js';
import { loadProvider } from '../providers/registry.js';
import type { ConnectContext } from './connection.js';
import { resolveTarget, type Target } from './resolve-target.js';

/** The provider that flags, environment and profile name. */
export interface TargetedProvider {
  readonly provider: Provider;
  readonly profile: string | null;
  /** The address that was given, or the vendor's own; null for the embedded service, and if a context field is missing. */
  readonly baseUrl: string | null;
  readonly managedByHand: boolean;
  /** The values of the provider's context fields. */
  readonly set: Readonly<Record<string, string>>;
  readonly environment?: string;
}

/** Returns where requests go. Reads no credential and opens nothing. Throws `not_found` for an unknown provider. */
export async function targetedProvider(
  context: Pick<ConnectContext, 'env' | 'flags' | 'process' | 'settings'>,
): Promise<TargetedProvider> {
  const target = resolveTarget(context);
  const provider = await loadProvider(target.policy ?? target.provider, context);
  const { policy, environment, profile, set } = target;
  return {
    provider,
    profile,
    set,
    baseUrl:
      policy === undefined ? addressInEnvironment(provider, target, environment ?? null) : target.baseUrl,
    managedByHand: isManagedByHand(provider, target.baseUrl) && policy === undefined,
    ...compact({ environment }),
  };
}

/** The address for a key of this environment. The vendor's published address serves its default environment only. */
export function addressInEnvironment(
  provider: Provider,
  target: Pick<Target, 'baseUrl' | 'set'>,
  environment: string | null,
): string | null {
  const published =
    target.baseUrl === null && environment !== null && environment !== provider.environments[0];
  return published ? null : resolveBaseUrl(provider, target.baseUrl, target.set);
}
