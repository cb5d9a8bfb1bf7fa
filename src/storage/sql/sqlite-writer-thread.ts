/**
 * The thread that `threadWriter` starts: one SQLite connection, which does what it is asked, in order. `open`
 * comes first.
 */
import { parentPort } from 'node:worker_threads';
import { commitTogether, type Outcome } from './commit-together.js';
import { connectSqlite, Statements } from './sqlite-connection.js';
import type { SqliteConnection } from './sqlite-driver.js';
import type { WriterError, WriterRequest, WriterResponse } from './sqlite-writer.js';

let opened: { readonly connection: SqliteConnection; readonly statements: Statements } | undefined;

function perform(request: WriterRequest): unknown {
  if (request.op === 'open') {
    const connection = connectSqlite(request.sql);
    opened = { connection, statements: new Statements(connection) };
    return undefined;
  }
  if (opened === undefined) throw new Error(`${request.op} before open`);
  if (request.op === 'commit') {
    return commitTogether(opened, request.transactions, request.lasting).map(sent);
  }
  const { op, sql, params } = request;
  if (op === 'exec') return opened.connection.exec(sql);
  if (op === 'close') return opened.connection.close();
  return opened.statements[op](sql, params);
}

function sent(outcome: Outcome): Outcome {
  return 'error' in outcome ? { error: described(outcome.error) } : outcome;
}

/** An error's own members, which a message between threads would leave out. */
function described(error: unknown): WriterError {
  const { message, code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  return { message, code, errcode };
}

function responseTo(request: WriterRequest): WriterResponse {
  try {
    return { result: perform(request) };
  } catch (error) {
    return { error: described(error) };
  }
}

parentPort?.on('message', (requests: readonly WriterRequest[]) => {
  parentPort?.postMessage(requests.map(responseTo));
});
