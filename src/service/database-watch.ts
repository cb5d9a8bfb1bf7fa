import { type Clock, isoTime } from '../domain/clock.js';
import type { KeysError } from '../domain/errors.js';
import type { KeyStore } from './store/key-store.js';

/**
 * Looks whether the files of the database are still in their place, each time that the function that comes
 * back is called. Logs a line when they are not any more, and another when they are back.
 */
export function createDatabaseWatch(
  store: Pick<KeyStore, 'requireInPlace'>,
  clock: Clock,
  log: (line: string) => void,
): () => void {
  let inPlace = true;
  const write = (line: object) => log(JSON.stringify({ time: isoTime(clock.now()), ...line }));
  return () => {
    try {
      store.requireInPlace();
      if (!inPlace) write({ message: 'the database is back in its place' });
      inPlace = true;
    } catch (error) {
      const { message, hint } = error as KeysError;
      if (inPlace) write({ error: message, hint });
      inPlace = false;
    }
  };
}
