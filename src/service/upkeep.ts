import type { Clock } from '../domain/clock.js';
import { createDatabaseWatch } from './database-watch.js';
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

/** Purges the database once, then writes and purges at intervals. What fails is logged and tried again. */
export async function startUpkeep(
  store: KeyStore,
  gatherers: readonly Gatherer[],
  options: UpkeepOptions,
): Promise<Upkeep> {
  const { clock, retention = {}, flushMs = 2_000, watchMs = 1_000, purgeMs = 60_000 } = options;
  const { refresh, minutely, log } = options;
  const flush = async () => void (await Promise.all(gatherers.map((gatherer) => gatherer.flush())));
  const purge = async () => {
    await store.dropSealedBefore(clock.now() - RESPONSE_KEPT_MS);
    await applyRetention(store, clock, retention);
    await store.eraseDropped();
  };
  const failed = () =>
    log(
      JSON.stringify({
        time: new Date(clock.now()).toISOString(),
        error: 'upkeep of the database failed; it is tried again',
      }),
    );
  const flushing = setInterval(() => {
    void flush().catch(failed);
    void refresh?.().catch(() => undefined);
  }, flushMs);
  await purge();
  await minutely?.().catch(() => undefined);
  const watching = setInterval(createDatabaseWatch(store, clock, log), watchMs);
  const purging = setInterval(() => {
    void purge().catch(failed);
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
