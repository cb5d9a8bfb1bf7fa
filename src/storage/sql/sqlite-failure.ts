import { KeysError } from '../../domain/errors.js';

const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** ENOENT: what Node says of a folder that is to be made, parents and all, on a read-only file system. */
const UNWRITABLE: ReadonlySet<string> = new Set(['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST', 'ENOENT']);

/** Tables that another program has changed; a number that none of ours can be. */
const NOT_AS_MADE = /^no such (table|column)|has no column named|too large to be represented/;

/** A driver's error as one of ours; the primary result code is the low byte of SQLite's extended one. */
export function sqliteFailure(error: unknown, path: string): unknown {
  if (error instanceof KeysError || !(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  const options = { cause: error };
  if (code === 'ENOSPC') return diskFull(path, options);
  if (typeof code === 'string' && UNWRITABLE.has(code)) return unwritable(path, options);
  if (code === 'ERR_OUT_OF_RANGE' || NOT_AS_MADE.test(error.message)) {
    return new KeysError('database_damaged', `the database is not as keys has made it: ${path}`, {
      ...options,
      hint: `restore the file from a backup, or correct it with SQL: ${error.message}`,
    });
  }
  switch (resultCode(error)) {
    case BUSY:
    case LOCKED:
      return new KeysError('database_busy', `the database is locked by another process: ${path}`, {
        ...options,
        hint: 'try again when the other process is done',
        retryAfterSeconds: 1,
      });
    case FULL:
      return diskFull(path, options);
    case READONLY:
    case CANTOPEN:
      return unwritable(path, options);
    case CORRUPT:
    case NOTADB:
      return new KeysError('database_damaged', `not a database, or a damaged one: ${path}`, {
        ...options,
        hint: 'the file was left as it is: restore it from a backup, or move it away to start anew',
      });
    case IOERR:
      return new KeysError('data_unwritable', `the database could not be read or written: ${path}`, {
        ...options,
        hint: 'look at the disk and the rights of the data directory',
      });
    default:
      return error;
  }
}

/** Whether another process has the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && [BUSY, LOCKED].includes(resultCode(error) ?? 0);
}

function resultCode(error: Error): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : primaryCode(error.message);
}

function diskFull(path: string, options: { cause: unknown }): KeysError {
  return new KeysError('disk_full', `no space left for ${path}`, {
    ...options,
    hint: 'free some space; nothing was changed',
  });
}

function unwritable(path: string, options: { cause: unknown }): KeysError {
  return new KeysError('data_unwritable', `cannot write to the data directory: ${path}`, {
    ...options,
    hint: 'change its permissions, or set KEYS_DATA_DIR to another folder',
  });
}

/** The package for Node 20 does not always carry SQLite's number; its text is SQLite's own. */
function primaryCode(message: string): number | undefined {
  if (/database is locked|SQLITE_BUSY/i.test(message)) return BUSY;
  if (/table is locked/i.test(message)) return LOCKED;
  if (/readonly/i.test(message)) return READONLY;
  if (/unable to open/i.test(message)) return CANTOPEN;
  if (/disk is full/i.test(message)) return FULL;
  if (/malformed/i.test(message)) return CORRUPT;
  if (/not a database/i.test(message)) return NOTADB;
  if (/disk I\/O error/i.test(message)) return IOERR;
  return undefined;
}
