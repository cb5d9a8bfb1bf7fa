// Apart from `sqlite-writer.ts`: a program that makes one change and ends needs no thread.
import { Worker } from 'node:worker_threads';
import type { Outcome } from './commit-together.js';
import { retryWhileBusy } from './retry-while-busy.js';
import type { SqlValue } from './sql-database.js';
import type { SqliteWriter, WriterError, WriterRequest, WriterResponse } from './sqlite-writer.js';

/**
 * Writes in a thread of its own, so that requests that only read never wait for the disk. `program` is the
 * compiled `sqlite-writer-thread`.
 */
export async function threadWriter(path: string, busyTimeoutMs: number, program: URL): Promise<SqliteWriter> {
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
      else next?.reject(revived(response.error));
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
  const request = <Result>(what: WriterRequest) => {
    const response = nextResponse<Result>();
    if (asked.push(what) === 1) queueMicrotask(send);
    return response;
  };
  const ask = <Result>(
    op: Exclude<WriterRequest['op'], 'commit'>,
    sql = '',
    params: readonly SqlValue[] = [],
  ) => request<Result>({ op, sql, params });
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
    async commit(transactions, lasting) {
      const outcomes = await request<Outcome[]>({ op: 'commit', transactions, lasting });
      return outcomes.map((outcome) =>
        'error' in outcome ? { error: revived(outcome.error as WriterError) } : outcome,
      );
    },
    async close() {
      await ask('close');
      await worker.terminate();
    },
  };
}

/** An error of the thread, as the driver has thrown it there. */
function revived(error: WriterError): Error {
  return Object.assign(new Error(error.message), error);
}
