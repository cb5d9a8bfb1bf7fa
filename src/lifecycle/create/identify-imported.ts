import type { Connection } from '../../connect/connection.js';
import { allKeys } from '../../domain/all-keys.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Credential, Key } from '../../domain/key.js';
import { exactName } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { titleInSentence } from '../../domain/systems.js';
import { clauses, option, words } from '../../domain/words.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { accountOf } from '../find/account-of.js';
import { boundedList } from '../find/bounded-list.js';
import { storedName } from '../find/stored-name.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/** What says which key of the account a secret belongs to. */
export interface Identity {
  /** The vendor's id, as the user gives it. */
  readonly id?: string;
  readonly name?: string;
  /**
   * Asks a person which of these keys it is; null: none of them, or not known. Absent: without a terminal.
   */
  readonly choose?: (keys: readonly Key[]) => Promise<string | null>;
}

/**
 * The vendor's record of the key that a secret belongs to: as the secret itself says, as the vendor tells the
 * holder of the secret or shows it in its list, as `id` says, or as a person chooses. Null: not known. Throws
 * `conflict` for an id whose record does not fit the secret or the name, and `not_found` for one that the
 * account does not have.
 */
export async function identifyImported(
  { id, name, choose }: Identity,
  credential: Credential,
  connection: Connection,
  context: LifecycleContext,
): Promise<Key | null> {
  const named = await namedInSecret(credential, connection);
  const said = named ?? (await connection.keyOfSecret(credential));
  if (id !== undefined && said !== null && said.id !== id) {
    throw notThisKey(id, `its secret is that of ${said.id}`, connection.provider);
  }
  if (id !== undefined) {
    const key = await connection.service.get(id);
    requireFits(key, credential, name, connection.provider);
    return key;
  }
  if (said !== null) {
    const key = named ?? (await seenInAccount(said, connection));
    if (key === null) return null;
    requireWorking(key, connection.provider);
    requireNamed(key, name, connection.provider);
    return key;
  }
  if (choose === undefined) return null;
  const offered = await candidates(credential, name, connection, context);
  const chosen = offered.length === 0 ? null : await choose(offered);
  return offered.find((key) => key.id === chosen) ?? null;
}

/** The account's record of the key whose id the secret has in it; null: it has none. */
async function namedInSecret(credential: Credential, connection: Connection): Promise<Key | null> {
  for (const id of await connection.idsInSecret(credential)) {
    const key = await seenInAccount({ id }, connection);
    if (key !== null) return key;
  }
  return null;
}

/** The account's own record of a key; null where this credential does not see the key. */
async function seenInAccount({ id }: Pick<Key, 'id'>, { service }: Connection): Promise<Key | null> {
  try {
    return await service.get(id);
  } catch (error) {
    if (error instanceof KeysError && ['not_found', 'forbidden', 'unsupported'].includes(error.code))
      return null;
    throw error;
  }
}

/** Throws `conflict` for a record that is not that of this secret. */
function requireFits(key: Key, credential: Credential, name: string | undefined, provider: Provider): void {
  const { id } = key;
  requireWorking(key, provider);
  if (!hasHint(key, credential)) {
    throw notThisKey(
      id,
      `its secret is ${key.prefix ?? ''}…${key.hint ?? ''}, and this one is another`,
      provider,
    );
  }
  requireNamed(key, name, provider);
}

/** Throws `conflict` for a key that has ended: a secret that works is not its secret. */
function requireWorking({ id, status = 'active' }: Key, provider: Provider): void {
  if (isEnded(status)) throw notThisKey(id, `it is ${status}`, provider);
}

/** Throws `conflict` for another name than the vendor has: what was said would be lost. */
function requireNamed(key: Key, name: string | undefined, provider: Provider): void {
  const { id } = key;
  if (name !== undefined && !isNamed(key, name, provider)) {
    throw new KeysError(
      'conflict',
      `${id} is named ${key.name} at ${titleInSentence(provider)}, not ${name}`,
      {
        hint: clauses(words`if it is the right key, leave out ${option('name')}`, 'nothing was changed'),
        details: { key_id: id, name: key.name },
      },
    );
  }
}

function notThisKey(id: string, why: string, provider: Provider): KeysError {
  return new KeysError(
    'conflict',
    `this is not the secret of ${id} at ${titleInSentence(provider)}: ${why}`,
    {
      hint: 'nothing was changed',
      next: 'list_keys',
      details: { key_id: id },
    },
  );
}

/** Whether a secret begins and ends as the record says; true for a record that does not say. */
function hasHint({ prefix, hint }: Key, credential: Credential): boolean {
  return Object.values(credential).some(
    (part: string) => part.startsWith(prefix ?? '') && part.endsWith(hint ?? ''),
  );
}

function isNamed({ name }: Key, wanted: string, provider: Provider): boolean {
  if (provider.names.rule === 'none') return true;
  return exactName(name) === exactName(wanted) || name === storedName(wanted, provider);
}

/**
 * The keys of the account whose secret this may be. Those that the ledger knows are not among them: their
 * secrets are others.
 */
async function candidates(
  credential: Credential,
  name: string | undefined,
  connection: Connection,
  { clock, ledger }: LifecycleContext,
): Promise<readonly Key[]> {
  const { provider, service } = connection;
  const known = await ledger();
  const found: Key[] = [];
  try {
    for await (const key of allKeys(boundedList({ service, clock }), {})) {
      if (isEnded(key.status) || !hasHint(key, credential)) continue;
      if (name !== undefined && !isNamed(key, name, provider)) continue;
      if (!(await isKnown(key, connection, known))) found.push(key);
    }
  } catch (error) {
    // A credential that may not list can import a key all the same.
    if (error instanceof KeysError) return [];
    throw error;
  }
  return found;
}

/** Whether the ledger has the secret of this key, or knows it by its id. */
async function isKnown({ id }: Key, connection: Connection, ledger: Ledger): Promise<boolean> {
  return (await ledger.managed.byVersion(accountOf(connection), id)) !== null;
}
