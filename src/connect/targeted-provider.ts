import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import { type Provider, resolveBaseUrl } from '../domain/provider.js';
import { loadProvider } from '../providers/registry.js';
import { isByHand } from './by-hand.js';
import type { ConnectContext } from './connection.js';
import { environmentByDefault, resolveTarget, type Target } from './resolve-target.js';

/** The provider that flags, environment and profile name. */
export interface TargetedProvider {
  readonly provider: Provider;
  readonly profile: string | null;
  /**
   * The address that was given, or the vendor's own; null for the embedded service, and if a context field is
   * missing.
   */
  readonly baseUrl: string | null;
  readonly managedByHand: boolean;
  /**
   * Whether `baseUrl` is the address that the vendor publishes. It serves the vendor's default environment
   * only.
   */
  readonly published: boolean;
  /** The values of the provider's context fields. */
  readonly set: Readonly<Record<string, string>>;
  /** Undefined where the call must say it. */
  readonly environment?: string;
  /** The environment that the address serves, where that is known. */
  readonly served?: string;
  /** What a prompt for the environment offers first. */
  readonly presumed?: string;
}

/**
 * Returns where requests go; `asked`: the environment that they are for, else the profile's. Reads no
 * credential and opens nothing. Throws `not_found` for an unknown provider.
 */
export async function targetedProvider(
  context: Pick<ConnectContext, 'env' | 'flags' | 'process' | 'settings'>,
  asked?: string,
): Promise<TargetedProvider> {
  const target = resolveTarget(context);
  const provider = await loadProvider(target.policy ?? target.provider, context);
  const { policy, profile, set } = target;
  const environment = asked ?? environmentByDefault(provider, target);
  const published = isPublished(provider, target.baseUrl) && policy === undefined;
  const ofAddress = provider.supersedes ? target.addressEnvironment : undefined;
  return {
    provider,
    profile,
    set,
    baseUrl:
      policy === undefined ? addressInEnvironment(provider, target, environment ?? null) : target.baseUrl,
    managedByHand: isByHand(provider, target, context),
    published,
    ...compact({ served: published ? provider.environments[0] : ofAddress }),
    ...compact({ environment, presumed: environment ?? target.environment }),
  };
}

/**
 * The address for a key of this environment; null: none is known. The vendor's published address serves its
 * default environment only. Where each environment has its own keys, an address that a profile says to be of
 * another one is not for this key.
 */
export function addressInEnvironment(
  provider: Provider,
  target: Pick<Target, 'baseUrl' | 'set' | 'addressEnvironment'>,
  environment: string | null,
): string | null {
  const { addressEnvironment } = target;
  if (provider.supersedes && environment !== null && addressEnvironment !== undefined) {
    if (addressEnvironment !== environment) return null;
  }
  const other = environment !== null && environment !== provider.environments[0];
  const unserved = other && isPublished(provider, target.baseUrl);
  return unserved ? null : resolveBaseUrl(provider, target.baseUrl, target.set);
}

/** Says that a profile gives the address for another environment than a key's; null: none does. */
export function otherEnvironmentText(
  { baseUrl, addressEnvironment }: Pick<Target, 'baseUrl' | 'addressEnvironment'>,
  environment: string | null,
): string | null {
  if (addressEnvironment === undefined || addressEnvironment === environment) return null;
  return `a profile says that ${baseUrl} is of ${addressEnvironment}`;
}

/**
 * Throws `usage` for an environment whose address was not given: the vendor's published address serves its
 * default environment only. `baseUrl` null: none was given.
 */
export function refusePublishedAddress(
  provider: Provider,
  baseUrl: string | null,
  environment: string | undefined,
): void {
  const { id, title, environments } = provider;
  if (environment === undefined || environment === environments[0]) return;
  if (!environments.includes(environment) || !isPublished(provider, baseUrl)) return;
  const what = baseUrl === null ? 'no address was given' : `${baseUrl} is the address of ${environments[0]}`;
  throw new KeysError('usage', `this is for ${environment}, and ${what}`, {
    next: 'give_address',
    details: { provider: id, environment, title },
  });
}

/** Whether an address is on the vendor's published host, over any scheme and port; null stands for it. */
function isPublished({ baseUrl }: Pick<Provider, 'baseUrl'>, said: string | null): boolean {
  if (said === null) return baseUrl !== null;
  return baseUrl !== null && !baseUrl.includes('{') && new URL(said).hostname === new URL(baseUrl).hostname;
}

/**
 * Whether requests with a key need its environment said: the vendor has several, publishes the address of
 * one, and neither the profile nor what is `known` of the key says which one it is of.
 */
export function lacksEnvironment(
  { provider, published, environment }: Pick<TargetedProvider, 'provider' | 'published' | 'environment'>,
  known: string | null | undefined,
): boolean {
  return published && provider.environments.length > 1 && (known ?? environment) === undefined;
}
