import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { createDatabaseWatch } from './database-watch.js';
import { createFailureLog, type FailureLog } from './failure-log.js';
import { RESPONSE_KEPT_MS } from './one-time-response.js';
import { applyRetention, type RetentionOptions } from './retention.js';
import type { KeyStore } from './store/key-store.js';

export interface UpkeepOptions {
  readonly clock: Clock;
  readonly retention?: RetentionOptions;
  /** Milliseconds between two writes; default 2,000. */
  readonly flushMs?: number;
  /** Milliseconds between two looks whether the files of the database are still there; default 1,000. */
  readonly watchMs?: number;
  /** Milliseconds between two purges; default 60,000. */
  readonly purgeMs?: number;
  /** Reads what other programs may have changed; at each write. Its failures are not logged: others' are. */
  readonly refresh?: () => Promise<void>;
  /** Called at the start and at each purge. Its failures are not logged. */
  readonly minutely?: () => Promise<void>;
  readonly log: (line: string) => void;
}

/** Something that gathers what it writes later, off the path of requests. */
interface Gatherer {
  flush(): Promise<void>;
}

export interface Upkeep {
  /** Writes what was gathered. */
  flush(): Promise<void>;
  stop(): void;
}

/**
 * Purges the database once, then writes and purges at intervals. What fails is logged and tried again with
 * the next write. Throws what the first purge throws, but for `disk_full`: requests that only read need no
 * space.
 */
export async function startUpkeep(
  store: KeyStore,
  gatherers: readonly Gatherer[],
  options: UpkeepOptions,
): Promise<Upkeep> {
  const { clock, retention = {}, flushMs = 2_000, watchMs = 1_000, purgeMs = 60_000 } = options;
  const { refresh, minutely, log } = options;
  const failures = createFailureLog(clock, log);
  const flush = async () => void (await Promise.all(gatherers.map((gatherer) => gatherer.flush())));
  const purge = async () => {
    await store.dropSealedBefore(clock.now() - RESPONSE_KEPT_MS);
    await applyRetention(store, clock, retention);
    await store.eraseDropped();
  };
  const flushAgain = repeatable('write', flush, failures);
  const purgeAgain = repeatable('purge', purge, failures);
  try {
    await purge();
  } catch (error) {
    // Keys can still be read and checked. The second run notes the failure, and is tried again.
    if (!(error instanceof KeysError && error.code === 'disk_full')) throw error;
    await purgeAgain.run();
  }
  await minutely?.().catch(() => undefined);
  const flushing = setInterval(() => {
    void flushAgain.run();
    if (purgeAgain.isFailing()) void purgeAgain.run();
    void refresh?.().catch(() => undefined);
  }, flushMs);
  const watching = setInterval(createDatabaseWatch(store, clock, log), watchMs);
  const purging = setInterval(() => {
    void purgeAgain.run();
    void minutely?.().catch(() => undefined);
  }, purgeMs);
  return {
    flush,
    stop() {
      clearInterval(flushing);
      clearInterval(watching);
      clearInterval(purging);
    },
  };
}

/** A job that is not started while it runs. Its failures are logged, and so is that it works again. */
function repeatable(
  name: string,
  job: () => Promise<void>,
  failures: FailureLog,
): { run(): Promise<void>; isFailing(): boolean } {
  let [running, failing] = [false, false];
  return {
    async run() {
      if (running) return;
      running = true;
      try {
        await job();
        failing = false;
        failures.worked(name);
      } catch (error) {
        failing = true;
        failures.failed(name, error);
      } finally {
        running = false;
      }
    },
    isFailing: () => failing,
  };
}
