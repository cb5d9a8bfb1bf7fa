/**
 * The thread that `threadWriter` starts: one SQLite connection, which does what it is asked, in order. `open`
 * comes first.
 */
import { parentPort } from 'node:worker_threads';
import { connectSqlite, Statements } from './sqlite-connection.js';
import type { SqliteConnection } from './sqlite-driver.js';
import type { WriterRequest, WriterResponse } from './sqlite-writer.js';

let opened: { readonly connection: SqliteConnection; readonly statements: Statements } | undefined;

function perform({ op, sql, params }: WriterRequest): unknown {
  if (op === 'open') {
    const connection = connectSqlite(sql);
    opened = { connection, statements: new Statements(connection) };
    return undefined;
  }
  if (opened === undefined) throw new Error(`${op} before open`);
  if (op === 'exec') return opened.connection.exec(sql);
  if (op === 'close') return opened.connection.close();
  return opened.statements[op](sql, params);
}

function responseTo(request: WriterRequest): WriterResponse {
  try {
    return { result: perform(request) };
  } catch (error) {
    const { message, code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
    return { message, code, errcode };
  }
}

parentPort?.on('message', (requests: readonly WriterRequest[]) => {
  parentPort?.postMessage(requests.map(responseTo));
});
