import { retryWhileBusy } from './retry-while-busy.js';
import type { SqlRow, SqlValue } from './sql-database.js';
import { connectSqlite, Statements } from './sqlite-connection.js';

/** The one connection of a process that writes. What is asked of it is done in order. */
export interface SqliteWriter {
  exec(sql: string): Promise<void>;
  all(sql: string, params?: readonly SqlValue[]): Promise<SqlRow[]>;
  /** Number of rows that changed. */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>;
  close(): Promise<void>;
}

/** What the thread is asked to do; a message has one or more. */
export interface WriterRequest {
  readonly op: 'open' | 'exec' | 'all' | 'run' | 'close';
  /** SQL; for `open`, the path of the file. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

/** What the thread says of each request: the result, or what an error needs to be told apart by. */
export type WriterResponse =
  | { readonly result: unknown }
  | { readonly message: string; readonly code?: unknown; readonly errcode?: unknown };

/**
 * Writes in this thread: for a program that makes one change and ends. Waits for at most `busyTimeoutMs`
 * while another process holds the file. Throws what opening the file throws.
 */
export async function inlineWriter(path: string, busyTimeoutMs: number): Promise<SqliteWriter> {
  const connection = await retryWhileBusy(busyTimeoutMs, () => connectSqlite(path));
  const statements = new Statements(connection);
  return {
    exec: async (sql) => connection.exec(sql),
    all: async (sql, params) => statements.all(sql, params),
    run: async (sql, params) => statements.run(sql, params),
    close: async () => connection.close(),
  };
}

/**
 * The same in a thread of its own, so that requests that only read never wait for the disk. `program` is the
 * compiled `sqlite-writer-thread`.
 */
export async function threadWriter(path: string, busyTimeoutMs: number, program: URL): Promise<SqliteWriter> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(program);
  const waiting: Array<{ resolve: (result: unknown) => void; reject: (error: Error) => void }> = [];
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  worker.on('message', (responses: readonly WriterResponse[]) => {
    for (const response of responses) {
      const next = waiting.shift();
      if ('result' in response) next?.resolve(response.result);
      else next?.reject(Object.assign(new Error(response.message), response));
    }
  });
  worker.on('error', end);
  worker.on('exit', () => end(new Error('the thread that writes has ended')));
  const nextResponse = <Result>() =>
    new Promise<Result>((resolve, reject) => {
      if (ended === undefined) waiting.push({ resolve: resolve as (result: unknown) => void, reject });
      else reject(ended);
    });
  // What is asked at once goes in one message: a message costs more than most statements.
  const asked: WriterRequest[] = [];
  const send = () => worker.postMessage(asked.splice(0));
  const ask = <Result>(op: WriterRequest['op'], sql = '', params: readonly SqlValue[] = []) => {
    const response = nextResponse<Result>();
    if (asked.push({ op, sql, params }) === 1) queueMicrotask(send);
    return response;
  };
  try {
    await retryWhileBusy(busyTimeoutMs, () => ask('open', path));
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    exec: (sql) => ask('exec', sql),
    all: (sql, params) => ask('all', sql, params),
    run: (sql, params) => ask('run', sql, params),
    async close() {
      await ask('close');
      await worker.terminate();
    },
  };
}
