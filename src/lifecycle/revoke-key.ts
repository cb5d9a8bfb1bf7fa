import { FAR_OFF_MS } from '../domain/clock.js';
import { isEnded } from '../domain/ended-key.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { ForceOptions } from '../domain/key-service.js';
import {
  currentVersion,
  exactName,
  inState,
  isEmbedded,
  type KeyVersion,
  type ManagedKey,
  workingVersion,
} from '../domain/managed-key.js';
import { shellWord } from '../domain/shell-word.js';
import { withRecord } from '../domain/succeeded.js';
import { endOf, isUnfinished } from '../storage/ledger/operation.js';
import { openSavedSecrets } from '../storage/ledger/saved-secrets.js';
import { changeManaged } from './change-managed.js';
import { requireAccountSeen } from './find/gone-key.js';
import type { ResolvedKey } from './find/resolved-key.js';
import type { LifecycleContext } from './lifecycle-context.js';
import type { Means } from './operation/means.js';
import { itemOf } from './places/saved-keys-place.js';
import { workingBefore } from './roll/refuse-contradicted.js';
import { keysLeftByRolls } from './roll/unfinished-rolls.js';

/**
 * Ids that a command means which revokes or pauses this key: of a key that was named, every version that
 * works, as the ledger or the service's own record of its rolls knows them; else the one id.
 */
export function idsMeant({ key, managed, by, linked = [] }: ResolvedKey, time: Time): string[] {
  if (by === 'id') return [key.id];
  if (managed === null) return [key.id, ...linked.map(({ id }) => id)];
  // An old version keeps the name that the key had before it was renamed: that name means this version alone.
  const isCurrent = currentVersion(managed)?.id === key.id;
  if (by === 'name' && !isCurrent && exactName(key.name) !== managed.name) return [key.id];
  const working = managed.versions.filter((version) => !hasEndedAtVendor(version, managed.account, time));
  return [...new Set([key.id, ...working.map(({ id }) => id)])];
}

/** This machine's clock, and how far it is known to be off. */
type Time = Pick<LifecycleContext, 'clock' | 'minutesAhead'>;

/**
 * Whether a version is revoked, or has expired at its vendor. An end that only this machine was to make is
 * none: the key works until it is revoked. The end of a key elsewhere has passed only where no error of this
 * machine's clock explains it.
 */
function hasEndedAtVendor(
  { state, record }: KeyVersion,
  { address }: ManagedKey['account'],
  { clock, minutesAhead }: Time,
): boolean {
  if (isEnded(state) || isEnded(record.status)) return true;
  const isHere = address === 'dashboard' || isEmbedded(address);
  if (!isHere && minutesAhead() !== null) return false;
  return endOf(record) + (isHere ? 0 : FAR_OFF_MS) <= clock.now();
}

/**
 * Revokes a key: its record in the ledger, its pending operations and its saved secret go with it. Returns
 * the ids that were revoked now. A key that the vendor no longer has is only forgotten. Throws what the
 * service throws.
 */
export async function revokeKey(
  found: ResolvedKey,
  options: ForceOptions,
  means: Means,
  context: LifecycleContext,
): Promise<string[]> {
  const { managed } = found;
  if (managed !== null && found.gone && !options.force) {
    await requireAccountSeen(managed.account, means.service, means.ledger);
  }
  if (managed === null) {
    const ids = idsMeant(found, means);
    for (const id of ids) await revokeOnce(id, options, means);
    return ids;
  }
  return await changeManaged(managed.id, means, async (current, save) => {
    const ids = idsMeant({ ...found, managed: current }, means);
    let { versions } = current;
    for (const id of ids) {
      await revokeOnce(id, options, means);
      versions = versions.map((version) =>
        version.id === id ? inState(version, 'revoked', means.clock.now()) : version,
      );
      await save({ versions });
    }
    // The roll may have given the old key that is left an end.
    const left = await keysLeftByRolls({ ...found, managed: current }, ids, means);
    if (left.length > 0)
      await save({ versions: left.filter(worksIn(versions)).reduce(withRecord, versions) });
    await closeOperations(current, new Set(ids), means);
    const before = await predecessorInUse({ ...found, managed: current }, versions, ids, means);
    if (before !== null) {
      versions = versions.map((one) =>
        one.id === before.id ? { ...inState(one, 'active', null), record: before } : one,
      );
      await save({ versions });
      // A roll that was to end it would end it early, once it is rolled again.
      await closeOperations(current, new Set([before.id]), means);
      context.output.say(`${before.id} of ${current.name} is in use again: its service has it as active`);
    }
    const isWhole = workingVersion({ versions }, means.clock.now()) === null;
    if (isWhole) await forgetSecret(current, context);
    sayUseless(current, ids, isWhole, context);
    return ids;
  });
}

/**
 * The predecessor, if it is in use again: the service does not have its successor, or has it as revoked. A
 * service that was restored from a backup knows nothing of the roll. Null: there is none.
 */
async function predecessorInUse(
  { key, managed, gone, by }: ResolvedKey,
  versions: readonly KeyVersion[],
  ids: readonly string[],
  { service }: Means,
): Promise<Key | null> {
  const wasEnded = gone === true || key.status === 'revoked';
  if (managed === null || by !== 'id' || !wasEnded || currentVersion({ versions }) !== null) return null;
  if (currentVersion(managed)?.id !== key.id) return null;
  const others = versions.filter(({ id }) => !ids.includes(id));
  return await workingBefore(key, { versions: others }, { service });
}

/** Says which places hold a secret that does not work any more. */
function sayUseless(
  { name, places }: ManagedKey,
  ids: readonly string[],
  isWhole: boolean,
  { output }: LifecycleContext,
): void {
  const useless = places.filter(
    ({ id, delivered }) =>
      delivered !== null && ids.includes(delivered.id) && !(isWhole && id === 'keychain'),
  );
  if (useless.length === 0) return;
  const at = useless.map(({ label }) => label).join(', ');
  const help = isWhole ? '' : `; a roll of ${shellWord(name)} delivers a new one`;
  output.say(`the secret of ${name} at ${at} does not work any more${help}`);
}

/** Whether a key is none that these versions have as revoked. */
function worksIn(versions: readonly KeyVersion[]) {
  const revoked = new Set(versions.filter(({ state }) => state === 'revoked').map(({ id }) => id));
  return ({ id }: Key): boolean => !revoked.has(id);
}

/**
 * Revokes one key. The lookup has found it, so a service that denies it afterwards has revoked it: at an
 * earlier request whose response was lost, or for somebody else.
 */
async function revokeOnce(id: string, options: ForceOptions, { service }: Means): Promise<void> {
  try {
    await service.revoke(id, options);
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
  }
}

async function closeOperations(managed: ManagedKey, ids: ReadonlySet<string>, means: Means): Promise<void> {
  for (const operation of await means.ledger.operationsOf([managed.id])) {
    const { key, retire } = operation;
    const ended = isUnfinished(operation) ? key?.id : retire?.id;
    // A roll whose new key is revoked still ends the old one at its time.
    if (operation.managed !== managed.id || ended === undefined || !ids.has(ended)) continue;
    await means.escrow.remove(operation);
    await means.ledger.endOperation(operation.id);
  }
}

async function forgetSecret({ places }: ManagedKey, context: LifecycleContext): Promise<void> {
  const kept = places.find(({ id }) => id === 'keychain');
  if (kept === undefined) return;
  try {
    await (await openSavedSecrets(context)).remove(itemOf(kept));
  } catch {
    // The secret is of no use any more: a locked keychain is not worth a failure.
  }
}

/** Whether this key manages keys of our own service. */
export function managesKeys({ scopes }: Pick<Key, 'scopes'>): boolean {
  return scopes?.some((scope) => scope === '*' || scope.startsWith('keys:')) === true;
}
