import { KeysError } from '../../domain/errors.js';
import { fileIdentity } from '../files/file-status.js';

/** The database itself, its log, and the index of its log. */
const ENDINGS = ['', '-wal', '-shm'];

/**
 * The files of a SQLite database that is open, as they were found. SQLite goes on in files that were deleted
 * or moved away: everything written there is lost when the program ends.
 */
export class OpenFiles {
  readonly #path: string;
  readonly #found: ReadonlyArray<readonly [path: string, identity: string]>;

  constructor(path: string) {
    this.#path = path;
    this.#found = ENDINGS.map((ending) => path + ending).flatMap((file) => {
      const identity = fileIdentity(file);
      return identity === undefined ? [] : [[file, identity] as const];
    });
  }

  /** Throws `database_unavailable` while one of the files is gone, or another one is in its place. */
  requireInPlace(): void {
    for (const [file, identity] of this.#found) {
      if (fileIdentity(file) === identity) continue;
      throw new KeysError('database_unavailable', `the database was deleted, moved or replaced: ${file}`, {
        hint: `move it back while this program runs; otherwise restore a backup of ${this.#path} and start again`,
        retryAfterSeconds: 5,
      });
    }
  }
}
