/**
 * The thread that `threadWriter` starts: one SQLite connection, which does what it is asked, in order. Its first response
 * says whether the file could be opened.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { connectSqlite, Statements } from './sqlite-connection.js';
import type { WriterRequest, WriterResponse } from './sqlite-writer.js';

function respond(work: () => unknown): void {
  let response: WriterResponse;
  try {
    response = { result: work() };
  } catch (error) {
    const { message, code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
    response = { message, code, errcode };
  }
  parentPort?.postMessage(response);
}

respond(() => {
  const connection = connectSqlite((workerData as { path: string }).path);
  const statements = new Statements(connection);
  parentPort?.on('message', ({ op, sql, params }: WriterRequest) =>
    respond(() => {
      if (op === 'exec') return connection.exec(sql);
      if (op === 'close') return connection.close();
      return statements[op](sql, params);
    }),
  );
});
