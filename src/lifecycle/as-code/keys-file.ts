import type { CreateKey } from '../../domain/key-service.js';
import type { Position } from './file-mistake.js';

/** An account as a file names it. Its credential is never in the file. */
export interface NamedAccount {
  readonly name: string;
  readonly provider: string;
  readonly baseUrl: string | null;
  readonly set: Readonly<Record<string, string>>;
}

/** An account of the file. */
export interface FileAccount extends NamedAccount {
  /** Where its provider is named. */
  readonly at: Position;
  /** Where a setting of `set` stands. */
  readonly settingAt: (name: string) => Position;
}

/** A place of a key, as `--to` says it. */
export interface FilePlace {
  readonly text: string;
  /** A command that brings the secret into use; null: none. */
  readonly command: string | null;
  readonly at: Position;
}

/** Rights that the file names; what it does not name is not compared. */
export type FileRights = Omit<CreateKey, 'name' | 'expires_at'> & {
  /** Milliseconds from creation to expiry; null: never. */
  readonly lifetime_ms?: number | null;
};

/** A key of the file. */
export interface FileKey {
  readonly name: string;
  readonly account: string;
  readonly rights: FileRights;
  readonly rotate_ms: number | null;
  readonly grace_ms: number | null;
  /** `unknown`: nothing is delivered. */
  readonly places: readonly FilePlace[] | 'unknown';
  readonly renamedFrom: string | null;
  /** Id at the vendor. */
  readonly adopt: string | null;
  readonly revoked: boolean;
  /** Where its name stands. */
  readonly at: Position;
  /** Where a value stands, such as that of `['scopes', 0]`; where its field is missing, the name. */
  readonly valueAt: (path: readonly [string, ...Array<string | number>]) => Position;
}

export interface KeysFile {
  readonly path: string;
  /** Milliseconds between two runs of apply. */
  readonly every_ms: number;
  readonly accounts: readonly FileAccount[];
  readonly keys: readonly FileKey[];
}
