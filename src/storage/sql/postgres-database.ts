import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { createRedactor } from '../../domain/redactor.js';
import { type Migrations, migrate, refuseNewer } from './migrations.js';
import { filedPassword } from './password-file.js';
import { isSerializationFailure, openingFailure, postgresFailure, sqlState } from './postgres-failure.js';
import type { SqlDatabase, SqlRow, SqlSession, SqlStatement, SqlValue } from './sql-database.js';

/** Most connections that one process holds, by default. */
const MOST_CONNECTIONS = 10;
/** Longest wait for a connection, new or from the pool. */
const CONNECT_MS = 5_000;
/** Longest that the database works on one statement, and longest that it waits there for another's lock. */
const STATEMENT_MS = 10_000;
const LOCK_MS = 5_000;
/**
 * How much longer to wait for a response than the statement may take: a database whose machine has gone sends
 * none, and no error either.
 */
const RESPONSE_MS = 5_000;
/** A transaction whose program has gone silent lets go of its locks. */
const IDLE_IN_TRANSACTION_MS = 30_000;
/** How long one server waits while another upgrades the tables. */
const UPGRADE_LOCK_MS = 600_000;
/** Longest that a step of an upgrade may take: a server that says nothing must not hold a program. */
const UPGRADE_STEP_MS = 3_600_000;
/** How long a server may take to close a connection. */
const CLOSE_MS = 2_000;
/** How often a transaction is run that the database asks to run again. */
const MOST_TRIES = 10;

const INT8 = 20;

export interface PostgresOptions {
  /** `PGPASSWORD`, `PGPASSFILE`, `PGSSLMODE` and their like. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For moving data: a transaction may wait for a slow reader or writer, and a statement take its time. */
  readonly patient?: boolean;
  /** Throw `usage` if the tables are not there, instead of making them. */
  readonly existing?: boolean;
  /** Most connections at once; default 10. */
  readonly connections?: number;
  /** Longest wait for a connection, new or from the pool, in milliseconds; default 5,000. */
  readonly connectMs?: number;
  /** Longest that the database works on one statement, in milliseconds; default 10,000. */
  readonly statementMs?: number;
  /**
   * The table that holds the version of the tables; each use of one database has its own. Default:
   * `keys_schema`.
   */
  readonly versionTable?: 'keys_schema' | 'keys_ledger_schema';
}

/**
 * A PostgreSQL database at `postgres://user@host:port/database`, behind a bounded pool; its tables are made
 * or upgraded. Another machine is spoken to over TLS with its certificate checked, unless `sslmode` says
 * otherwise. Throws `database_unavailable`, `database_refused`, `database_newer`, `usage` (no such database)
 * or `refused` (others' tables).
 */
export async function openPostgresDatabase(
  address: string,
  migrations: Migrations,
  options: PostgresOptions,
): Promise<SqlDatabase> {
  const { connectionString, shown, password } = connectionTo(address, options.env);
  try {
    await upgrade(connectionString, migrations, options);
  } catch (error) {
    // The server's own words are shown: it knows the password, and may repeat it.
    const redactor = createRedactor();
    redactor.add(password);
    throw openingFailure(error, shown, redactor.redact);
  }
  return new PostgresDatabase(connectionString, options);
}

/** A database's address as people may see it: without a password. */
export function shownAddress(address: string): string {
  const { host, port, user, database } = new pg.Client({ connectionString: address });
  return `postgres://${user}@${host}:${port}/${database}`;
}

/** What the driver takes, and what a person may see. */
function connectionTo(
  address: string,
  env: PostgresOptions['env'],
): { connectionString: string; shown: string; password: string } {
  const url = new URL(address);
  const { searchParams } = url;
  const { host, port, user, database } = new pg.Client({ connectionString: address });
  const says = ['sslmode', 'ssl'].some((name) => searchParams.has(name)) || Boolean(env['PGSSLMODE']);
  if (!says && !isLocal(host)) searchParams.set('sslmode', 'verify-full');
  if (url.password === '' && !searchParams.has('password') && !env['PGPASSWORD']) {
    const found = filedPassword(env, { host, port, database: database ?? '', user: user ?? '' });
    if (found !== undefined) searchParams.set('password', found);
  }
  const password = new pg.Client({ connectionString: url.href }).password || env['PGPASSWORD'] || '';
  return { connectionString: url.href, shown: shownAddress(address), password };
}

/** This machine: loopback, or a socket in the file system. */
function isLocal(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?|\/.*)$/.test(host);
}

/** Epoch milliseconds are BIGINT, which the driver would give as text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** Most statements that are kept: one that writes many rows has another text for each number of rows. */
const MOST_KEPT = 200;

/** `?` outside quotes becomes `$1`, `$2`, …; a statement that is used often is looked at once. */
const numbered = new Map<string, string>();
function withNumbers(sql: string): string {
  let found = numbered.get(sql);
  if (found === undefined) {
    let n = 0;
    found = sql.replace(/'[^']*'|\?/g, (part) => (part === '?' ? `$${++n}` : part));
    if (numbered.size >= MOST_KEPT) numbered.clear();
    numbered.set(sql, found);
  }
  return found;
}

/**
 * A client with a listener for errors, from its making to its end. A server that ends says so between two
 * statements, and may say it in the same bytes that let the client in: before the code that waits for the
 * client can listen. The next statement fails; an error without a listener would end the process.
 */
class HeardClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

type Queryable = Pick<pg.ClientBase, 'query'>;

/** `withinMs`: how long a response may take; absent: as the client's own options say. */
function sessionOver(client: Queryable, withinMs?: number): SqlSession {
  const limit = compact({ query_timeout: withinMs });
  const query = (sql: string, params: readonly SqlValue[] = []) =>
    client.query<Record<string, SqlValue>>({ text: withNumbers(sql), values: [...params], ...limit });
  return {
    all: async (sql, params) => (await query(sql, params)).rows,
    run: async (sql, params) => (await query(sql, params)).rowCount ?? 0,
  };
}

/**
 * What the second of two servers gets if both create one table, by how far the first one is: row, table,
 * type.
 */
const MADE_BY_ANOTHER: ReadonlySet<string> = new Set(['23505', '42P07', '42710']);

/** On a connection of its own, for it may take longer than any request should. */
async function upgrade(
  connectionString: string,
  migrations: Migrations,
  {
    versionTable: table = 'keys_schema',
    existing = false,
    connectMs = CONNECT_MS,
    statementMs = STATEMENT_MS,
  }: PostgresOptions,
): Promise<void> {
  const client = new HeardClient({
    connectionString,
    types,
    application_name: 'keys',
    connectionTimeoutMillis: connectMs,
    lock_timeout: UPGRADE_LOCK_MS,
    keepAlive: true,
  });
  try {
    await client.connect();
    // Asked first: a server that finds nothing to do needs no right to change tables.
    const before = await versionOf(sessionOver(client, statementMs + RESPONSE_MS), table);
    if (before === null && existing) {
      throw new KeysError('usage', `there are no tables of keys in ${shownAddress(connectionString)}`, {
        next: 'make_database',
      });
    }
    refuseNewer(migrations, before ?? 0);
    if (before === migrations.length) return;
    const session = sessionOver(client, UPGRADE_STEP_MS);
    for (let tries = 1; ; tries++) {
      try {
        await upgradeOnce(session, migrations, table);
        return;
      } catch (error) {
        if (sqlState(error) !== undefined) await session.run('ROLLBACK');
        // If several servers start at once, one creates the table of versions. The others get an error that
        // it exists.
        const raced = isSerializationFailure(error) || MADE_BY_ANOTHER.has(sqlState(error) ?? '');
        if (!raced || tries === MOST_TRIES) throw error;
      }
    }
  } finally {
    await closed(client.end());
  }
}

async function upgradeOnce(session: SqlSession, migrations: Migrations, table: string): Promise<void> {
  await session.run(`CREATE TABLE IF NOT EXISTS ${table} (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)`);
  await session.run(`INSERT INTO ${table} (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING`);
  await session.run('BEGIN');
  // The row's lock is the queue in which servers wait for the one that upgrades.
  await session.run(`UPDATE ${table} SET version = version WHERE id = 1`);
  const version = (await versionOf(session, table)) ?? 0;
  refuseNewer(migrations, version);
  await migrate(session, migrations, version, 'postgres');
  await session.run(`UPDATE ${table} SET version = ? WHERE id = 1`, [migrations.length]);
  await session.run('COMMIT');
}

/** Null where there is no table of versions yet. */
async function versionOf(session: SqlSession, table: string): Promise<number | null> {
  try {
    const [row] = await session.all(`SELECT version FROM ${table} WHERE id = 1`);
    return row === undefined ? null : Number(row['version']);
  } catch (error) {
    if (sqlState(error) === '42P01') return null;
    throw error;
  }
}

class PostgresDatabase implements SqlDatabase {
  readonly #pool: pg.Pool;
  readonly #session: SqlSession;

  constructor(
    connectionString: string,
    {
      patient = false,
      connections = MOST_CONNECTIONS,
      connectMs = CONNECT_MS,
      statementMs = STATEMENT_MS,
    }: Omit<PostgresOptions, 'env'>,
  ) {
    const limits = {
      statement_timeout: statementMs,
      lock_timeout: Math.min(LOCK_MS, statementMs),
      query_timeout: statementMs + RESPONSE_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    };
    this.#pool = new pg.Pool({
      Client: HeardClient,
      connectionString,
      types,
      application_name: 'keys',
      max: connections,
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
      ...(patient ? {} : limits),
    });
    // An idle connection that breaks is taken out of the pool; whoever needs one is given a new one, or told
    // why not.
    this.#pool.on('error', () => undefined);
    this.#session = sessionOver(this.#pool as Queryable);
  }

  all(sql: string, params?: readonly SqlValue[]): Promise<SqlRow[]> {
    return retried(() => this.#session.all(sql, params));
  }

  run(sql: string, params?: readonly SqlValue[]): Promise<number> {
    return retried(() => this.#session.run(sql, params));
  }

  async runAll(statements: readonly SqlStatement[]): Promise<readonly number[] | null> {
    try {
      return await this.transaction((session) => runEach(session, statements));
    } catch (error) {
      if (error instanceof NothingChanged) return null;
      throw error;
    }
  }

  transaction<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result> {
    return retried(() => this.#transact('BEGIN', work));
  }

  snapshot<Result>(work: (session: Pick<SqlSession, 'all'>) => Promise<Result>): Promise<Result> {
    return retried(() => this.#transact('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work));
  }

  async #transact<Result>(begin: string, work: (session: SqlSession) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let lost: Error | undefined;
    const lose = (error: Error) => {
      lost ??= error;
    };
    // An error between two statements fails neither: the pool must not use this client again.
    client.on('error', lose);
    const watched: Queryable = {
      query: (async (...call: Parameters<typeof client.query>) => {
        try {
          return await client.query(...call);
        } catch (error) {
          // Without a code of PostgreSQL's, the state of the connection is unknown.
          if (sqlState(error) === undefined) lose(error as Error);
          throw error;
        }
      }) as typeof client.query,
    };
    const session = sessionOver(watched);
    try {
      await session.run(begin);
      const result = await work(session);
      const { command } = await watched.query('COMMIT');
      if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
      return result;
    } catch (error) {
      if (lost === undefined) await session.run('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.off('error', lose);
      client.release(lost);
    }
  }

  async now(): Promise<number> {
    const [row] = await this.all(
      'SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now',
    );
    return Number(row?.['now']);
  }

  /** What was deleted is in pages and logs that are the database's own to reuse. */
  async eraseDeleted(): Promise<void> {}

  /** Its files are the server's own. */
  requireInPlace(): void {}

  async close(): Promise<void> {
    await closed(this.#pool.end());
  }
}

/** Undoes the transaction of a statement that had to change a row, and did not. */
class NothingChanged extends Error {}

/** How many rows each statement has changed. Throws `NothingChanged`. */
async function runEach(session: SqlSession, statements: readonly SqlStatement[]): Promise<number[]> {
  const changed: number[] = [];
  for (const { sql, params, needed } of statements) {
    const rows = await session.run(sql, params);
    if (needed && rows === 0) throw new NothingChanged();
    changed.push(rows);
  }
  return changed;
}

/** Waits for the end of a connection, but not for a server that never closes it. */
async function closed(ended: Promise<void>): Promise<void> {
  await Promise.race([ended.catch(() => undefined), delay(CLOSE_MS, undefined, { ref: false })]);
}

/** Runs `work` again where the database asks for it; its failures as ours. */
async function retried<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isSerializationFailure(error) || tries === MOST_TRIES) throw postgresFailure(error);
    }
  }
}
