import type { Connection } from '../../connect/connection.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { accountOf } from '../find/account-of.js';

/** Whether the service has a working key of this name that the ledger does not know. */
export async function hasNamesake(
  name: string,
  connection: Connection,
  ledger: Pick<Ledger, 'managed'>,
): Promise<boolean> {
  if (name.includes('*')) return false;
  try {
    const page = await connection.service.list({ name, status: ['active', 'retiring', 'paused'], limit: 10 });
    const found = page.keys.filter((key) => key.name === name && !isEnded(key.status));
    const account = accountOf(connection);
    const known = await Promise.all(found.map(({ id }) => ledger.managed.byVersion(account, id)));
    return known.includes(null);
  } catch (error) {
    // A credential that may create but not list can still create. The create itself reports any other
    // failure.
    if (error instanceof KeysError && error.code === 'forbidden') return false;
    throw error;
  }
}

/**
 * The key that creating this one revokes, at a provider where a new key supersedes the previous one; null:
 * none.
 */
export async function supersededKey(
  { service = null, environment }: CreateKey,
  { service: keys, provider, kind }: Connection,
): Promise<Key | null> {
  if (!provider.supersedes || kind === 'guided') return null;
  const { keys: active } = await keys.list({
    status: ['active'],
    environment: environment ?? provider.environments[0] ?? '',
    ...(service === null ? {} : { service }),
  });
  const ofService = active.filter((key) => (key.service ?? null) === service);
  return ofService.find(({ scopes }) => !scopes?.some((scope) => scope.startsWith('keys:'))) ?? null;
}
