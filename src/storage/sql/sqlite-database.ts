import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { createFolders } from '../files/folders.js';
import { makeFolderPrivate, makePrivateFile } from '../files/private-files.js';
import type { Outcome } from './commit-together.js';
import { type Migrations, migrate, refuseNewer } from './migrations.js';
import { OpenFiles } from './open-files.js';
import { retryWhileBusy } from './retry-while-busy.js';
import type { SqlDatabase, SqlRow, SqlSession, SqlStatement, SqlValue } from './sql-database.js';
import { connectSqlite, Statements } from './sqlite-connection.js';
import type { SqliteConnection } from './sqlite-driver.js';
import { isBusy, sqliteFailure } from './sqlite-failure.js';
import { inlineWriter, type SqliteWriter } from './sqlite-writer.js';

/** Transactions that are committed together at most, so that none waits for long. */
const MOST_TOGETHER = 64;
/**
 * Milliseconds that a thread rests after a commit. Under load, what comes meanwhile is committed together:
 * one message and one wait for the disk for all. The first write after a rest never waits.
 */
const REST_MS = 5;

export interface SqliteOptions {
  /** Most milliseconds to wait for another process's lock. */
  readonly busyTimeoutMs?: number;
  /** The compiled `sqlite-writer-thread`: writes then go to a thread of their own. Default: this thread. */
  readonly writerThread?: URL | undefined;
}

/**
 * A SQLite file: 0600 in a 0700 directory from its first byte, WAL, every commit on the disk before it is
 * acknowledged, deleted content overwritten. Links of other users are followed as `followLinks` does. Reads
 * go through a connection of their own, so that they never see a transaction half done. Throws
 * `data_unwritable`, `database_busy`, `database_newer`, `database_damaged` or `disk_full`.
 */
export async function openSqliteDatabase(
  path: string,
  migrations: Migrations,
  options: SqliteOptions = {},
): Promise<SqlDatabase> {
  const busyTimeoutMs = options.busyTimeoutMs ?? 5_000;
  try {
    const file = makePrivate(path);
    const writer = await openWriter(file, busyTimeoutMs, options.writerThread);
    const restMs = options.writerThread === undefined ? 0 : REST_MS;
    const database = new SqliteDatabase(file, writer, busyTimeoutMs, restMs);
    try {
      await database.upgrade(migrations);
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  } catch (error) {
    throw sqliteFailure(error, path);
  }
}

async function openWriter(path: string, busyTimeoutMs: number, thread?: URL): Promise<SqliteWriter> {
  if (thread === undefined) return await inlineWriter(path, busyTimeoutMs);
  const { threadWriter } = await import('./thread-writer.js');
  return await threadWriter(path, busyTimeoutMs, thread);
}

/** Of these a folder may hold any and still be the tool's own. */
const OWN_FILE = /^(keys|ledger)\.db(-wal|-shm|-journal|-checked)?$|^management\.key$/;

/** Files that SQLite opens beside a database. */
const BESIDE = ['-wal', '-shm', '-journal'];

/** Returns where the database is, with links followed. */
function makePrivate(path: string): string {
  const folder = dirname(path);
  createFolders(folder);
  // A folder that holds other things too is its owner's to keep private; the files here are in any case.
  if (readdirSync(folder).every((name) => OWN_FILE.test(name))) makeFolderPrivate(folder);
  return makePrivateFile(path, BESIDE);
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A transaction that reads what it has done, or whatever else decides how it goes on. */
interface Job extends Waiting {
  readonly work: (session: SqlSession) => Promise<unknown>;
}

/** A transaction whose statements are known. */
interface KnownJob extends Waiting {
  readonly statements: readonly SqlStatement[];
  /** False: it need not be on the disk when it resolves. */
  readonly lasting: boolean;
}

class SqliteDatabase implements SqlDatabase {
  readonly #path: string;
  readonly #writer: SqliteWriter;
  readonly #busyTimeoutMs: number;
  readonly #restMs: number;
  readonly #waiting: Array<Job | KnownJob> = [];
  #reader: { connection: SqliteConnection; statements: Statements } | undefined;
  /** Settles when the writer has rested since its last commit. */
  #rested: Promise<void> | undefined;
  /** Settles when no transaction waits any more; never rejects. */
  #working: Promise<void> | undefined;
  /** Known once the tables are made: until then SQLite may not have made its own files. */
  #files: OpenFiles | undefined;
  /** Why nothing may be read. */
  #lost: unknown;

  constructor(path: string, writer: SqliteWriter, busyTimeoutMs: number, restMs: number) {
    this.#path = path;
    this.#writer = writer;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#restMs = restMs;
  }

  async upgrade(migrations: Migrations): Promise<void> {
    await this.#upgradeTables(migrations);
    this.#files = new OpenFiles(this.#path);
  }

  async #upgradeTables(migrations: Migrations): Promise<void> {
    if ((await this.#retry(() => this.#version())) === migrations.length) return;
    // Asked again inside the transaction: another process may have been first.
    await this.transaction(async (session) => {
      const version = await this.#version();
      refuseNewer(migrations, version);
      if (version === migrations.length) return;
      await migrate(session, migrations, version, 'sqlite');
      await this.#writer.exec(`PRAGMA user_version = ${migrations.length}`);
    });
  }

  async #retry<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return await retryWhileBusy(this.#busyTimeoutMs, work);
  }

  async #version(): Promise<number> {
    const [row] = await this.#writer.all('PRAGMA user_version');
    return Number(row?.['user_version'] ?? 0);
  }

  requireInPlace(): void {
    this.#lost = undefined;
    try {
      this.#files?.requireInPlace();
    } catch (error) {
      this.#lost = error;
      throw error;
    }
  }

  async all(sql: string, params: readonly SqlValue[] = []): Promise<SqlRow[]> {
    if (this.#lost !== undefined) throw this.#lost;
    try {
      // A read of an open file hardly ever waits, and every request of someone's API comes through here.
      if (this.#reader !== undefined) return this.#reader.statements.all(sql, params);
    } catch (error) {
      if (!isBusy(error)) throw sqliteFailure(error, this.#path);
    }
    try {
      return await this.#retry(() => {
        this.#reader ??= this.#openReader();
        return this.#reader.statements.all(sql, params);
      });
    } catch (error) {
      throw sqliteFailure(error, this.#path);
    }
  }

  #openReader(): { connection: SqliteConnection; statements: Statements } {
    const connection = this.#connectInPlace();
    return { connection, statements: new Statements(connection) };
  }

  /** Another connection to the same files. */
  #connectInPlace(): SqliteConnection {
    this.requireInPlace();
    const connection = connectSqlite(this.#path);
    try {
      this.requireInPlace();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async run(
    sql: string,
    params: readonly SqlValue[] = [],
    { lasting = true }: { readonly lasting?: boolean } = {},
  ): Promise<number> {
    const [changed = 0] = (await this.#known([{ sql, params }], lasting)) ?? [];
    return changed;
  }

  runAll(statements: readonly SqlStatement[]): Promise<readonly number[] | null> {
    return this.#known(statements, true);
  }

  transaction<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result> {
    return this.#queued((waiting) => ({ ...waiting, work }));
  }

  #known(statements: readonly SqlStatement[], lasting: boolean): Promise<readonly number[] | null> {
    return this.#queued((waiting) => ({ ...waiting, statements, lasting }));
  }

  #queued<Result>(job: (waiting: Waiting) => Job | KnownJob): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push(job({ resolve: resolve as (result: unknown) => void, reject }));
      this.#working ??= this.#workOff();
    });
  }

  async #workOff(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#rested;
      // Others that are ready to write share the wait for the disk.
      await nextTurn();
      const jobs = this.#waiting.splice(0, MOST_TOGETHER);
      for (const alike of runsOfOneKind(jobs)) await this.#commit(alike);
      if (this.#restMs > 0) this.#rested = delay(this.#restMs, undefined, { ref: false });
    }
    this.#working = undefined;
  }

  /**
   * Those that came while the disk was busy share one wait for it: each is done or undone by itself, one
   * after the other, and none resolves before all are on the disk.
   */
  async #commit(jobs: ReadonlyArray<Job | KnownJob>): Promise<void> {
    let settle: ReadonlyArray<() => void>;
    try {
      this.requireInPlace();
      settle = jobs.every(isKnown) ? await this.#commitKnown(jobs) : await this.#commitWork(jobs as Job[]);
      // Again: what was written to a file that is gone must not be confirmed.
      this.requireInPlace();
    } catch (error) {
      const failure = sqliteFailure(error, this.#path);
      for (const { reject } of jobs) reject(failure);
      return;
    }
    for (const tell of settle) tell();
  }

  async #commitKnown(jobs: readonly KnownJob[]): Promise<Array<() => void>> {
    const transactions = jobs.map(({ statements }) => statements);
    const lasting = jobs.some((job) => job.lasting);
    const outcomes = await this.#retry(() => this.#writer.commit(transactions, lasting));
    return jobs.map((job, index) => () => this.#settle(job, outcomes[index] as Outcome));
  }

  #settle({ resolve, reject }: KnownJob, outcome: Outcome): void {
    if ('error' in outcome) reject(sqliteFailure(outcome.error, this.#path));
    else resolve(outcome.changed);
  }

  async #commitWork(jobs: readonly Job[]): Promise<Array<() => void>> {
    const settle: Array<() => void> = [];
    const released: Array<Promise<void>> = [];
    try {
      await this.#retry(() => this.#writer.exec('BEGIN IMMEDIATE'));
      // One alone is undone with its transaction, and needs no savepoint.
      if (jobs.length === 1) for (const job of jobs) settle.push(await this.#runAlone(job));
      else for (const job of jobs) settle.push(await this.#runOne(job, released));
      await Promise.all([...released, this.#writer.exec('COMMIT')]);
      return settle;
    } catch (error) {
      await this.#rollBack();
      throw error;
    }
  }

  /** What tells its caller, once it is on the disk. Throws what the work throws. */
  async #runAlone({ work, resolve }: Job): Promise<() => void> {
    const result = await work(this.#writer);
    return () => resolve(result);
  }

  /**
   * What tells its caller, once it is on the disk. Throws where SQLite gave up all of them, as on a full
   * disk. Neither the savepoint nor its release is waited for: each is sent along with the statement that
   * comes next. `released`: what must have been done before the commit counts.
   */
  async #runOne({ work, resolve, reject }: Job, released: Array<Promise<void>>): Promise<() => void> {
    const saved = handled(this.#writer.exec('SAVEPOINT one'));
    try {
      const result = await work(this.#writer);
      await saved;
      released.push(handled(this.#writer.exec('RELEASE one')));
      return () => resolve(result);
    } catch (error) {
      try {
        await this.#writer.exec('ROLLBACK TO one; RELEASE one');
      } catch {
        throw error;
      }
      return () => reject(sqliteFailure(error, this.#path));
    }
  }

  async snapshot<Result>(work: (session: Pick<SqlSession, 'all'>) => Promise<Result>): Promise<Result> {
    try {
      const connection = await this.#retry(() => this.#connectInPlace());
      try {
        connection.exec('BEGIN');
        const statements = new Statements(connection);
        return await work({ all: async (sql, params) => statements.all(sql, params) });
      } finally {
        connection.close();
      }
    } catch (error) {
      throw sqliteFailure(error, this.#path);
    }
  }

  async now(): Promise<null> {
    return null;
  }

  async eraseDeleted(): Promise<void> {
    await this.#working;
    // A log that is gone may be the only one with the last changes: it is left as it is, to be copied.
    this.requireInPlace();
    await this.#emptyLog();
  }

  /** Where a reader of another process is in the way, the next time will do. */
  async #emptyLog(): Promise<void> {
    try {
      await this.#writer.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      if (!isBusy(error)) throw sqliteFailure(error, this.#path);
    }
  }

  async #rollBack(): Promise<void> {
    try {
      await this.#writer.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, as it does on a full disk; the first error is the one to tell.
    }
  }

  async close(): Promise<void> {
    await this.#working;
    this.#reader?.connection.close();
    // SQLite does so itself at the last close, but the package for Node 20 keeps its statements, and so the
    // log, open.
    await this.#emptyLog();
    await this.#writer.close();
  }
}

/** The same promise. Where something else fails first, and nothing waits for it, its failure is no news. */
function handled(done: Promise<void>): Promise<void> {
  done.catch(() => undefined);
  return done;
}

function isKnown(job: Job | KnownJob): job is KnownJob {
  return 'statements' in job;
}

/** Neighbours of one kind, in their order. */
function runsOfOneKind(jobs: ReadonlyArray<Job | KnownJob>): Array<Array<Job | KnownJob>> {
  const runs: Array<Array<Job | KnownJob>> = [];
  for (const job of jobs) {
    const last = runs.at(-1);
    if (last?.[0] !== undefined && isKnown(last[0]) === isKnown(job)) last.push(job);
    else runs.push([job]);
  }
  return runs;
}
