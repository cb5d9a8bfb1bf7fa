import { credentialDigests } from '../domain/credential-digests.js';
import { isEnded } from '../domain/ended-key.js';
import { KeysError } from '../domain/errors.js';
import type { Credential, Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import { type ManagedKey, stateAt } from '../domain/managed-key.js';
import type { Ledger, LedgerKey } from '../storage/ledger/ledger.js';
import { requireAccountSeen } from './find/gone-key.js';

/** The word for a status that the ledger notes; a paused or retiring key works, or will again. */
function noted({
  status = 'active',
}: {
  readonly status?: Key['status'] | undefined;
}): 'active' | 'expired' | 'revoked' {
  return isEnded(status) ? status : 'active';
}

/**
 * Notes what the service says of a key that the ledger knows, if the ledger has another word for it: the
 * saved secret of a key that was revoked elsewhere is not used.
 */
export async function noteStatus(
  key: Pick<Key, 'id'> & { readonly status?: Key['status'] },
  managed: ManagedKey | null,
  ledger: Pick<Ledger, 'noteStatus'>,
): Promise<void> {
  const version = managed?.versions.find(({ id }) => id === key.id);
  if (managed === null || version === undefined || isEnded(version.state)) return;
  if (noted(version.record) !== noted(key)) await ledger.noteStatus(managed.account, key.id, noted(key));
}

/**
 * Notes that a service does not have a key any more, if the credential sees another key of the account:
 * else it may belong to another account.
 */
export async function noteGone(
  id: string,
  { account }: ManagedKey,
  service: Pick<KeyService, 'list'>,
  ledger: Pick<Ledger, 'managed' | 'noteStatus'>,
): Promise<void> {
  try {
    await requireAccountSeen(account, service, ledger);
  } catch (error) {
    // What cannot be proven is not noted, and the caller says what was found.
    if (error instanceof KeysError) return;
    throw error;
  }
  await ledger.noteStatus(account, id, 'revoked');
}

/**
 * Whether the ledger has a key as ended only because its service said so: no revocation, and no end of a roll
 * or lifetime that the ledger knows itself, is why.
 */
export async function isOnlyNoted(
  { key, ...at }: Pick<LedgerKey, 'address' | 'key' | 'provider'>,
  { managed }: Pick<Ledger, 'managed'>,
  now: number,
): Promise<boolean> {
  if (!isEnded(key.status)) return false;
  const version = (await managed.byVersion(at, key.id))?.versions.find(({ id }) => id === key.id);
  return version !== undefined && !isEnded(stateAt(version, now));
}

/** Notes what a service says of a secret that is verified, if the ledger knows the secret. */
export async function noteVerdict(
  credential: Credential,
  { valid, reason }: { readonly valid: boolean | null; readonly reason?: string },
  ledger: Pick<Ledger, 'byDigest' | 'managed' | 'noteStatus'>,
): Promise<void> {
  const isEnded = valid === false && ['revoked', 'expired', 'not_accepted'].includes(reason ?? '');
  if (valid !== true && !isEnded) return;
  const known = await ledger.byDigest(credentialDigests(credential)[0] ?? '');
  if (known === null) return;
  const status = valid ? 'active' : reason === 'expired' ? 'expired' : 'revoked';
  await noteStatus({ id: known.key.id, status }, await ledger.managed.byVersion(known, known.key.id), ledger);
}
