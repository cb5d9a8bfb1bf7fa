/** A file that defines a provider or a kind of place. */
export interface OwnModule {
  /** The command that adds it, such as `keys provider add`. */
  readonly command: string;
  /** As the job names it, relative to its folder. */
  readonly path: string;
  /** A file name of its own, for a copy. */
  readonly name: string;
}

/** What a scheduled apply needs. */
export interface Scheduled {
  /** The file as the job names it, such as `keys.yaml`. */
  readonly file: string;
  /** The folder of the file on this machine. */
  readonly folder: string;
  /** Milliseconds between two runs. */
  readonly every_ms: number;
  /** Names of variables that hold secrets. */
  readonly secrets: readonly string[];
  /** Variables that are no secrets. */
  readonly values: Readonly<Record<string, string>>;
  /**
   * Whether the next run needs the data directory of this one. It holds the ledger, unless that is shared,
   * and the keys of the embedded service.
   */
  readonly keepsData: boolean;
  /** Modules of the user's own that the job adds first. */
  readonly own: readonly OwnModule[];
  /** What the credentials must be able to do, a line each. */
  readonly notes: readonly string[];
}
