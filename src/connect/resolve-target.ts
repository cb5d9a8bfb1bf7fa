import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { Provider } from '../domain/provider.js';
import { clauses, option, setting, type Wording, words } from '../domain/words.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { type Profile, type Settings, systemOf } from '../storage/settings.js';
import { normalizeBaseUrl } from './base-url.js';
import type { TargetFlags } from './connection.js';

/** Returns the profile with this name; undefined if there is none. */
export function profileNamed(
  name: string | undefined,
  { settings }: { settings(): Pick<Settings, 'profiles'> },
): Profile | undefined {
  return settings()
    .profiles()
    .find((candidate) => candidate.name === name);
}

/** Where a call goes, before any provider is loaded and any credential is read. */
export interface Target {
  readonly profile: string | null;
  /** Such as `keys` (the default) or `tylt`. */
  readonly provider: string;
  /** Null: the provider's own address, or for `keys` the embedded service. */
  readonly baseUrl: string | null;
  /**
   * The rules of an embedded service of this profile's own, or those that the key service at `baseUrl` said
   * that it follows.
   */
  readonly policy?: string;
  /** The provider's context fields, such as an account or a project. */
  readonly set: Readonly<Record<string, string>>;
  /** Names of fields that the call says to be none (`--set name=`). */
  readonly none?: readonly string[];
  readonly environment?: string;
  /**
   * The environment of the profile that `--profile` or `KEYS_PROFILE` names. Not that of a profile that was
   * found or is in use.
   */
  readonly namedEnvironment?: string;
  /** The environment that the profile says, however the profile was found. */
  readonly profileEnvironment?: string;
  /** The environment that the profile with this address says. */
  readonly addressEnvironment?: string;
  /** Whether `KEYS_API_KEY` is the credential; otherwise the one stored for the profile. */
  readonly useEnvironmentKey: boolean;
  /** The account of `keys.yaml` that is opened; see `OperationTarget`. */
  readonly account?: string;
  /** What the user should know: two sources disagreed, and which won. */
  readonly notices: readonly Wording[];
}

interface Sources {
  readonly flags: TargetFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  settings(): Pick<Settings, 'get' | 'profile' | 'profiles'>;
}

const DEFAULT_PROVIDER = 'keys';

/**
 * Flags, then environment, then the profile, then the default. An explicit `--profile` counts as a flag with
 * all that it holds, its stored credential included, so it beats `KEYS_API_KEY`, `KEYS_BASE_URL` and
 * `KEYS_PROVIDER`, and says so. Another provider than the profile's leaves the profile aside: its address and
 * credential are another system's.
 */
export function resolveTarget({ flags, env, settings: readSettings }: Sources): Target {
  const settings = readSettings();
  const notices: Wording[] = [];
  const explicit = flags.profile;
  const named = explicit ?? (env['KEYS_PROFILE'] || undefined) ?? settings.get('profile');
  const wanted = flags.provider ?? (explicit === undefined ? env['KEYS_PROVIDER'] || undefined : undefined);
  const said = fitting(named === undefined ? undefined : settings.profile(named), wanted, flags, notices);
  const isNamed = explicit !== undefined || Boolean(env['KEYS_PROFILE']);
  const profile = said ?? loggedInTo(wanted, { flags, env }, settings.profiles(), notices);
  if (explicit !== undefined && env['KEYS_PROVIDER'] && flags.provider === undefined) {
    if (env['KEYS_PROVIDER'] !== providerOf(profile))
      notices.push(words`${option('profile', explicit)} wins over KEYS_PROVIDER`);
  }
  const environmentUrl = env['KEYS_BASE_URL'] || undefined;
  const environmentKey = Boolean(env['KEYS_API_KEY']);
  const chosen =
    flags.baseUrl ?? (explicit === undefined ? (environmentUrl ?? profile?.base_url) : profile?.base_url);
  const baseUrl = chosen === undefined ? null : normalizeBaseUrl(chosen);
  if (explicit !== undefined && flags.baseUrl === undefined && environmentUrl !== undefined) {
    if (environmentUrl !== profile?.base_url)
      notices.push(words`${option('profile', explicit)} wins over KEYS_BASE_URL`);
  }
  if (flags.baseUrl === undefined && explicit === undefined && environmentUrl !== undefined) {
    if (profile !== undefined && environmentUrl !== profile.base_url) {
      notices.push(`KEYS_BASE_URL wins over the address of profile ${profile.name}`);
    }
  }
  // A policy names its key service too, whose provider is `keys`.
  const isOfProfile = wanted === undefined || (profile !== undefined && wanted === systemOf(profile));
  const provider = isOfProfile ? providerOf(profile) : wanted;
  const embedded = baseUrl === null && provider === DEFAULT_PROVIDER;
  if (explicit !== undefined && environmentKey)
    notices.push(words`${option('profile', explicit)} wins over KEYS_API_KEY`);
  if (explicit === undefined && environmentKey && embedded) {
    notices.push('KEYS_API_KEY is not used: the embedded service takes no credential');
  }
  if (explicit === undefined && environmentKey && !embedded && profile !== undefined) {
    notices.push(`KEYS_API_KEY wins over the credential of profile ${profile.name}`);
  }
  const environment = profile?.environment ?? settings.get('environment');
  const policy = policyOf(provider, baseUrl, profile, settings.profiles());
  return {
    profile: profile?.name ?? null,
    provider,
    baseUrl,
    ...compact({ policy }),
    ...splitSet({ ...profile?.set, ...readSet(flags.set ?? []) }),
    ...compact({ environment, namedEnvironment: isNamed ? said?.environment : undefined }),
    ...compact({ profileEnvironment: profile?.environment }),
    ...compact({
      addressEnvironment: addressEnvironmentOf({ baseUrl, policy, profile: profile?.name }, settings),
    }),
    useEnvironmentKey: explicit === undefined && environmentKey && !embedded,
    notices,
  };
}

/** The policy of a key service: the profile's, or for a remote one what a login at this address stored. */
function policyOf(
  provider: string,
  baseUrl: string | null,
  profile: Profile | undefined,
  profiles: readonly Profile[],
): string | undefined {
  if (provider !== DEFAULT_PROVIDER) return undefined;
  if (baseUrl === null) return profile?.policy;
  return profiles.find(({ base_url, policy }) => base_url === baseUrl && policy !== undefined)?.policy;
}

/**
 * The environment of the profile of an address: the one in use, else the only one with this address.
 * Undefined: none says it, or it is the address of a key service, which has the keys of every environment.
 */
export function addressEnvironmentOf(
  {
    baseUrl,
    policy,
    profile,
  }: {
    readonly baseUrl: string | null;
    readonly policy?: string | undefined;
    readonly profile?: string | null | undefined;
  },
  settings: Pick<Settings, 'profiles'>,
): string | undefined {
  if (baseUrl === null || policy !== undefined) return undefined;
  const known = settings.profiles().filter(({ base_url }) => base_url === baseUrl);
  return (known.find(({ name }) => name === profile) ?? (known.length === 1 ? known[0] : undefined))
    ?.environment;
}

function providerOf(profile: Profile | undefined): string {
  return profile?.provider ?? DEFAULT_PROVIDER;
}

/**
 * The one profile of the service that is named by provider and address, so that what a login stored is found
 * without `--profile`. None where `KEYS_API_KEY` is the credential; of several none is chosen, and that is
 * said.
 */
function loggedInTo(
  wanted: string | undefined,
  { flags, env }: Pick<Sources, 'flags' | 'env'>,
  profiles: readonly Profile[],
  notices: Wording[],
): Profile | undefined {
  const address = flags.baseUrl ?? (env['KEYS_BASE_URL'] || undefined);
  if (env['KEYS_API_KEY'] || (address ?? wanted) === undefined) return undefined;
  const baseUrl = address === undefined ? undefined : normalizeBaseUrl(address);
  const provider = wanted ?? DEFAULT_PROVIDER;
  if (provider === DEFAULT_PROVIDER && baseUrl === undefined) return undefined;
  const found = profiles.filter(
    (profile) =>
      profile.base_url === baseUrl &&
      // Without an address, the name of a policy is its vendor's.
      (providerOf(profile) === provider || (baseUrl !== undefined && systemOf(profile) === provider)),
  );
  if (found.length > 1) {
    const names = found.map(({ name }) => name).join(', ');
    notices.push(
      clauses(`several profiles are of this service: ${names}`, words`name one with ${option('profile')}`),
    );
    return undefined;
  }
  return found[0];
}

function fitting(
  profile: Profile | undefined,
  wanted: string | undefined,
  flags: TargetFlags,
  notices: Wording[],
): Profile | undefined {
  if (profile === undefined || wanted === undefined || wanted === providerOf(profile)) return profile;
  const system = systemOf(profile);
  if (flags.profile !== undefined) {
    if (wanted === system) return profile;
    throw new KeysError('usage', `profile ${profile.name} is of ${system}, not of ${wanted}`, {
      hint: words`leave out one of ${option('profile')} and ${option('provider')}`,
    });
  }
  const other =
    wanted === system ? `a key service under the rules of ${system}` : `of ${system}, not of ${wanted}`;
  notices.push(`profile ${profile.name} is left aside: it is ${other}`);
  return undefined;
}

/** The fields with a value, and the names of those without. */
export function splitSet(fields: Readonly<Record<string, string>>): Pick<Target, 'set' | 'none'> {
  const all = Object.entries(fields);
  const none = all.flatMap(([name, value]) => (value === '' ? [name] : []));
  return {
    set: Object.fromEntries(all.filter(([, value]) => value !== '')),
    ...(none.length === 0 ? {} : { none }),
  };
}

/** `name=value` pairs; an empty value says that there is none. Throws `usage` for what is no pair. */
export function readSet(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([A-Za-z]\w*)=(.*)$/s.exec(pair) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new KeysError('usage', `not a name and a value: ${JSON.stringify(pair)}`, {
        hint: words`such as ${setting('project', 'my-project')}`,
      });
    }),
  );
}

/** What an operation needs to find the same service again. */
export function operationTarget(target: Target): OperationTarget {
  const { provider, profile, baseUrl, set, useEnvironmentKey, policy, account } = target;
  return { provider, profile, baseUrl, set, useEnvironmentKey, ...compact({ policy, account }) };
}

/**
 * The environment of a call that names none. Where a new key revokes the previous one of its service and
 * environment, only a profile that the call names says it: any other would revoke a key, or send a pair to an
 * address, that was not meant.
 */
export function environmentByDefault(
  { supersedes }: Pick<Provider, 'supersedes'>,
  { environment, namedEnvironment }: Pick<Target, 'environment' | 'namedEnvironment'>,
): string | undefined {
  return supersedes ? namedEnvironment : environment;
}
