/**
 * What stays on this machine: settings, the ledger, the keychain, SQL databases, and the one module that
 * writes files. Rooms import its interfaces, the functions that open them, and the types of what is stored;
 * it imports the domain only.
 */

/** A named place: where its service is, and its defaults. Holds no secret. */
export interface Profile {
  readonly name: string;
  /** Whose keys; absent: `keys`. */
  readonly provider?: string;
  /** Absent: the vendor's own, or the embedded service. */
  readonly base_url?: string;
  /**
   * The system whose rules its key service follows: as chosen for an embedded service, as the service said at
   * login for a remote one.
   */
  readonly policy?: string;
  /** What the provider must be told beside the key, such as an account or a project. */
  readonly set?: Readonly<Record<string, string>>;
  /** Default environment of new keys. */
  readonly environment?: string;
}

/** What people call the service of a profile, everywhere: its policy, else its provider. */
export function systemOf({ policy, provider = 'keys' }: Pick<Profile, 'policy' | 'provider'>): string {
  return policy ?? provider;
}

/** Every setting that `config` knows, and what it may be. */
export const SETTINGS = {
  profile: { about: 'the profile in use', pattern: /^[a-z0-9][a-z0-9_-]{0,63}$/, like: 'team' },
  environment: { about: 'default environment of new keys', pattern: /^(live|test)$/, like: 'live or test' },
  shell: {
    about: 'how --env lines are written',
    pattern: /^(sh|bash|zsh|fish|powershell|nu|cmd|dotenv|github)$/,
    like: 'sh, bash, zsh, fish, powershell, nu, cmd, dotenv or github',
  },
  storage: {
    about: 'where secrets are kept: the OS keychain, or a 0600 file',
    pattern: /^(keychain|file)$/,
    like: 'keychain or file',
  },
  ledger: {
    about:
      'kept: the data directory lasts from one CI job to the next, so that a later run can revoke old keys; or the address of PostgreSQL, without a password, for a ledger that several machines share',
    pattern: /^(kept|postgres(ql)?:\/\/(?![^/]*:[^/]*@)(?!.*[?&]password=)\S+)$/,
    like: 'kept or postgres://user@host/database',
  },
  keychain_wait: {
    about: 'how many seconds to wait for a keychain that its user is asked to unlock (default: 120)',
    pattern: /^[1-9]\d{0,3}$/,
    like: '120',
  },
} as const;
export type SettingName = keyof typeof SETTINGS;

/**
 * The settings file in the platform's config directory, 0600. A file that cannot be read as settings throws
 * `settings_unreadable` with its path, and is never overwritten.
 */
export interface Settings {
  /** Absolute path of the settings file. */
  readonly path: string;
  get(name: SettingName): string | undefined;
  all(): Readonly<Partial<Record<SettingName, string>>>;
  /**
   * Throws `usage` for an unknown name or a value that does not fit, `profile_not_found` for a profile that
   * is not there.
   */
  set(name: string, value: string): Promise<void>;
  unset(name: string): Promise<void>;
  /** Files that define providers of the user's own, by id. */
  providers(): Readonly<Record<string, string>>;
  /** Names the file that defines a provider; null forgets it. */
  saveProvider(id: string, path: string | null): Promise<void>;
  /** Files that define kinds of places of the user's own, by id. */
  placeKinds(): Readonly<Record<string, string>>;
  /** Names the file that defines a kind of place; null forgets it. */
  savePlaceKind(id: string, path: string | null): Promise<void>;
  profiles(): readonly Profile[];
  /** Throws `profile_not_found`. */
  profile(name: string): Profile;
  /** Makes or replaces it; throws `usage` for a name that does not fit. */
  saveProfile(profile: Profile): Promise<void>;
  /** Throws `profile_not_found`. */
  removeProfile(name: string): Promise<void>;
}
