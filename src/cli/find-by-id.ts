import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import type { ResolvedKey } from '../lifecycle/find/resolved-key.js';
import type { Context } from './context.js';

/** The key with this id, and what the ledger knows of it. Throws `not_found`. */
export async function findById(id: string, connection: Connection, context: Context): Promise<ResolvedKey> {
  const { findKey } = await import('../lifecycle/find/find-key.js');
  const found = await findKey(id, connection, context, { gone: false, prefixes: false });
  if (found.key.id === id) return found;
  throw new KeysError('not_found', `no such key: ${id}`);
}
