/** A named place: where its service is, and its defaults. Holds no secret. */
export interface Profile {
  readonly name: string;
  /** Absent: the embedded service. */
  readonly base_url?: string;
  /** Default environment of new keys. */
  readonly environment?: string;
}

/** Every setting that `config` knows, with how its text is checked. */
export const SETTING_NAMES = ['profile', 'environment', 'color', 'shell'] as const;
export type SettingName = (typeof SETTING_NAMES)[number];

/**
 * The settings file (conf) in the platform's config directory, 0600, read as the JSON that it is. A file that cannot be
 * read as settings throws `settings_unreadable` with its path, and is never overwritten.
 */
export interface Settings {
  /** Absolute path of the settings file. */
  readonly path: string;
  get(name: SettingName): string | undefined;
  all(): Readonly<Partial<Record<SettingName, string>>>;
  /** Throws `usage` for an unknown name or a value that does not fit. */
  set(name: string, value: string): Promise<void>;
  unset(name: string): Promise<void>;
  profiles(): readonly Profile[];
  /** Throws `profile_not_found`, with the nearest name as hint. */
  profile(name: string): Profile;
  saveProfile(profile: Profile): Promise<void>;
  /** Throws `profile_not_found`. */
  removeProfile(name: string): Promise<void>;
}
