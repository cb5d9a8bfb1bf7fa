import type { Connection } from '../../connect/connection.js';
import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { FileKey } from './keys-file.js';

/** The request that creates the key of an entry. `now`: when it is sent. */
export function requestOf(
  { name, rights: { lifetime_ms, ...rights } }: FileKey,
  { defaultEnvironment }: Partial<Pick<Connection, 'defaultEnvironment'>>,
  now: number,
): CreateKey {
  return compact({
    name,
    ...rights,
    environment: rights.environment ?? defaultEnvironment,
    expires_at: lifetime_ms ? isoTime(now + lifetime_ms) : undefined,
  });
}
