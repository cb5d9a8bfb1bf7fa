import { allKeys } from '../../domain/all-keys.js';
import { CANNOT_TELL } from '../../domain/cannot-tell.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import { type Account, hasEndedAt, workingVersion } from '../../domain/managed-key.js';
import { hasScope, SCOPE_OWN, SCOPE_READ } from '../../domain/scopes.js';
import { titleInSentence } from '../../domain/systems.js';
import { clauses, option, words } from '../../domain/words.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { Lookup, ResolvedKey } from './resolved-key.js';
import { isUnidentified, unidentifiedError } from './unidentified.js';

/**
 * Returns the working key that the ledger knows by this name or id, although the vendor's list lacks it: the
 * key itself if the vendor still has it, else what the ledger remembers, marked `gone`. Null if the ledger
 * knows none, or if the list may be late.
 */
export async function keyOutsideList(reference: string, lookup: Lookup): Promise<ResolvedKey | null> {
  const { account, ledger, service, clock } = lookup;
  const byId = await ledger.managed.byVersion(account, reference);
  const managed = byId ?? (await ledger.managed.byName(account, reference));
  if (managed === null) return null;
  const now = clock.now();
  const version = byId?.versions.find(({ id }) => id === reference) ?? workingVersion(managed, now);
  if (version === null || hasEndedAt(version, now)) return null;
  const by = byId === null ? 'name' : 'id';
  if (isUnidentified(version.record, account)) return { key: version.record, managed, by, gone: true };
  try {
    return { key: await service.get(version.id), managed, by };
  } catch (error) {
    const code = error instanceof KeysError ? error.code : null;
    if (code === null || (code !== 'not_found' && !CANNOT_TELL.has(code))) throw error;
    if (code === 'forbidden' || mayBeLate(version.record, lookup)) return null;
    await requireInReach(version.record, lookup);
    return { key: { ...version.record, status: 'revoked' }, managed, by, gone: true };
  }
}

/**
 * Throws `not_found` where the credential manages the keys of one owner alone, and this is not one of them:
 * that it does not see the key says nothing of the key.
 */
async function requireInReach({ id, name, owner }: Key, { service }: Lookup): Promise<void> {
  const reach = await reachOf(service);
  if (reach === null || reach === owner) return;
  throw new KeysError('not_found', `${name} (${id}) is none of the keys that this credential manages`, {
    hint: `it manages the keys of ${reach} alone; nothing was changed`,
  });
}

/** The owner whose keys alone a credential of our own service manages; null: it sees every key. */
export async function reachOf(service: Pick<KeyService, 'whoami'>): Promise<string | null> {
  const own = await service.whoami().catch(ignoreUnsupported);
  const scopes = own?.scopes ?? [];
  return scopes.includes(SCOPE_OWN) && !hasScope(scopes, SCOPE_READ) ? (own?.owner ?? 'one owner') : null;
}

function ignoreUnsupported(error: unknown): null {
  if (error instanceof KeysError && error.code === 'unsupported') return null;
  throw error;
}

/** Whether the vendor may not show the key yet, because it was created only now. */
export function mayBeLate(
  { created_at }: Pick<Key, 'created_at'>,
  { provider, clock }: Pick<Lookup, 'provider' | 'clock'>,
): boolean {
  const { listed } = provider.settling;
  return listed > 0 && Boolean(created_at) && clock.now() - Date.parse(created_at ?? '') < listed * 1000;
}

/** The error for a key that somebody else has revoked. */
export function goneError({ key, managed }: ResolvedKey, { provider }: Lookup): KeysError {
  const name = managed?.name ?? key.name;
  if (managed !== null && isUnidentified(key, managed.account)) return unidentifiedError(managed, provider);
  return new KeysError('refused', `${titleInSentence(provider)} does not know ${name} (${key.id}) any more`, {
    hint: 'it was revoked elsewhere, or this credential belongs to another account; nothing was changed',
    next: 'forget_key',
    details: { key_id: key.id, name },
  });
}

/**
 * Throws `refused` if a credential sees no key that the ledger knows of this account: then it may belong to
 * another account, and that a key is missing there proves nothing.
 */
export async function requireAccountSeen(
  account: Account,
  service: Pick<KeyService, 'list'>,
  { managed }: Pick<Ledger, 'managed'>,
): Promise<void> {
  for await (const { id } of allKeys(service, {})) {
    if ((await managed.byVersion(account, id)) !== null) return;
  }
  throw new KeysError('refused', "none of the ledger's keys of this account are visible to this credential", {
    hint: clauses('it may belong to another account', words`${option('force')} forgets the key here anyway`),
  });
}
