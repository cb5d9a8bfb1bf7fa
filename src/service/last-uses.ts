import type { Clock } from '../domain/clock.js';
import type { KeyStore } from './store/key-store.js';

/** Most keys whose use is remembered before it is written early. */
const MOST = 10_000;

/** Last uses, gathered off the path of the requests and written together. */
export interface LastUses {
  record(id: string): void;
  /** Writes what was gathered. What cannot be written now is kept for the next time. */
  flush(): Promise<void>;
}

export function createLastUses(store: Pick<KeyStore, 'recordUses'>, clock: Clock): LastUses {
  let gathered = new Map<string, number>();
  async function flush(): Promise<void> {
    if (gathered.size === 0) return;
    const batch = gathered;
    gathered = new Map();
    try {
      await store.recordUses(batch);
    } catch (error) {
      for (const [id, at] of batch) gathered.set(id, Math.max(at, gathered.get(id) ?? 0));
      throw error;
    }
  }
  return {
    record(id) {
      gathered.set(id, clock.now());
      if (gathered.size >= MOST) void flush().catch(() => undefined);
    },
    flush,
  };
}
