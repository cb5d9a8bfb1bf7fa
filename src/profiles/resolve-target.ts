import { normalizeBaseUrl } from './base-url.js';
import type { Settings } from './settings.js';

/** Where a call goes, before any credential is read. */
export interface Target {
  readonly profile: string | null;
  /** Null: the embedded service. */
  readonly baseUrl: string | null;
  readonly environment?: string;
  /** Whether `KEYS_API_KEY` is the credential; otherwise the one stored for the profile. */
  readonly useEnvironmentKey: boolean;
  /** What the user should know: two sources disagreed, and which won. */
  readonly notices: readonly string[];
}

interface Sources {
  readonly flags: { readonly profile?: string; readonly baseUrl?: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: Pick<Settings, 'get' | 'profile'>;
}

/**
 * Flags, then environment, then the profile, then the default. An explicit `--profile` counts as a flag with all that it
 * holds, its stored credential included, so it beats `KEYS_API_KEY` and `KEYS_BASE_URL`, and says so.
 */
export function resolveTarget({ flags, env, settings }: Sources): Target {
  const notices: string[] = [];
  const explicit = flags.profile;
  const name = explicit ?? (env['KEYS_PROFILE'] || undefined) ?? settings.get('profile');
  const profile = name === undefined ? undefined : settings.profile(name);
  const environmentUrl = env['KEYS_BASE_URL'] || undefined;
  const environmentKey = Boolean(env['KEYS_API_KEY']);
  const chosen =
    flags.baseUrl ?? (explicit === undefined ? (environmentUrl ?? profile?.base_url) : profile?.base_url);
  const baseUrl = chosen === undefined ? null : normalizeBaseUrl(chosen);
  if (explicit !== undefined && flags.baseUrl === undefined && environmentUrl !== undefined) {
    if (environmentUrl !== profile?.base_url) notices.push(`--profile ${explicit} wins over KEYS_BASE_URL`);
  }
  if (flags.baseUrl === undefined && explicit === undefined && environmentUrl !== undefined) {
    if (profile !== undefined && environmentUrl !== profile.base_url) {
      notices.push(`KEYS_BASE_URL wins over the address of profile ${profile.name}`);
    }
  }
  if (explicit !== undefined && environmentKey) notices.push(`--profile ${explicit} wins over KEYS_API_KEY`);
  if (explicit === undefined && environmentKey && baseUrl === null) {
    notices.push('KEYS_API_KEY is not used: the embedded service takes no credential');
  }
  if (explicit === undefined && environmentKey && baseUrl !== null && profile !== undefined) {
    notices.push(`KEYS_API_KEY wins over the credential of profile ${profile.name}`);
  }
  const environment = profile?.environment ?? settings.get('environment');
  return {
    profile: profile?.name ?? null,
    baseUrl,
    ...(environment === undefined ? {} : { environment }),
    useEnvironmentKey: explicit === undefined && environmentKey && baseUrl !== null,
    notices,
  };
}
