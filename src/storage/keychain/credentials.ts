/** The tool's own credential, per profile, bound to the origin it was checked against. */
export interface StoredCredential {
  readonly secret: string;
  /** Such as `https://api.example.com`; used against another, it is refused. */
  readonly origin: string;
  /** When it was stored, ISO 8601. Absent: an earlier version stored it. */
  readonly stored_at?: string;
  /** Id of the key that it is, where the service said so at login. */
  readonly key_id?: string;
}

export interface FoundCredential extends StoredCredential {
  /** Such as `keychain (keytar)`, `keychain (@napi-rs/keyring)` or `file (insecure)`. */
  readonly source: string;
  /** The file that it is in; absent: the keychain has it. */
  readonly path?: string;
}

/**
 * Where credentials are kept: the OS keychain, or a 0600 file when that was asked for. Errors:
 * `keychain_unavailable` (names the three ways out), `keychain_timeout` (4 s).
 */
export interface Credentials {
  /** The one stored for a profile, from whichever place has it; null where none has. */
  read(profile: string): Promise<FoundCredential | null>;
  /** Returns where it went, named as in `FoundCredential.source`. */
  store(
    profile: string,
    credential: StoredCredential,
    options: { insecureStorage: boolean },
  ): Promise<string>;
  /**
   * Removes it from every place; false where there was none. `inOnePlace`: it was stored once, so that one
   * place alone can have it.
   */
  remove(profile: string, options?: { readonly inOnePlace?: boolean }): Promise<boolean>;
  /**
   * What `status` says of the place new credentials go to, such as `keychain (keytar)`, or why there is none.
   */
  backend(): Promise<{ readonly name: string; readonly usable: boolean; readonly problem?: string }>;
}
