import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import { clauses, option, words } from '../domain/words.js';

/** Throws `refused` if one of these keys, which would be revoked or limited, authenticates this call. */
export async function refuseOwn(ids: readonly string[], connection: Connection): Promise<void> {
  if (connection.kind === 'guided') return;
  const tested = await Promise.all(ids.map((id) => connection.isOwnCredential(id)));
  const own = ids.find((_, i) => tested[i]) ?? (await ownId(ids, connection));
  if (own === undefined) return;
  throw new KeysError('refused', `this call is authenticated by ${own} itself`, {
    hint: clauses(
      'use another credential',
      words`${option('force')} does it all the same, and you may have to log in again`,
    ),
  });
}

async function ownId(ids: readonly string[], { service }: Connection): Promise<string | undefined> {
  try {
    const own = await service.whoami();
    return own === null || !ids.includes(own.id) ? undefined : own.id;
  } catch (error) {
    // A credential that may not list has no way to say which key it is.
    if (error instanceof KeysError && error.code === 'forbidden') return undefined;
    throw error;
  }
}
