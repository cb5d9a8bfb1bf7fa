import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPostgresDatabase, type PostgresOptions } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { codeOf } from '../contract/key-service.js';
import { listening } from '../support/loopback-server.js';

const PASSWORD = 'fake-password-of-the-databases';
const MIGRATIONS = [['CREATE TABLE counted (n INTEGER)']];

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
/** A message of PostgreSQL's protocol. */
const message = (type: string, ...parts: readonly Uint8Array[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};
const WANTS_PASSWORD = message('R', int32(3));
const READY = Buffer.concat([message('R', int32(0)), message('Z', Buffer.from('I'))]);
/** A row with one column, `version`: 1. */
const VERSION_1 = Buffer.concat([
  message('1'),
  message('2'),
  message('T', Buffer.from('\0\x01version\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0', 'latin1')),
  message('D', Buffer.from('\0\x01\0\0\0\x011', 'latin1')),
  message('C', Buffer.from('SELECT 1\0')),
  message('Z', Buffer.from('I')),
]);
const fatal = (code: string, text: string) => message('E', Buffer.from(`SFATAL\0C${code}\0M${text}\0\0`));
const refusal = (text: string) => fatal('28P01', text);
/** What each connection gets when an administrator stops the server. */
const ENDS = fatal('57P01', 'terminating connection due to administrator command');
const completed = (command: string, state: string) =>
  Buffer.concat([message('C', Buffer.from(`${command}\0`)), message('Z', Buffer.from(state))]);

/** Gets what was received, and the number of its connection. */
type Respond = (received: Buffer, connection: number) => Uint8Array;

/**
 * A server that sends its responses in turn, one for each message. It never closes a connection, unless it
 * `closes` where its client has.
 */
async function server(responses: readonly Respond[], closes = false): Promise<string> {
  let connections = 0;
  const port = await listening(
    createServer({ allowHalfOpen: true }, (socket) => {
      const connection = connections++;
      let next = 0;
      if (closes) socket.on('end', () => socket.end());
      socket.on('data', (received) => {
        const response = responses[next++];
        if (response !== undefined) socket.write(response(received, connection));
      });
    }),
  );
  return `postgres://somebody:${PASSWORD}@127.0.0.1:${port}/keys`;
}

it('does not show the password that a server repeats, in any encoding', async () => {
  const repeat = (received: Buffer) => {
    const password = received.subarray(5, -1).toString();
    return refusal(`${password} and ${Buffer.from(password).toString('base64')} are wrong`);
  };
  const address = await server([() => WANTS_PASSWORD, repeat]);
  const refused = await openPostgresDatabase(address, MIGRATIONS, { env: {} }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'database_refused' });
  expect(refused.message).toContain('[redacted] and [redacted] are wrong');
});

it('ends where a server lets it in and says nothing more', async () => {
  const address = await server([() => READY]);
  const opening = openPostgresDatabase(address, MIGRATIONS, { env: {}, statementMs: 10 });
  expect(await codeOf(opening)).toBe('database_unavailable');
}, 60_000);

it('closes where a server does not', async () => {
  const address = await server([() => READY, () => VERSION_1]);
  const database = await openPostgresDatabase(address, MIGRATIONS, { env: {} });
  await database.close();
}, 60_000);

describe('a server that ends in the same bytes as', () => {
  const and = (first: Uint8Array) => Buffer.concat([first, ENDS]);
  /**
   * Runs `use` on a database; returns the code of its failure, and what nothing caught meanwhile. Connection
   * 0 looks at the version of the tables; those after it are the pool's.
   */
  async function codeAndUncaught(
    responses: readonly Respond[],
    use: (database: SqlDatabase) => Promise<unknown>,
    options: Partial<PostgresOptions> = {},
  ) {
    const uncaught: string[] = [];
    const note = (error: Error) => void uncaught.push(error.message);
    process.on('uncaughtExceptionMonitor', note);
    onTestFinished(() => void process.off('uncaughtExceptionMonitor', note));
    const database = await openPostgresDatabase(await server(responses, true), MIGRATIONS, {
      env: {},
      ...options,
    });
    const code = await codeOf(use(database));
    await database.close();
    return { code, uncaught };
  }

  it('it lets a transaction’s connection in: the transaction fails, and nothing else', async () => {
    const responses: Respond[] = [
      (_, connection) => (connection === 0 ? READY : and(READY)),
      () => VERSION_1,
    ];
    const transact = (database: SqlDatabase) => database.transaction(async () => undefined);
    expect(await codeAndUncaught(responses, transact)).toEqual({
      code: 'database_unavailable',
      uncaught: [],
    });
  });

  it('it responds to a statement before: the transaction that gets its connection fails', async () => {
    const responses = [
      () => READY,
      (_: Buffer, connection: number) => (connection === 0 ? VERSION_1 : and(VERSION_1)),
    ];
    const use = async (database: SqlDatabase) => {
      const [rows, code] = await Promise.all([
        database.all('SELECT version'),
        codeOf(database.transaction(async () => undefined)),
      ]);
      expect(rows).toEqual([{ version: 1 }]);
      expect(code).toBe('database_unavailable');
    };
    expect(await codeAndUncaught(responses, use, { connections: 1 })).toEqual({ code: 'none', uncaught: [] });
  });

  it.each([
    [
      'a transaction begins: its next statement fails',
      [() => and(completed('BEGIN', 'T'))],
      'database_unavailable',
    ],
    [
      'it commits: the next use has another connection',
      [() => completed('BEGIN', 'T'), () => VERSION_1, () => and(completed('COMMIT', 'I'))],
      'none',
    ],
  ] as const)('%s', async (_, statements, code) => {
    const responses: Respond[] = [() => READY];
    for (const [i, respond] of statements.entries())
      responses.push((_, connection) => (connection === 0 && i === 0 ? VERSION_1 : respond()));
    const use = async (database: SqlDatabase) => {
      for (let uses = 0; uses < 2; uses++)
        await database.transaction(async ({ all }) => void (await all('SELECT version')));
    };
    expect(await codeAndUncaught(responses, use, { connections: 1 })).toEqual({ code, uncaught: [] });
  });

  it('it says which version the tables have: opening works', async () => {
    const responses = [() => READY, () => and(VERSION_1)];
    expect(await codeAndUncaught(responses, async () => undefined)).toEqual({ code: 'none', uncaught: [] });
  });
});
