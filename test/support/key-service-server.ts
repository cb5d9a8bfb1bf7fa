import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type RunningService, type ServeKeysOptions, serveKeys } from '../../src/service/http/serve-keys.js';
import { type SettableClock, settableClock } from './settable-clock.js';
import { temporaryFolder } from './temporary-folder.js';

export interface TestService extends RunningService {
  readonly managementKey: string;
  readonly clock: SettableClock;
  readonly dataDir: string;
  readonly log: string[];
}

interface TestServiceOptions extends Partial<Omit<ServeKeysOptions, 'database'>> {
  /** The address of a PostgreSQL database; absent: SQLite. */
  readonly address?: string;
  /** Of another server on the same database. */
  readonly beside?: TestService;
  /** The database is lost in the test: the last uses cannot be written at the end. */
  readonly isLost?: boolean;
}

/**
 * `keys serve`'s own code on a free loopback port, over a clock that the test moves, and over a fresh
 * database unless the test names the folder of an earlier one.
 */
export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const { address, beside, isLost = false, ...rest } = options;
  const dataDir = options.dataDir ?? beside?.dataDir ?? temporaryFolder();
  const clock = beside?.clock ?? settableClock();
  const log: string[] = [];
  const running = await serveKeys({
    host: '127.0.0.1',
    port: 0,
    clock,
    version: '0.0.0',
    log: (line) => log.push(line),
    flushMs: 20,
    ...(address === undefined ? {} : { database: { address, env: {} } }),
    ...rest,
    dataDir,
  });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= running.close();
    return closed;
  };
  onTestFinished(() => (isLost ? close().catch(() => undefined) : close()));
  const managementKey = readFileSync(join(dataDir, 'management.key'), 'utf8').trim();
  return { ...running, close, managementKey, clock, dataDir, log };
}
