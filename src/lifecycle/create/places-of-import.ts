import { credentialDigests } from '../../domain/credential-digests.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { type PlannedPlace, placesOf } from '../places/key-places.js';
import { refuseTaken } from '../places/refuse-taken.js';
import type { ImportOrder } from './imported-key.js';

/** The places beside the keychain. Throws `refused` for one that holds another secret than this. */
export async function furtherPlaces(
  order: ImportOrder,
  known: ManagedKey | null,
  context: LifecycleContext,
): Promise<readonly PlannedPlace[]> {
  const { key, credential, provider, flags } = order;
  const to = (flags.to ?? []).filter((text) => text !== 'keychain');
  if (to.length === 0) return [];
  // A place of the key that it succeeds may be named: that key's secret is replaced there, as by a roll.
  const owner = known ?? (await succeededKey(order, context));
  const bare = { id: owner?.id ?? '', name: owner?.name ?? key.name, places: [], variable: null };
  // For a guided connection, no secret is printed.
  const connection = { kind: 'guided', provider } as const;
  const places = await placesOf({ ...flags, to }, { managed: bare, name: bare.name }, connection, context);
  const rules = {
    ledger: await context.ledger(),
    replace: flags.replace === true,
    own: credentialDigests(credential),
  };
  await refuseTaken(places, bare, rules, connection, context);
  return places;
}

async function succeededKey(
  { previous, provider, address }: ImportOrder,
  context: LifecycleContext,
): Promise<ManagedKey | null> {
  const { managed } = await context.ledger();
  if (previous === null) return null;
  return await managed.byVersion({ provider: provider.id, address }, previous.id);
}

/**
 * Labels of the places that still have another version's secret than the imported key's, such as one that was
 * revoked.
 */
export async function outdatedPlaces(
  { key, provider, address }: Pick<ImportOrder, 'key' | 'provider' | 'address'>,
  context: LifecycleContext,
): Promise<string[]> {
  const { managed: keys } = await context.ledger();
  const managed = await keys.byVersion({ provider: provider.id, address }, key.id);
  if (managed === null) return [];
  const isRevoked = (id: string) => managed.versions.some((one) => one.id === id && one.state === 'revoked');
  const others = managed.places.filter(({ id, delivered }) => {
    if (delivered === null || delivered.id === key.id) return false;
    // A revoke removes the saved secret.
    return id !== 'keychain' || !isRevoked(delivered.id);
  });
  return others.map(({ label }) => label);
}
