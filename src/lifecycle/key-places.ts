import { credentialDigests } from '../domain/credential-digests.js';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { ManagedKey } from '../domain/managed-key.js';
import type { DestinationPlan } from '../places/destination.js';
import { valueInEnvFile } from '../places/env-file-value.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { Delivery } from '../storage/ledger/operation.js';
import type { AccountConnection } from './connection.js';
import { type DestinationFlags, labelOf, openDestination, planDestinations } from './destinations.js';
import type { LifecycleContext } from './lifecycle-context.js';
import type { OpenPlace } from './means.js';

/** A place that an operation delivers to. */
export type PlannedPlace = Pick<Delivery, 'place' | 'remembered'>;

/** Which key the places are for. */
interface Owner {
  readonly managed: Pick<ManagedKey, 'id' | 'places' | 'variable'>;
  readonly name: string;
}

/**
 * Every place of a key: those that it remembers and those that the flags add. Where there is none, the secret is printed.
 * Throws `usage` for flags that contradict each other.
 */
export function placesOf(
  flags: DestinationFlags,
  { managed, name }: Owner,
  connection: AccountConnection & { readonly providerNamed: boolean },
  context: LifecycleContext,
): PlannedPlace[] {
  const plans = planDestinations(
    flags,
    { name, item: `saved:${managed.id}`, variable: managed.variable },
    connection,
    context,
  );
  const asked = plans.map(plannedPlace);
  const kept = managed.places
    .filter(({ id }) => !asked.some(({ place }) => place.id === id))
    .map(({ id, label, spec }) => ({ place: { id, label, spec }, remembered: true }));
  const printed = asked.filter(({ place }) => place.spec['form'] === 'record' && kept.length > 0);
  return [...asked.filter((place) => !printed.includes(place)), ...kept];
}

function plannedPlace(plan: DestinationPlan): PlannedPlace {
  return {
    place: { id: placeId(plan), label: labelOf(plan), spec: { ...plan } },
    remembered: plan.kind !== 'stdout' && plan.kind !== 'github',
  };
}

/** The same for the same place. */
function placeId(plan: DestinationPlan): string {
  switch (plan.kind) {
    case 'stdout':
      return 'stdout';
    case 'save':
      return 'keychain';
    case 'env-file':
      return `file:${plan.path}#${plan.name}`;
    case 'exec':
      return `exec:${plan.directory}:${plan.command}`;
    case 'github':
      return `${plan.file}#${plan.name}`;
  }
}

/** Sees to it that a delivery can be made, with nothing written. Returns warnings. */
export async function checkPlaces(
  places: readonly PlannedPlace[],
  context: LifecycleContext,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const { place } of places) {
    warnings.push(...(await (await openDestination(planOf(place), null, context)).reserve()));
  }
  return warnings;
}

/** A place as an operation delivers to it. */
export async function openPlace(
  place: Delivery['place'],
  shown: Parameters<typeof openDestination>[1],
  context: LifecycleContext,
): Promise<OpenPlace> {
  const plan = planOf(place);
  const destination = await openDestination(plan, shown, context);
  return { label: place.label, deliver: destination.deliver, holds: () => heldAt(plan, context) };
}

/** The single secret that can be read back from a place; null where it cannot. */
async function heldAt(plan: DestinationPlan, context: LifecycleContext): Promise<Credential | null> {
  if (plan.kind === 'env-file') {
    const secret = valueInEnvFile(plan.path, plan.name);
    return secret === null ? null : { secret };
  }
  if (plan.kind !== 'save') return null;
  const { openSavedSecrets } = await import('../storage/ledger/saved-secrets.js');
  return await (await openSavedSecrets(context, { insecureStorage: plan.insecureStorage })).read(plan.item);
}

function planOf({ spec }: Delivery['place']): DestinationPlan {
  return spec as unknown as DestinationPlan;
}

/** Throws `usage` where two keys of one command would share a variable, so that one secret would be lost. */
export function refuseShared(
  orders: ReadonlyArray<{ readonly name: string; readonly places: readonly PlannedPlace[] }>,
): void {
  const takenBy = new Map<string, string>();
  for (const { name, places } of orders) {
    for (const { place } of places) {
      const { kind } = planOf(place);
      if (kind !== 'env-file' && kind !== 'github') continue;
      const other = takenBy.get(place.id);
      if (other !== undefined) {
        throw new KeysError('usage', `${other} and ${name} would share a place: ${place.label}`, {
          hint: 'give each key a variable of its own, one command a key; nothing was changed',
        });
      }
      takenBy.set(place.id, name);
    }
  }
}

/**
 * Throws `refused` where a variable holds another managed key's secret, or a value that this program did not write, unless
 * `replace`.
 */
export async function refuseTaken(
  places: readonly PlannedPlace[],
  managed: Pick<ManagedKey, 'id' | 'places'>,
  { ledger, replace }: { readonly ledger: Ledger; readonly replace: boolean },
): Promise<void> {
  if (replace) return;
  for (const { place } of places) {
    const plan = planOf(place);
    if (plan.kind !== 'env-file') continue;
    const value = valueInEnvFile(plan.path, plan.name);
    if (value === null) continue;
    const known = await ledger.byDigest(credentialDigests({ secret: value })[0] ?? '');
    const owner =
      known &&
      (await ledger.managed.byVersion({ provider: known.provider, address: known.place }, known.key.id));
    if (owner?.id === managed.id) continue;
    if (owner === null && managed.places.some(({ id, delivered }) => id === place.id && delivered !== null))
      continue;
    const what = owner === null ? 'a value that keys did not write' : `the secret of ${owner.name}`;
    throw new KeysError('refused', `${plan.name} in ${plan.path} holds ${what}`, {
      hint: 'take another variable, or --replace overwrites it; nothing was changed',
    });
  }
}
