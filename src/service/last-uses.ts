import type { Clock } from '../domain/clock.js';
import type { KeyStore } from './store/key-store.js';

/** Most keys whose use is remembered before it is written early. */
const MOST = 10_000;

/** Last uses, gathered off the path of the requests and written together. */
export interface LastUses {
  record(id: string): void;
  /**
   * Writes what was gathered, after what is being written already. What cannot be written now is kept for the
   * next time.
   */
  flush(): Promise<void>;
}

export function createLastUses(store: Pick<KeyStore, 'recordUses'>, clock: Clock): LastUses {
  let gathered = new Map<string, number>();
  let writing: Promise<void> | undefined;

  function gather(id: string, at: number): void {
    gathered.set(id, Math.max(at, gathered.get(id) ?? 0));
  }

  async function write(): Promise<void> {
    const batch = gathered;
    gathered = new Map();
    try {
      await store.recordUses(batch);
    } catch (error) {
      for (const [id, at] of batch) gather(id, at);
      throw error;
    } finally {
      writing = undefined;
    }
  }

  async function flush(): Promise<void> {
    // What fails there comes back into what is gathered, and is tried once more here.
    while (writing !== undefined) await writing.catch(() => undefined);
    if (gathered.size === 0) return;
    writing = write();
    await writing;
  }

  return {
    record(id) {
      gather(id, clock.now());
      if (gathered.size >= MOST && writing === undefined) void flush().catch(() => undefined);
    },
    flush,
  };
}
